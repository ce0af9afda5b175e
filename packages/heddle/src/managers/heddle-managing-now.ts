/** What bundlers find as `#managing`: see `portable/load-part.ts`. */
import * as part from "./heddle-managing.ts";

export function managing(): typeof part {
  return part;
}
