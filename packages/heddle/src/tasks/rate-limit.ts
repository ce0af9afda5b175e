/**
 * No more than so many in a time: a token bucket.
 *
 * @packageDocumentation
 */
import { TimeoutError } from "#heap";
import {
  checkDuration,
  checkInteger,
  checkKnown,
  checkObject,
  checkWaitLimits,
  limitWait,
  throwIfEnded,
  type WaitOptions,
} from "../futures/index.ts";
import { LongTimer, madeLate, unheard, withCaller } from "../scopes/index.ts";

/** How many tokens come, how often, and how many are kept. */
export interface RateLimitOptions {
  /** So many tokens come in each {@link RateLimitOptions.perMs}. */
  tokens: number;
  /** In milliseconds. 1000 by default. */
  perMs?: number;
  /** So many tokens are kept at most, and are there at the start. As many as `tokens` by default. */
  burst?: number;
}

/** One that waits for tokens. */
interface Taker {
  readonly count: number;
  readonly go: () => void;
}

const KNOWN = ["tokens", "perMs", "burst"];

/**
 * Tokens that come at an even pace, and are taken before each request, say.
 *
 * @remarks
 * Fairness: in the order of asking; one that needs many is not overtaken by those that need few.
 * Cancel safety: a wait that ends early has taken nothing.
 *
 * @example
 * ```ts
 * import { RateLimit } from "heddle";
 *
 * const limit = new RateLimit({ tokens: 2, perMs: 1000 });
 * await limit.take();
 * limit.tryTake(); // => true
 * limit.tryTake(); // => false
 * ```
 */
export class RateLimit {
  readonly #perToken: number;
  readonly #burst: number;
  readonly #takers = new Set<Taker>();
  #tokens: number;
  #countedAt = performance.now();
  #timer: LongTimer | undefined;

  constructor(options: RateLimitOptions) {
    checkObject(options, "the options of a rate limit");
    checkKnown(options, KNOWN, "a rate limit");
    const { tokens, perMs = 1000, burst = tokens } = options;
    checkInteger("tokens", tokens, 1, Number.MAX_SAFE_INTEGER);
    checkInteger("burst", burst, 1, Number.MAX_SAFE_INTEGER);
    checkDuration("perMs", perMs, true);
    this.#perToken = perMs / tokens;
    this.#burst = this.#tokens = burst;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#takers.size;
  }

  /** Takes tokens if they are there, and nobody waits. Never waits. */
  tryTake(count = 1): boolean {
    this.#check(count);
    this.#refill();
    if (this.#takers.size > 0 || this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }

  /**
   * Waits until so many tokens are there, and takes them.
   *
   * @throws `TimeoutError`, or the reason of the signal or of the scope around, when the wait ends early.
   */
  take(count = 1, options?: WaitOptions): Promise<void> {
    return unheard(this.#take(count, options));
  }

  async #take(count: number, options: WaitOptions | undefined): Promise<void> {
    const checked = checkWaitLimits(options, "RateLimit.take()");
    throwIfEnded(checked);
    // As late as one goes on that had to wait, so that nobody who came later is heard of before.
    if (this.tryTake(count)) return await Promise.resolve();
    try {
      await this.#whenServed(count, checked);
    } catch (error) {
      throw withCaller(error);
    }
  }

  #whenServed(count: number, checked: WaitOptions): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const leave = (how: () => void): void => {
        release();
        this.#takers.delete(taker);
        this.#serve();
        how();
      };
      const release = limitWait(checked, "RateLimit.take()", {
        timedOut: (timeoutMs) =>
          leave(() => reject(madeLate(new TimeoutError("RateLimit.take()", timeoutMs)))),
        cancelled: (reason) => leave(() => reject(reason)),
      });
      const taker: Taker = {
        count,
        go: () => {
          release();
          resolve();
        },
      };
      this.#takers.add(taker);
      this.#serve();
    });
  }

  #check(count: number): void {
    checkInteger("count", count, 1, this.#burst);
  }

  #refill(): void {
    const now = performance.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#countedAt) / this.#perToken);
    this.#countedAt = now;
  }

  /** Lets go those whose tokens are there, and sets the timer for the next one. */
  #serve(): void {
    this.#timer?.clear();
    this.#refill();
    for (const taker of this.#takers) {
      if (this.#tokens < taker.count) {
        const waitMs = Math.ceil((taker.count - this.#tokens) * this.#perToken);
        this.#timer = new LongTimer(() => this.#serve(), waitMs, false);
        return;
      }
      this.#tokens -= taker.count;
      this.#takers.delete(taker);
      taker.go();
    }
  }
}
