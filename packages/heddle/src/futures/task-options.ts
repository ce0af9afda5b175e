import { checkInteger, checkKnown, checkObject } from "./checks.ts";
import { LARGEST_BUFFER } from "./stream-flow.ts";

/** How one call is to be treated. Given by `executor.with(options)` for all calls made through the result. */
export interface TaskOptions {
  /**
   * When it aborts, a queued task never runs, and nobody waits for a running one any more. If that is still running a
   * second later, and its worker runs nothing that somebody waits for, the worker is replaced.
   */
  signal?: AbortSignal;
  /**
   * A task that runs for longer fails with `TimeoutError`, and its worker is replaced; so do the others that run there,
   * with `BrokenExecutorError`, where `concurrencyPerWorker` lets them. From the start of its run, in milliseconds.
   * A map under this option sends its items one by one.
   */
  timeoutMs?: number;
  /** Names the task in errors, instead of its function. */
  name?: string;
  /**
   * A task that fails, or whose worker ends, is tried again, at most so many times: after 50 to 100 ms, then after
   * waits that double up to 30 s. It gives the first value, or the error of the last try; the `cause` of that is an
   * `AggregateError` of the earlier ones. 0 by default, and then no body ever runs twice.
   *
   * Not tried again is a task that was cancelled or has run for longer than `timeoutMs`, nor what cannot be sent. The
   * arguments are read at each try; what was moved by `transfer` cannot be sent twice. Each try is a call in
   * `statistics()`. A map tries again those of its items that failed, and sends them one by one; a broadcast does not.
   */
  retries?: number;
  /**
   * A task whose function is a generator yields at most so many values more than were read, and then waits for its reader.
   * 64 by default.
   */
  buffer?: number;
}

const KNOWN = ["signal", "timeoutMs", "name", "retries", "buffer"];

/** Throws if the options are not what they should be. */
export function checkTaskOptions(options: TaskOptions): void {
  checkObject(options, "the options of a task");
  checkKnown(options, KNOWN, "a task");
  const { signal, timeoutMs, name, retries, buffer } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError("Cannot take the option signal: it is not an AbortSignal");
  }
  if (timeoutMs !== undefined && !(typeof timeoutMs === "number" && timeoutMs > 0)) {
    throw new RangeError(
      `Cannot take the option timeoutMs: ${String(timeoutMs)} is not a positive number of milliseconds`,
    );
  }
  if (name !== undefined && typeof name !== "string")
    throw new TypeError("Cannot take the option name: it is not a string");
  if (retries !== undefined) checkInteger("retries", retries, 0, Number.MAX_SAFE_INTEGER);
  if (buffer !== undefined) checkInteger("buffer", buffer, 1, LARGEST_BUFFER);
}
