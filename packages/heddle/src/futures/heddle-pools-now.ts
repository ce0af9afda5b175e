/** What bundlers find as `#pools`: see `portable/load-part.ts`. */
import * as part from "./heddle-pools.ts";

export function pools(): typeof part {
  return part;
}
