/** The page that explains every error, as the package brings it along, seen from the root of a project that uses it. */
const PAGE = "node_modules/@heddle/testing/docs/troubleshooting.md";

/** Where an error of a code is explained: the path of the page, and the entry in it. */
export function helpOn(code: string): string {
  return `${PAGE}#${code.toLowerCase()}`;
}
