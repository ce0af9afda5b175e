/**
 * Waiting until an executor takes another call.
 *
 * @packageDocumentation
 */
import { TimeoutError } from "#heap";
import { madeLate, toldWhere } from "../scopes/index.ts";
import { limitWait, throwIfEnded } from "./wait-limits.ts";
import { checkWaitLimits, type WaitOptions } from "./wait-options.ts";

const OPERATION = "executor.ready()";

/**
 * - W1: nobody waits while there is room that was not promised to another.
 * - W2: a promise is kept for the rest of the turn of the event loop, so that who was told there is room finds it.
 */
export class Room {
  readonly #free: () => number;
  readonly #check: () => void;
  readonly #waiting = new Set<PromiseWithResolvers<void>>();
  #promised = 0;

  /**
   * @param free - How many calls would be taken now.
   * @param check - Throws if none will ever be taken again.
   */
  constructor(free: () => number, check: () => void) {
    this.#free = free;
    this.#check = check;
  }

  async wait(options: WaitOptions | undefined): Promise<void> {
    const checked = checkWaitLimits(options, OPERATION);
    throwIfEnded(checked);
    this.#check();
    const waiter = Promise.withResolvers<void>();
    this.#waiting.add(waiter);
    const release = limitWait(checked, OPERATION, {
      timedOut: (timeoutMs) => waiter.reject(madeLate(new TimeoutError(OPERATION, timeoutMs))),
      cancelled: (reason) => waiter.reject(reason),
    });
    this.note();
    try {
      await toldWhere(waiter.promise);
    } finally {
      this.#waiting.delete(waiter);
      release();
    }
  }

  /** A call was taken. */
  taken(): void {
    if (this.#promised > 0) this.#promised--;
  }

  /** Calls have ended, or none will be taken any more. W1. */
  note(): void {
    if (this.#waiting.size === 0) return;
    for (const waiter of this.#waiting) {
      try {
        this.#check();
      } catch (error) {
        waiter.reject(error);
        continue;
      }
      if (this.#free() <= this.#promised) return;
      this.#waiting.delete(waiter);
      this.#promise();
      waiter.resolve();
    }
  }

  /** W2. */
  #promise(): void {
    if (this.#promised++ > 0) return;
    setImmediate(() => {
      this.#promised = 0;
      this.note();
    });
  }
}
