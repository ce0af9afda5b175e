/**
 * A count that goes down to 0, and those who wait for that.
 *
 * @packageDocumentation
 */
import type { Words } from "#heap";
import { RELEASE_BYTES, ReleaseCore, STATE, WAITERS } from "./release-core.ts";

export const LATCH_BYTES: number = RELEASE_BYTES;

const COUNT_SHIFT = 1;

/** Writes a new latch. */
export function writeLatch(words: Words, object: number, count: number): void {
  words.poke(object + STATE, count << COUNT_SHIFT);
}

/**
 * One latch, as one thread sees it. The rest is in `ReleaseCore`.
 *
 * ```text
 * state: count << 1 | WAITERS
 * ```
 *
 * - L1: the count never goes up, so who finds it at 0 may pass, now and for ever.
 */
export class LatchCore extends ReleaseCore<void> {
  get count(): number {
    return this.words.load(this.object + STATE) >>> COUNT_SHIFT;
  }

  /** Stops at 0. */
  countDown(by: number): void {
    const { words } = this;
    const word = this.object + STATE;
    for (;;) {
      const state = words.load(word);
      const count = state >>> COUNT_SHIFT;
      if (count === 0 || by === 0) return;
      const left = Math.max(0, count - by);
      if (words.compareExchange(word, state, (left << COUNT_SHIFT) | (state & WAITERS)) !== state) continue;
      if (left === 0 && (state & WAITERS) !== 0) this.letPass();
      return;
    }
  }

  isOpen(state: number): boolean {
    return state >>> COUNT_SHIFT === 0;
  }

  /** L1. */
  mayPass(_found: number, state: number): boolean {
    return this.isOpen(state);
  }

  collect(): void {}
}
