/** Loads the part of that name: see `parts/load-part.ts`. */
import { pathToFileURL } from "node:url";
import type * as part from "./heddle-managing.ts";
import { loadPart } from "../parts/index.ts";

let loaded: typeof part | undefined;

/** @throws `Error` in a bundle that has no parts. */
export function managing(): typeof part {
  // A bundle of CommonJS form has no `import.meta.url`.
  return (loaded ??= loadPart(
    import.meta.url ?? pathToFileURL(__filename).href,
    "heddle-managing",
  ) as typeof part);
}
