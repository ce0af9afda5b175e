/**
 * Where errors are explained: in the page that package heddle brings along, so that it is of the same version.
 *
 * @packageDocumentation
 */
import { existsSync } from "node:fs";
import { isAbsolute, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** As seen from the root of a project that uses the packages. */
const PAGE = "node_modules/heddle/docs/troubleshooting.md";

/** The entry of an error: a path from here, where the page is below; from the root of the file system, where it is not. */
export function entryOf(code: string): string {
  return `${pagePath()}#${code.toLowerCase()}`;
}

function pagePath(): string {
  const path = fileURLToPath(new URL("docs/troubleshooting.md", import.meta.resolve("heddle/package.json")));
  // In the repository it is not in the package.
  if (!existsSync(path)) return PAGE;
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith("..") || isAbsolute(fromHere) ? path : fromHere;
}
