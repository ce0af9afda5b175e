/** Node's timers take no longer delay, and fire at once when given one. */
export const LONGEST_DELAY_MS: number = 2 ** 31 - 1;

/** A timer that takes any delay: it is set again and again. With `Infinity` it never fires, and is none. */
export class LongTimer {
  readonly #fire: () => void;
  readonly #isUnref: boolean;
  readonly #dueMs: number;
  #leftMs: number;
  #timer: NodeJS.Timeout | undefined = undefined;

  /** @param isUnref - It does not keep the program alive. */
  constructor(fire: () => void, delayMs: number, isUnref: boolean) {
    this.#fire = fire;
    this.#dueMs = performance.now() + delayMs;
    this.#leftMs = delayMs;
    this.#isUnref = isUnref;
    if (delayMs !== Infinity) this.#wait();
  }

  /** Fires if it is due, where the thread blocks and so no timer does. */
  look(): void {
    if (performance.now() < this.#dueMs) return;
    this.clear();
    this.#fire();
  }

  clear(): void {
    clearTimeout(this.#timer);
  }

  #wait(): void {
    const delayMs = Math.min(this.#leftMs, LONGEST_DELAY_MS);
    this.#leftMs -= delayMs;
    this.#timer = setTimeout(() => (this.#leftMs > 0 ? this.#wait() : this.#fire()), delayMs);
    if (this.#isUnref) this.#timer.unref();
  }
}

const TIMER: unique symbol = Symbol("timer");

/** Notes by which timer a signal aborts. Gives the signal. */
export function endingBy(signal: AbortSignal & { [TIMER]?: LongTimer }, timer: LongTimer): AbortSignal {
  signal[TIMER] = timer;
  return signal;
}

/** Whether a signal has aborted, or would have if this thread did not block. */
export function isAborted(signal: AbortSignal & { [TIMER]?: LongTimer }): boolean {
  if (!signal.aborted) signal[TIMER]?.look();
  return signal.aborted;
}
