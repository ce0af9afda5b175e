/**
 * The module that the processes of managers run.
 *
 * @packageDocumentation
 */
import { existsSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

/** This file; or the bundle that it has become a part of. A bundle of CommonJS form has no `import.meta.url`. */
const here = new URL(import.meta.url ?? pathToFileURL(__filename).href);
const entry = new URL(
  here.pathname.endsWith(".ts") ? "./heddle-manager-process.ts" : "./heddle-manager-process.js",
  here,
);

/** @throws `Error` where the toolkit is part of a bundle, which has no such module. */
export function processEntry(): URL {
  if (existsSync(fileURLToPath(entry))) return entry;
  throw new Error(
    `Cannot start a manager's process: ${fileURLToPath(entry)} is missing; leave heddle out of the bundle, or serve the manager in a program of its own`,
  );
}
