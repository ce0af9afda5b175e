/** Loads the part of that name: see `parts/load-part.ts`. */
import { pathToFileURL } from "node:url";
import { loadPart } from "../parts/index.ts";
import type * as part from "./heddle-piping.ts";

let loaded: typeof part | undefined;

/** @throws `Error` in a bundle that has no parts. */
export function piping(): typeof part {
  // A bundle of CommonJS form has no `import.meta.url`.
  return (loaded ??= loadPart(
    import.meta.url ?? pathToFileURL(__filename).href,
    "heddle-piping",
  ) as typeof part);
}
