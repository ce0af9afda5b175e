/** Other releases of Node than the repository's own, to test on. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { program } from "./program.ts";
import { outerEnvironment, root } from "./setup.mjs";

/** The path of a release of Node; from npm, and kept in `.cache`. */
export function nodeRelease(version: string): string {
  const folder = join(root, ".cache", `node-${version}`);
  const { platform, arch } = process;
  // These hold what the package "node" fetches by an install script.
  const name = `${platform === "darwin" && arch === "arm64" ? "node-bin" : "node"}-${platform}-${arch}`;
  const path = join(folder, "node_modules", name, "bin/node");
  if (program(path, ["--version"]).output === `v${version}`) return path;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
  const { ok, output } = program("npm", ["install", `${name}@${version}`, "--no-audit", "--no-fund"], {
    folder,
    environment: outerEnvironment(),
  });
  if (!ok) throw new Error(`Cannot fetch Node ${version}: ${output}`);
  return path;
}
