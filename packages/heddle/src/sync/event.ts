/**
 * The event that users have.
 *
 * @packageDocumentation
 */
import { EVENT_BYTES, EventCore } from "./event-core.ts";
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

/** What an event knows of itself at one moment; other threads may have changed it since. */
export interface EventStatistics {
  readonly isSet: boolean;
  /** How many wait. */
  readonly waiters: number;
}

/**
 * A flag that any thread sets and clears, and that others wait for.
 *
 * Setting it releases all who wait at that moment, even if it is cleared at once.
 *
 * @remarks
 * Cost: one atomic instruction to look, set or clear while nobody waits; setting it takes a step for each who does.
 * Cancel safety: a wait that ends early leaves no trace.
 *
 * @example
 * ```ts
 * import { Event } from "heddle/sync";
 *
 * const ready = new Event();
 * const waiting = ready.wait({ timeoutMs: 1000 });
 * ready.set();
 * ready.clear();
 * await waiting;
 * ready.isSet; // => false
 * ```
 */
export class Event extends SharedObject {
  readonly #thread: ThisThread;
  readonly #core: EventCore;

  /** It is not set at first. */
  constructor(options?: SharedOptions) {
    super(options);
    this.#thread = threadOf(this);
    this.#core = new EventCore(this.#thread.monitor, addressOf(this), "Event.wait()");
  }

  /** Sets it, and releases all who wait. Does nothing if it is set. */
  set(): void {
    this.#core.set();
  }

  /** From now on who waits waits for the next `set`. */
  clear(): void {
    this.#core.clear();
  }

  /** Whether it is set: nobody waits then. */
  get isSet(): boolean {
    return this.#core.open;
  }

  /**
   * Waits until it is set, without blocking the thread.
   *
   * @throws `TimeoutError`, or the reason of the signal or of the scope around, when the wait ends early. With
   * `timeoutMs: 0` that is at once, unless it is set; {@link Event.isSet} only looks.
   */
  wait(options?: WaitOptions): Promise<void> {
    return waitOpen(this, this.#thread, this.#core, options);
  }

  /** As `wait`, blocking the thread: its event loop stands still meanwhile. */
  waitSync(options?: WaitOptions): void {
    waitOpenSync(this.#thread, this.#core, options, "Event.waitSync()");
  }

  /** Whether it is set, and how many wait, at this moment. */
  statistics(): EventStatistics {
    return { isSet: this.isSet, waiters: this.#core.waiters };
  }
}

registerShared(Event, { kind: ObjectKind.EVENT, name: "Event", version: 1, sizeBytes: EVENT_BYTES });
