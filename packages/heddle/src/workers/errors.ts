/** What can go wrong with threads, apart from what runs in them. */
import { helpOn } from "#heap";
import { declareEverywhere } from "../portable/index.ts";

/** A thread is not in the state that was asked for: started twice, joined before it was started, and the like. Nothing was done. */
export class ThreadStateError extends Error {
  override readonly name = "ThreadStateError";
  readonly code = "ERR_HEDDLE_THREAD_STATE";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
}

/** A thread ended before its function did: it was terminated, called `process.exit`, ran out of memory, or of things to do. */
export class ThreadEndedError extends Error {
  override readonly name = "ThreadEndedError";
  readonly code = "ERR_HEDDLE_THREAD_ENDED";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
  /** The name of the thread. */
  readonly thread: string;
  /** What it gave to `process.exit`, if it did. */
  readonly exitCode: number | undefined;

  /** @param how - What ended it: "it was terminated". */
  constructor(thread: string, how: string, options: ErrorOptions & { exitCode?: number } = {}) {
    super(`Cannot give the result of thread "${thread}": ${how}`, options);
    this.thread = thread;
    this.exitCode = options.exitCode;
  }
}

// Where Heddle is part of a bundle, workers have the same classes.
for (const cls of [ThreadStateError, ThreadEndedError]) declareEverywhere(cls.name, cls);

/** Why a thread stops that is interrupted without a reason. */
export function interruption(thread: string, cause?: unknown): DOMException {
  return new DOMException(`Thread "${thread}" was interrupted`, { name: "AbortError", cause });
}
