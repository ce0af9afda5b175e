// @ts-check
/**
 * Before a package is packed or published: brings `dist` up to date, and copies into the package the files that the
 * arguments name, which it shares with the repository.
 */
import { copyFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build, root } from "./setup.mjs";

build();
for (const file of process.argv.slice(2)) copyFileSync(join(root, file), basename(file));
