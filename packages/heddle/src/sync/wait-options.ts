/** Looks at the options of a wait, at the door. */
import { LONGEST_DELAY_MS, throwIfCancelled } from "../scopes/index.ts";
import { hintFor } from "./known-options.ts";
import type { WaitOptions } from "./waiting/waits.ts";

const NO_OPTIONS: WaitOptions = {};
const NO_OTHERS: readonly string[] = [];

/**
 * Gives the options, checked. Throws `TypeError` or `RangeError` naming what is wrong with them; in a cancelled scope its
 * reason, so that nothing is waited for there, even if it could be had at once.
 *
 * @param operation - What would wait: `Lock.acquire()`.
 * @param others - What else the options may have, which the caller looks at.
 */
export function checkWaitOptions(
  options: WaitOptions | undefined,
  operation: string,
  others: readonly string[] = NO_OTHERS,
): WaitOptions {
  throwIfCancelled();
  return checkWaitLimits(options, operation, others);
}

/** As {@link checkWaitOptions}, for what may be begun in a cancelled scope. */
export function checkWaitLimits(
  options: WaitOptions | undefined,
  operation: string,
  others: readonly string[] = NO_OTHERS,
): WaitOptions {
  if (options === undefined) return NO_OPTIONS;
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(
      `Cannot begin ${operation}: its options must be an object such as { timeoutMs: 100 }, and are ${String(options)}`,
    );
  }
  for (const key in options) {
    if (key !== "timeoutMs" && key !== "signal" && !others.includes(key)) {
      const known = [...others, "timeoutMs", "signal"];
      throw new TypeError(
        `Cannot begin ${operation}: it has no option ${key}; ${hintFor(key, known)}it knows ${known.join(", ")}`,
      );
    }
  }
  const { timeoutMs, signal } = options;
  if (timeoutMs !== undefined) {
    if (typeof timeoutMs !== "number") {
      throw new TypeError(
        `Cannot begin ${operation}: timeoutMs must be a number, and is ${String(timeoutMs)}`,
      );
    }
    if (!(timeoutMs >= 0)) {
      throw new RangeError(
        `Cannot begin ${operation}: timeoutMs must be a number of milliseconds, 0 or more, and is ${timeoutMs}`,
      );
    }
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`Cannot begin ${operation}: signal must be an AbortSignal`);
  }
  if (signal !== undefined && operation.endsWith("Sync()") && isDeaf(signal)) {
    throw new TypeError(
      `Cannot begin ${operation}: its signal is one of AbortSignal.timeout(), which does not abort while this thread blocks; write timeoutMs, or take timeoutSignal()`,
    );
  }
  // Longer than a timer takes is without end.
  return timeoutMs !== undefined && timeoutMs > LONGEST_DELAY_MS
    ? { ...options, timeoutMs: Infinity }
    : options;
}

/** Node marks the signals of `AbortSignal.timeout()`, and those that follow one by `AbortSignal.any()`. */
function isDeaf(signal: AbortSignal): boolean {
  if (signal.aborted) return false;
  const mark = Object.getOwnPropertySymbols(signal).find(({ description }) => description === "kTimeout");
  return mark !== undefined && Reflect.get(signal, mark) === true;
}
