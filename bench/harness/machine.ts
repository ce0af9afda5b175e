/** On what the figures were taken. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import { dirname, join } from "node:path";
import type { ProgramName } from "./types.ts";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  /** The one-minute load average before the first turn: what else the machine was doing. */
  readonly loadBefore: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** The version of an installed package, read beside its entry point: not every package exports its `package.json`. */
function packageVersion(name: string): string {
  const require = createRequire(import.meta.url);
  try {
    let folder = dirname(require.resolve(name));
    for (; folder !== dirname(folder); folder = dirname(folder)) {
      const manifest = readManifest(join(folder, "package.json"));
      if (manifest?.name === name && manifest.version !== undefined) return manifest.version;
    }
  } catch {
    // Not built or not installed: the report says so, and the contender's turns will say why.
  }
  return "not found";
}

function readManifest(path: string): { readonly name?: string; readonly version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as { name?: string; version?: string };
  } catch {
    return undefined;
  }
}

/** How each language's implementation is started, and asked for its version. */
const programs: Readonly<Record<ProgramName, { readonly file: string; readonly version: string }>> = {
  python: { file: "python3", version: "--version" },
  java: { file: "java", version: "--version" },
  go: { file: "go", version: "version" },
};

/** The first line that a program prints about itself; absent when there is no such program. */
export function programVersion(name: ProgramName): string | undefined {
  const { file, version } = programs[name];
  try {
    return execFileSync(file, [version], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).split(
      "\n",
    )[0];
  } catch {
    return undefined;
  }
}

/** Describes this machine and the versions of what takes part. */
export function describeMachine(packages: readonly string[], programs: readonly ProgramName[]): Machine {
  const versions: Record<string, string> = { node: process.versions.node, v8: process.versions.v8 };
  for (const name of packages) versions[name] = packageVersion(name);
  for (const program of programs) versions[program] = programVersion(program) ?? "not found";
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()} ${process.arch}`,
    loadBefore: loadavg()[0] ?? 0,
    versions,
  };
}
