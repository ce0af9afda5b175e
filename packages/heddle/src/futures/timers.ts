import { LONGEST_DELAY_MS } from "../scopes/index.ts";

/** The delay, or the longest that a timer takes. */
export function delayFor(milliseconds: number): number {
  return Math.min(Math.ceil(milliseconds), LONGEST_DELAY_MS);
}
