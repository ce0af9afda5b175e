/**
 * The latch that users have.
 *
 * @packageDocumentation
 */
import { checkCount } from "./check-count.ts";
import { LATCH_BYTES, LatchCore, writeLatch } from "./latch-core.ts";
import { ObjectKind } from "./object-kinds.ts";
import {
  addressOf,
  registerShared,
  SharedObject,
  type SharedOptions,
  threadOf,
} from "./objects/shared-object.ts";
import { waitOpen, waitOpenSync } from "./wait-open.ts";
import type { ThisThread } from "./waiting/this-thread.ts";
import type { WaitOptions } from "./waiting/waits.ts";

/** What a latch knows of itself at one moment; other threads may have changed it since. */
export interface LatchStatistics {
  readonly count: number;
  /** How many wait. */
  readonly waiters: number;
}

/**
 * A count that goes down to 0, once: who waits is released then, and who comes later does not wait.
 *
 * @remarks
 * Cost: one atomic instruction to look or count down; the last takes a step for each who waits.
 * Cancel safety: a wait that ends early leaves no trace.
 *
 * @example
 * ```ts
 * import { Latch } from "heddle/sync";
 *
 * const parts = new Latch(3);
 * const all = parts.wait();
 * parts.countDown();
 * parts.countDown(2);
 * await all;
 * parts.count; // => 0
 * ```
 */
export class Latch extends SharedObject {
  readonly #thread: ThisThread;
  readonly #core: LatchCore;

  /** @param count - Where it starts: a whole number, 0 or more. */
  constructor(count: number, options?: SharedOptions) {
    super(options, (heap, address) => {
      checkCount(count, "make a Latch", "count", 0);
      writeLatch(heap, address, count);
    });
    this.#thread = threadOf(this);
    this.#core = new LatchCore(this.#thread.monitor, addressOf(this), "Latch.wait()");
  }

  /** Takes `n` off the count, which stops at 0. At 0 it does nothing. */
  countDown(n: number = 1): void {
    if (n !== 1) checkCount(n, "begin Latch.countDown()", "n", 0);
    this.#core.countDown(n);
  }

  /** How much is left to count down. */
  get count(): number {
    return this.#core.count;
  }

  /**
   * Waits until the count is 0, without blocking the thread.
   *
   * @throws `TimeoutError`, or the reason of the signal or of the scope around, when the wait ends early.
   */
  wait(options?: WaitOptions): Promise<void> {
    return waitOpen(this, this.#thread, this.#core, options);
  }

  /** As `wait`, blocking the thread: its event loop stands still meanwhile. */
  waitSync(options?: WaitOptions): void {
    waitOpenSync(this.#thread, this.#core, options, "Latch.waitSync()");
  }

  /** How much is missing, and how many wait, at this moment. */
  statistics(): LatchStatistics {
    return { count: this.count, waiters: this.#core.waiters };
  }
}

registerShared(Latch, { kind: ObjectKind.LATCH, name: "Latch", version: 1, sizeBytes: LATCH_BYTES });
