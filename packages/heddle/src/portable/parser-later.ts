/**
 * The parser of JavaScript, loaded when the first function is looked into: that takes as long as loading a fifth of the toolkit.
 *
 * What Node itself finds as `#parser`, by a condition that bundlers have not. They find `heddle-parser-now.ts` there, as acorn has to be in
 * the bundle.
 */
import { pathToFileURL } from "node:url";
import type * as acorn from "acorn";

let loaded: typeof acorn | undefined;

/** @throws `Error` where the toolkit is part of a bundle that was made with the condition "node-addons", and acorn is not installed. */
export function parser(): typeof acorn {
  return (loaded ??= load());
}

function load(): typeof acorn {
  // A bundle of CommonJS form has no `import.meta.url`.
  const here = import.meta.url ?? pathToFileURL(__filename).href;
  try {
    return process.getBuiltinModule("node:module").createRequire(here)("acorn") as typeof acorn;
  } catch (cause) {
    throw new Error(
      `Cannot look into functions: acorn is not to be found from ${here}; make the bundle without the condition "node-addons", or leave heddle out of it`,
      { cause },
    );
  }
}
