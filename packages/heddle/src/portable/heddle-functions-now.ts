/** What bundlers find as `#functions`: see `load-part.ts`. */
import * as part from "./heddle-functions.ts";
import * as publishing from "./heddle-publishing.ts";
import { providePart } from "./load-part.ts";

export function functions(): typeof part {
  providePart("heddle-publishing", publishing);
  return part;
}
