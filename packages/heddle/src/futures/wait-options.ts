import { LONGEST_DELAY_MS } from "../scopes/index.ts";
import type { WaitOptions } from "../sync/index.ts";
import { checkKnown, checkObject } from "./checks.ts";

export type { WaitOptions };

const KNOWN = ["timeoutMs", "signal"];

/**
 * Gives the options, checked.
 *
 * @param others - Names of options that are not about the wait.
 */
export function checkWaitOptions(
  options: WaitOptions | undefined,
  operation: string,
  others: readonly string[] = [],
): WaitOptions {
  if (options === undefined) return {};
  checkObject(options, `the options of ${operation}`);
  checkKnown(options, [...KNOWN, ...others], operation);
  const { timeoutMs, signal } = options;
  if (timeoutMs !== undefined && typeof timeoutMs !== "number")
    throw new TypeError(`Cannot begin ${operation}: timeoutMs is ${String(timeoutMs)}, not a number`);
  if (timeoutMs !== undefined && !(timeoutMs >= 0)) {
    throw new RangeError(
      `Cannot begin ${operation}: timeoutMs is ${timeoutMs}, not a number of milliseconds`,
    );
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`Cannot begin ${operation}: signal is not an AbortSignal`);
  }
  return timeoutMs !== undefined && timeoutMs > LONGEST_DELAY_MS
    ? { ...options, timeoutMs: Infinity }
    : options;
}
