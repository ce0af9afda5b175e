import { checkDuration, checkInteger, checkKnown, checkObject } from "./checks.ts";
import { LARGEST_BUFFER } from "./streams/stream-flow.ts";

/** How one call is to be treated. Given by `executor.with(options)` for all calls made through the result. */
export interface TaskOptions {
  /**
   * When it aborts, a queued task never runs, and nobody waits for a running one any more, which is told to stop: its own signal
   * aborts. If it has not ended after `graceMs`, its worker is replaced.
   */
  signal?: AbortSignal;
  /**
   * A task that runs for longer fails with `TimeoutError`, and is told to stop: its signal aborts. If it has not ended `graceMs`
   * later, its worker is replaced. From the start of its run, in milliseconds. A map under this option sends its items one by one.
   */
  timeoutMs?: number;
  /**
   * A task that `signal`, `timeoutMs` or its task group has told to stop may go on for so long, in milliseconds; then its worker is
   * replaced. Others that run there, where `concurrencyPerWorker` lets them, are waited for while they get on: if the thread's event loop
   * does not turn for half a second, they fail with `BrokenExecutorError`. 1000 by default.
   */
  graceMs?: number;
  /** Names the task in errors, instead of its function. */
  name?: string;
  /**
   * A task that fails, or whose worker ends, is tried again, at most so many times: after 50 to 100 ms, then after
   * waits that double up to 30 s. It gives the first value, or the error of the last try; those of the earlier ones are in
   * its property `earlierErrors`, an array. 0 by default, and then no body ever runs twice.
   *
   * Not tried again is a task that was cancelled or has run for longer than `timeoutMs`, nor what cannot be sent, nor a call that
   * has moved something by `transfer`: that is gone. The arguments are read at each try. Each try is a call in
   * `statistics()`. A map tries again those of its items that failed, and sends them one by one; a broadcast does not.
   */
  retries?: number;
  /**
   * Lower numbers come first, 0 is the default, and equal ones come in order. It is about who waits, not about who runs: no running task
   * makes way. A task ages: each step of priority lets 100 tasks go before it that were submitted later, and not one more.
   */
  priority?: number;
  /**
   * Tasks with the same affinity run on the same worker, for as long as that lives and takes work, one after the other as they were
   * submitted; then on another. For what a worker keeps between tasks: a connection, a cache. It may let them wait while other workers
   * are idle. The executor remembers each affinity as long. On a broadcast it has no effect.
   */
  affinity?: string;
  /**
   * A task whose function is a generator yields at most so many values more than were read, and then waits for its reader.
   * 256 by default.
   */
  buffer?: number;
}

const KNOWN = ["signal", "timeoutMs", "graceMs", "name", "retries", "priority", "affinity", "buffer"];

/** Throws if the options are not what they should be. */
export function checkTaskOptions(options: TaskOptions): void {
  checkObject(options, "the options of a task");
  checkKnown(options, KNOWN, "a task");
  const { signal, timeoutMs, graceMs, name, retries, priority, affinity, buffer } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError("Cannot take the option signal: it is not an AbortSignal");
  }
  if (timeoutMs !== undefined) checkDuration("timeoutMs", timeoutMs, true);
  if (graceMs !== undefined) checkDuration("graceMs", graceMs);
  if (name !== undefined && typeof name !== "string")
    throw new TypeError("Cannot take the option name: it is not a string");
  if (retries !== undefined) checkInteger("retries", retries, 0, Number.MAX_SAFE_INTEGER);
  if (priority !== undefined && typeof priority !== "number")
    throw new TypeError("Cannot take the option priority: it is not a number");
  if (priority !== undefined && !Number.isFinite(priority))
    throw new RangeError(`Cannot take the option priority: ${priority} is not a finite number`);
  if (affinity !== undefined && typeof affinity !== "string")
    throw new TypeError("Cannot take the option affinity: it is not a string");
  if (buffer !== undefined) checkInteger("buffer", buffer, 1, LARGEST_BUFFER);
}
