/** What the tools need to know of the packages in `packages/`. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";

/** The parts of a package.json that the tools read. */
export interface PackageJson {
  readonly name: string;
  readonly private?: boolean;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

/** The folder names of the packages that are published. */
export function publicPackages(): string[] {
  return readdirSync(join(root, "packages")).filter(
    (name) => existsSync(join(root, "packages", name, "package.json")) && packageJson(name).private !== true,
  );
}

/** The package.json of `packages/<folder>`. */
export function packageJson(folder: string): PackageJson {
  return JSON.parse(readFileSync(join(root, "packages", folder, "package.json"), "utf8"));
}
