// @ts-check
/**
 * Before a package is packed or published: brings `dist` up to date, and copies into the package the files and folders
 * that the arguments name, which it shares with the repository.
 */
import { cpSync } from "node:fs";
import { basename, join } from "node:path";
import { build, root } from "./setup.mjs";

build();
// Without what only makes the site.
const filter = (/** @type {string} */ path) => !/^\.|^reference$/.test(basename(path));
for (const path of process.argv.slice(2)) cpSync(join(root, path), path, { recursive: true, filter });
