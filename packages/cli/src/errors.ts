/**
 * What goes wrong outside the mapped function.
 *
 * @packageDocumentation
 */
import { entryOf } from "./troubleshooting.ts";

/** Why a command cannot go on. A released code never changes its meaning; messages may. */
export type CommandErrorCode =
  | "ERR_HEDDLE_USAGE"
  | "ERR_HEDDLE_INPUT"
  | "ERR_HEDDLE_OUTPUT"
  | "ERR_HEDDLE_JOURNAL";

/** The command cannot go on. Its message is one line for the user, printed with where it is explained; the exit status is 2. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly code: CommandErrorCode;

  constructor(code: CommandErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** An item has no result, though its function did not throw. Its message and code go to the output, with where they are explained. */
export class ItemError extends Error {
  override readonly name = "ItemError";
  readonly code: "ERR_HEDDLE_NOT_JSON" | "ERR_HEDDLE_WORKER_DIED";
  readonly help: string;

  constructor(code: ItemError["code"], message: string) {
    super(message);
    this.code = code;
    this.help = entryOf(code);
    // It tells of this command and not of the function.
    delete this.stack;
  }
}

/** The command line is wrong: nothing was read, run or written. */
export function usageError(message: string): CommandError {
  return new CommandError("ERR_HEDDLE_USAGE", message);
}

/** The words of anything thrown, on one line. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s*\n\s*/g, " ").trim();
}

/** What a failed system call found, in words: `no such file` for ENOENT. */
export function systemReason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return (code === undefined ? undefined : SYSTEM_REASONS[code]) ?? oneLine(error);
}

const SYSTEM_REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EDQUOT: "the disk quota is used up",
  EISDIR: "it is a directory",
  ENOENT: "no such file",
  ENOSPC: "no space left on the disk",
  ENOTDIR: "a part of its path is not a directory",
  EROFS: "the file system is read-only",
};
