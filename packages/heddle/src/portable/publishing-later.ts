/** What looks into functions that are to travel: see `parts/load-part.ts`. Who only receives functions, as most workers do, does without. */
import { pathToFileURL } from "node:url";
import type * as part from "./heddle-publishing.ts";
import { loadPart } from "../parts/index.ts";

let loaded: typeof part | undefined;

/** @throws `Error` in a bundle that has no parts. */
export function publishing(): typeof part {
  // A bundle of CommonJS form has no `import.meta.url`.
  return (loaded ??= loadPart(
    import.meta.url ?? pathToFileURL(__filename).href,
    "heddle-publishing",
  ) as typeof part);
}

/** Whether instances of a class hold private names, which no copy would have. */
export function holdsPrivateNames(cls: Function): boolean {
  return publishing().holdsPrivateNames(cls);
}
