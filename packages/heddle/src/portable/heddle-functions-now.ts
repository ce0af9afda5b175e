/** What bundlers find as `#functions`: see `load-part.ts`. */
import * as part from "./heddle-functions.ts";

export function functions(): typeof part {
  return part;
}
