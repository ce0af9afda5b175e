/** Looks at values that come from outside, at the door. */
import { inspect } from "node:util";

/** The largest number of permits, parties or countdowns: what a word holds beside two flags. */
export const MAX_COUNT: number = 2 ** 29 - 1;

/** A value, in a line of a message. */
export function describe(value: unknown): string {
  return inspect(value, { depth: 0, breakLength: Infinity });
}

/**
 * Throws unless the value is a whole number within bounds.
 *
 * @param attempt - What fails then: "make a Latch", "begin Semaphore.acquire()".
 * @param what - The name of the value: "permits".
 */
export function checkCount(
  value: unknown,
  attempt: string,
  what: string,
  least: number,
  most: number = MAX_COUNT,
): asserts value is number {
  if (typeof value !== "number") {
    throw new TypeError(`Cannot ${attempt}: ${what} must be a number, and is ${describe(value)}`);
  }
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(
      `Cannot ${attempt}: ${what} must be a whole number from ${least} to ${most}, and is ${value}`,
    );
  }
}
