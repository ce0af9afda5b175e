/**
 * Where the page stands that explains every error, seen from the root of a project that uses the package. The package
 * brings it along, so it is of the same version.
 */
const PAGE = "node_modules/heddle/docs/troubleshooting.md";

/**
 * Where an error is explained: the path of the page, and the entry in it. Every error of Heddle has it as its own field `help`,
 * so that it is shown wherever the error is.
 *
 * @param code - The error's code.
 */
export function helpOn(code: string): string {
  return `${PAGE}#${code.toLowerCase()}`;
}
