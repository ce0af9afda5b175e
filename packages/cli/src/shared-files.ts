/**
 * Files that a command would lose, as it writes them, and reads them or writes them otherwise.
 *
 * @packageDocumentation
 */
import { existsSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import { usageError } from "./errors.ts";

/** Paths, by what was said of them on the command line. What is absent, or `-`, is no file. */
type Files = Readonly<Record<string, string | undefined>>;

/** @throws `CommandError` with the code `ERR_HEDDLE_USAGE` when one that is written is any of the others. */
export function refuseSharedFiles(read: Files, written: Files): void {
  const seen = new Map<string, string>();
  for (const [use, path] of Object.entries(read)) if (isFile(path)) seen.set(placeOf(path), use);
  for (const [use, path] of Object.entries(written)) {
    if (!isFile(path)) continue;
    const place = placeOf(path);
    const other = seen.get(place);
    if (other !== undefined && place !== "/dev/null")
      throw usageError(`Cannot use ${path} for both ${other} and ${use}`);
    seen.set(place, use);
  }
}

function isFile(path: string | undefined): path is string {
  return path !== undefined && path !== "-";
}

/** Whatever links lead to it. */
function placeOf(path: string): string {
  return existsSync(path) ? realpathSync(path) : resolve(path);
}
