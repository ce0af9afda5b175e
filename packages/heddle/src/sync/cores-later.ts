/** What Node finds as `#cores`: see `portable/load-part.ts`. */
import { pathToFileURL } from "node:url";
import type * as part from "./heddle-cores.ts";
import { loadPart } from "../portable/index.ts";

let loaded: typeof part | undefined;

/** @throws `Error` where the toolkit is part of a bundle that was made with the condition "node-addons". */
export function cores(): typeof part {
  // A bundle of CommonJS form has no `import.meta.url`.
  const here = import.meta.url ?? pathToFileURL(__filename).href;
  return (loaded ??= loadPart(here, "heddle-cores") as typeof part);
}
