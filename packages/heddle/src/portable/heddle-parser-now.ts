/** The parser of JavaScript, in a bundle: see `parser-later.ts`. */
import * as acorn from "acorn";

export function parser(): typeof acorn {
  return acorn;
}
