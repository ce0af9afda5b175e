import { fileURLToPath } from "node:url";

/** The file that a script's URL, or path, names. */
export function pathOf(url: string): string | undefined {
  if (url.startsWith("file:")) {
    try {
      return fileURLToPath(url);
    } catch {
      return undefined;
    }
  }
  return /^(\/|[A-Za-z]:[\\/])/.test(url) ? url : undefined;
}
