import { checkInteger, checkKnown, checkObject } from "../futures/index.ts";
import { throwIfCancelled, unheard } from "../scopes/index.ts";
import { checkBody, checkDuration } from "./checks.ts";
import { sleep } from "./sleep.ts";

/** How often {@link retry} tries, and when. */
export interface RetryOptions {
  /** How often the body is run at most. 3 by default. */
  attempts?: number;
  /** How long to wait before the second attempt, in milliseconds. 100 by default. */
  delayMs?: number;
  /** Each wait is so many times as long as the one before. 2 by default. */
  factor?: number;
  /** No wait is longer. By default there is no bound. */
  maxDelayMs?: number;
  /** Each wait is shortened by chance by up to this part of it, so that many do not try again at once. 0.5 by default. */
  jitter?: number;
  /** Whether to try again after this error. By default always. */
  shouldRetry?: (error: unknown, attempt: number) => boolean;
}

const KNOWN = ["attempts", "delayMs", "factor", "maxDelayMs", "jitter", "shouldRetry"];

/**
 * Runs `body`, again and again while it fails, with longer and longer waits between.
 *
 * A cancellation is no failure: it ends the whole at once.
 *
 * @param body - Is given the number of the attempt, from 1 on.
 * @returns What the first attempt that does not fail gives.
 * @throws What the last attempt threw.
 *
 * @example
 * ```ts
 * import { retry } from "heddle";
 *
 * const result = await retry(
 *   async (attempt) => {
 *     if (attempt < 3) throw new Error("not yet");
 *     return `attempt ${attempt}`;
 *   },
 *   { delayMs: 1 },
 * );
 * result; // => "attempt 3"
 * ```
 */
export function retry<T>(
  body: (attempt: number) => T | PromiseLike<T>,
  options: RetryOptions = {},
): Promise<T> {
  return unheard(tryOn(body, options));
}

async function tryOn<T>(body: (attempt: number) => T | PromiseLike<T>, options: RetryOptions): Promise<T> {
  checkBody(body, "retry()");
  checkObject(options, "the options of retry()");
  checkKnown(options, KNOWN, "retry()");
  const {
    attempts = 3,
    delayMs = 100,
    factor = 2,
    maxDelayMs = Infinity,
    jitter = 0.5,
    shouldRetry,
  } = options;
  if (attempts !== Infinity) checkInteger("attempts", attempts, 1, Number.MAX_SAFE_INTEGER);
  checkDuration(delayMs, "retry()");
  checkDuration(maxDelayMs, "retry()");
  checkNumber("factor", factor, 1, Infinity);
  checkNumber("jitter", jitter, 0, 1);
  if (shouldRetry !== undefined && typeof shouldRetry !== "function")
    throw new TypeError(`Cannot take the option shouldRetry: it is ${typeof shouldRetry}, not a function`);
  throwIfCancelled();
  let waitMs = delayMs;
  for (let attempt = 1; ; attempt++) {
    try {
      return await body(attempt);
    } catch (error) {
      if (attempt === attempts) throw error;
      throwIfCancelled();
      if (shouldRetry?.(error, attempt) === false) throw error;
    }
    await sleep(Math.min(waitMs, maxDelayMs) * (1 - jitter * Math.random()));
    waitMs *= factor;
  }
}

function checkNumber(option: string, value: unknown, least: number, most: number): void {
  if (typeof value !== "number") throw new TypeError(`Cannot take the option ${option}: it is not a number`);
  if (value >= least && value <= most) return;
  const range = most === Infinity ? `${least} on` : `${least} to ${most}`;
  throw new RangeError(`Cannot take the option ${option}: ${value} is not a number from ${range}`);
}
