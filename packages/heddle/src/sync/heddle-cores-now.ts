/** What bundlers find as `#cores`: see `portable/load-part.ts`. */
import * as part from "./heddle-cores.ts";

export function cores(): typeof part {
  return part;
}
