/** Runs programs for the checks and tests, and keeps what they print. */
import { spawnSync } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { root } from "./setup.mjs";

/** How a program ended: whether with status 0, and all that it printed, without colours. */
export interface Outcome {
  readonly ok: boolean;
  readonly output: string;
}

/** Where and how to run a program. */
interface ProgramOptions {
  readonly folder?: string;
  readonly environment?: NodeJS.ProcessEnv;
}

/** Runs a program to its end. */
export function program(command: string, args: readonly string[], options: ProgramOptions = {}): Outcome {
  const { folder = root, environment = process.env } = options;
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: folder,
    env: environment,
    encoding: "utf8",
  });
  const output = `${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}`;
  return { ok: status === 0, output: stripVTControlCharacters(output).trim() };
}
