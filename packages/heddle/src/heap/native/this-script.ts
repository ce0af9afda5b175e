import { getCallSites } from "node:util";
import { pathToFileURL } from "node:url";

/**
 * The file that this code is part of.
 *
 * `import.meta.url` says the same, except in what some bundlers make, such as webpack: there it is the address that the module had
 * when the bundle was made.
 */
export function thisScript(): URL {
  const { scriptName } = getCallSites(1, { sourceMap: false })[0]!;
  return scriptName.startsWith("file:") ? new URL(scriptName) : pathToFileURL(scriptName);
}
