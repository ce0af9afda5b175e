/** Packs the packages, as they would be published. */
import { mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { publicPackages } from "./packages.ts";
import { program } from "./program.ts";
import { outerEnvironment, root } from "./setup.mjs";

/** Packs every public package into `folder`; gives the path of each package's tarball by the name of its folder. */
export function packAll(folder: string): Map<string, string> {
  return new Map(publicPackages().map((name) => [name, packed(name, folder)]));
}

function packed(name: string, folder: string): string {
  const own = mkdtempSync(join(folder, "packing-"));
  const { ok, output } = program("npm", ["pack", "--pack-destination", own], {
    folder: join(root, "packages", name),
    environment: outerEnvironment(),
  });
  const [tarball] = readdirSync(own);
  if (!ok || tarball === undefined) throw new Error(`Cannot pack ${name}: ${output}`);
  const path = join(folder, tarball);
  renameSync(join(own, tarball), path);
  rmSync(own, { recursive: true });
  return path;
}
