/** Other releases of Node than the repository's own, to test on. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { program } from "./program.ts";
import { outerEnvironment, root } from "./setup.mjs";

/** The path of a release of Node; from npm, and kept in `.cache`. */
export function nodeRelease(version: string): string {
  const folder = join(root, ".cache", `node-${version}`);
  const path = join(folder, "node_modules/node/bin/node");
  if (program(path, ["--version"]).output === `v${version}`) return path;
  mkdirSync(folder, { recursive: true });
  // The install script is what fetches Node: it must be allowed where npm asks for that.
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ private: true, allowScripts: { node: true } }),
  );
  const { ok, output } = program(
    "npm",
    ["install", `node@${version}`, "--no-audit", "--no-fund", "--loglevel=error"],
    {
      folder,
      environment: outerEnvironment(),
    },
  );
  if (!ok) throw new Error(`Cannot fetch Node ${version}: ${output}`);
  return path;
}
