/** What the tools need to know of the packages in `packages/`. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";

/** What a path of a package leads to, by who asks. What only the repository itself asks for is divided once more. */
export interface Conditions {
  readonly [condition: string]: string | Readonly<Record<string, string>>;
}

/** The parts of a package.json that the tools read. */
export interface PackageJson {
  readonly name: string;
  readonly private?: boolean;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | Conditions>>;
}

/** The folder names of the packages that are published. */
export function publicPackages(repository: string = root): string[] {
  return readdirSync(join(repository, "packages")).filter(
    (name) =>
      existsSync(join(repository, "packages", name, "package.json")) &&
      packageJson(name, repository).private !== true,
  );
}

/** The package.json of `packages/<folder>`. */
export function packageJson(folder: string, repository: string = root): PackageJson {
  return JSON.parse(readFileSync(join(repository, "packages", folder, "package.json"), "utf8"));
}
