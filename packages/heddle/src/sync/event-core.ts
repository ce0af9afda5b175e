/**
 * A flag that threads wait for.
 *
 * @packageDocumentation
 */
import { RELEASE_BYTES, ReleaseCore, STATE, WAITERS } from "./release-core.ts";

export const EVENT_BYTES: number = RELEASE_BYTES;

/** In the state: it is set. */
const SET = 2;
/** Above: how often it was set. */
const SETS_SHIFT = 2;
const ONE_SET = 1 << SETS_SHIFT;

/**
 * One event, as one thread sees it. The rest is in `ReleaseCore`.
 *
 * ```text
 * state: how often it was set, modulo 2³⁰ << 2 | SET | WAITERS
 *
 *         set: one more
 * clear ────────────────▶ SET
 *   ▲                      │ clear
 *   └──────────────────────┘
 * ```
 *
 * - E1: who waits passes when the event was set since he came. So clearing it at once takes nothing from those who wait.
 */
export class EventCore extends ReleaseCore<void> {
  set(): void {
    const { words } = this;
    const word = this.object + STATE;
    for (;;) {
      const state = words.load(word);
      if (this.isOpen(state)) return;
      if (words.compareExchange(word, state, (state + ONE_SET) | SET) !== state) continue;
      if ((state & WAITERS) !== 0) this.letPass();
      return;
    }
  }

  clear(): void {
    this.words.and(this.object + STATE, ~SET);
  }

  isOpen(state: number): boolean {
    return (state & SET) !== 0;
  }

  /** E1. */
  mayPass(found: number, state: number): boolean {
    return found >>> SETS_SHIFT !== state >>> SETS_SHIFT;
  }

  collect(): void {}
}
