/** Node's timers take no longer delay, and fire at once when given one: a longer wait is a wait without end. */
export const LONGEST_DELAY_MS: number = 2 ** 31 - 1;

/** The delay, or the longest that a timer takes. */
export function delayFor(milliseconds: number): number {
  return Math.min(Math.ceil(milliseconds), LONGEST_DELAY_MS);
}
