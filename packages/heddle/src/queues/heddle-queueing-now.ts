/** What bundlers find as `#queueing`: see `portable/load-part.ts`. */
import * as part from "./heddle-queueing.ts";

export function queueing(): typeof part {
  return part;
}
