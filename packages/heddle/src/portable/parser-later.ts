/**
 * The parser of JavaScript, loaded when the first function is looked into: that takes as long as loading a fifth of the toolkit.
 *
 * A bundle has acorn in it, and provides it as it does parts.
 */
import { pathToFileURL } from "node:url";
import type * as acorn from "acorn";
import { providedPart } from "../parts/index.ts";

let loaded: typeof acorn | undefined;

/** @throws `Error` in a bundle that has no parts, where acorn is not installed. */
export function parser(): typeof acorn {
  return (loaded ??= (providedPart("acorn") as typeof acorn | undefined) ?? load());
}

function load(): typeof acorn {
  // A bundle of CommonJS form has no `import.meta.url`.
  const here = import.meta.url ?? pathToFileURL(__filename).href;
  try {
    return process.getBuiltinModule("node:module").createRequire(here)("acorn") as typeof acorn;
  } catch (cause) {
    throw new Error(
      `Cannot look into functions: acorn is not to be found from ${here}; import heddle by its name into a bundle, which is made without the condition "node-addons", or leave it out of that`,
      { cause },
    );
  }
}
