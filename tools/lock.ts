/** `npm run lock`: brings `package-lock.json` up to date with every package.json, complete for every platform. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { completed } from "./lock/lock-file.ts";
import { program } from "./program.ts";
import { outerEnvironment, root } from "./setup.mjs";

const { ok, output } = program(
  "npm",
  ["install", "--package-lock-only", "--ignore-scripts", "--loglevel=error"],
  {
    environment: outerEnvironment(),
  },
);
if (!ok) throw new Error(`Cannot update package-lock.json: ${output}`);
const path = join(root, "package-lock.json");
writeFileSync(path, `${JSON.stringify(completed(JSON.parse(readFileSync(path, "utf8"))), undefined, 2)}\n`);
