import type { WaitOptions } from "../sync/index.ts";
import { checkObject } from "./checks.ts";
import { LONGEST_DELAY_MS } from "./timers.ts";

export type { WaitOptions };

/** Gives the options, checked. */
export function checkWaitOptions(options: WaitOptions | undefined, operation: string): WaitOptions {
  if (options === undefined) return {};
  checkObject(options, "the options of a wait");
  const { timeoutMs, signal } = options;
  if (timeoutMs !== undefined && !(typeof timeoutMs === "number" && timeoutMs >= 0)) {
    throw new RangeError(
      `Cannot begin ${operation}: timeoutMs is ${String(timeoutMs)}, not a number of milliseconds`,
    );
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`Cannot begin ${operation}: signal is not an AbortSignal`);
  }
  return timeoutMs !== undefined && timeoutMs > LONGEST_DELAY_MS
    ? { ...options, timeoutMs: Infinity }
    : options;
}
