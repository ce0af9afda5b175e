/** Node's timers take no longer delay, and fire at once when given one. */
export const LONGEST_DELAY_MS: number = 2 ** 31 - 1;

/** A timer that takes any delay: it is set again and again. With `Infinity` it never fires, and is none. */
export class LongTimer {
  readonly #fire: () => void;
  readonly #isUnref: boolean;
  #leftMs: number;
  #timer: NodeJS.Timeout | undefined = undefined;

  /** @param isUnref - It does not keep the program alive. */
  constructor(fire: () => void, delayMs: number, isUnref: boolean) {
    this.#fire = fire;
    this.#leftMs = delayMs;
    this.#isUnref = isUnref;
    if (delayMs !== Infinity) this.#wait();
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
