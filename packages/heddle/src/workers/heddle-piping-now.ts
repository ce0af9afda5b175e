/** What bundlers find as `#piping`: see `portable/load-part.ts`. */
import * as part from "./heddle-piping.ts";

export function piping(): typeof part {
  return part;
}
