/**
 * A call that one among all threads makes, and that the others wait for.
 *
 * @packageDocumentation
 */
import type { Words } from "#heap";
import { RELEASE_BYTES, ReleaseCore, STATE, WAITERS } from "./release-core.ts";
import type { Monitor } from "./waiting/monitor.ts";

const OUTCOME: number = RELEASE_BYTES;
export const ONCE_BYTES: number = OUTCOME + 4;

/** In the state: the call is over, and above is how it went. Else there is who makes it; 0: nobody yet. */
const DONE = 2;
const SHIFT = 2;

/** How the call went. */
export const Outcome = { VALUE: 1, ERROR: 2, DIED: 3 } as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

/** Where the outcome is stored; 0 if it is not. */
export const storedOutcome = (words: Words, object: number): number => words.peek(object + OUTCOME) >>> 0;

/**
 * One call, as one thread sees it. The rest is in `ReleaseCore`.
 *
 * ```text
 * bytes  name     values                              written by
 * 28     outcome  what is stored: a value, an error   who makes the call, before it says that it is over
 *
 * state: caller's identity << 2 | WAITERS; or outcome << 2 | DONE | WAITERS
 *
 *          tryBegin             finish: VALUE or ERROR
 * nobody ───────────▶ caller ──────────────────────────▶ DONE
 *                        │ its thread has ended: DIED      ▲
 *                        └─────────────────────────────────┘ whoever comes next, or waits
 * ```
 *
 * - O1: who changes the state from nobody to itself makes the call, and nobody else ever does.
 * - O2: the outcome is written before the state says that it is there, and never changed.
 */
export class OnceCore extends ReleaseCore<void> {
  readonly #monitor: Monitor;

  constructor(monitor: Monitor, object: number, operation: string) {
    super(monitor, object, operation);
    this.#monitor = monitor;
  }

  /** How the call went; 0 while it is not over. */
  get outcome(): Outcome | 0 {
    this.#noticeDeath();
    const state = this.words.load(this.object + STATE);
    return this.isOpen(state) ? ((state >>> SHIFT) as Outcome) : 0;
  }

  /** The identity of the thread that makes the call; 0 for none, or if it is over. */
  get caller(): number {
    const state = this.words.load(this.object + STATE);
    return this.isOpen(state) ? 0 : state >>> SHIFT;
  }

  /** O1. Whether this thread is to make the call. */
  tryBegin(): boolean {
    return this.words.compareExchange(this.object + STATE, 0, this.#monitor.identity << SHIFT) === 0;
  }

  /** Says how the call of this thread went. */
  finish(outcome: Outcome, stored: number): void {
    // O2.
    this.words.poke(this.object + OUTCOME, stored | 0);
    this.#end(this.#monitor.identity, outcome);
  }

  override enlist(node: number): boolean {
    this.#noticeDeathInside();
    return super.enlist(node);
  }

  override pump(): boolean {
    this.#noticeDeathInside();
    return super.pump();
  }

  isOpen(state: number): boolean {
    return (state & DONE) !== 0;
  }

  mayPass(_found: number, state: number): boolean {
    return this.isOpen(state);
  }

  collect(): void {}

  #noticeDeath(): void {
    const { caller } = this;
    if (caller !== 0 && !this.#monitor.seats.isSeated(caller)) this.#end(caller, Outcome.DIED);
  }

  /** In a section: who waits is granted by whoever pumps. */
  #noticeDeathInside(): void {
    const { caller } = this;
    if (caller !== 0 && !this.#monitor.seats.isSeated(caller)) this.#change(caller, Outcome.DIED);
  }

  #end(caller: number, outcome: Outcome): void {
    if ((this.#change(caller, outcome) & WAITERS) !== 0) this.letPass();
  }

  /** Gives the state from before; 0 if the call is over already. */
  #change(caller: number, outcome: Outcome): number {
    const word = this.object + STATE;
    for (;;) {
      const state = this.words.load(word);
      if (this.isOpen(state) || state >>> SHIFT !== caller) return 0;
      const next = (outcome << SHIFT) | DONE | (state & WAITERS);
      if (this.words.compareExchange(word, state, next) === state) return state;
    }
  }
}
