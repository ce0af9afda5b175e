/**
 * The semaphores that users have.
 *
 * @packageDocumentation
 */
import { cores } from "./cores-later.ts";
import { unheard } from "../scopes/index.ts";
import { type Heap, SharedHeap } from "#heap";
import { checkCount, MAX_COUNT } from "./check-count.ts";
import type { Guard } from "./guard.ts";
import { ObjectKind } from "./object-kinds.ts";
import { KIND } from "./objects/header.ts";
import {
  addressOf,
  registerShared,
  SharedObject,
  type SharedOptions,
  threadOf,
} from "./objects/shared-object.ts";
import type { SemaphoreCore } from "./semaphore-core.ts";
import { checkWaitOptions } from "./wait-options.ts";
import { registerReclaim } from "./waiting/reclaims.ts";
import type { ThisThread } from "./waiting/this-thread.ts";
import type { WaitOptions } from "./waiting/waits.ts";

/** What an acquire of a semaphore takes. */
export interface SemaphoreAcquireOptions extends WaitOptions {
  /** How many permits, all of them at once. Default 1. */
  permits?: number;
}

/** What a semaphore knows of itself at one moment; other threads may have changed it since. */
export interface SemaphoreStatistics {
  /** How many permits are there. Those who wait come first, so with waiters they may be too few for the first. */
  readonly available: number;
  /** How many wait. */
  readonly waiters: number;
}

/**
 * A number of permits, for at most so many at once to do something, among all threads that have it.
 *
 * Any thread may release permits, also more than there were at the start, see {@link BoundedSemaphore}. What is released
 * through a guard is released once. What a thread had that was terminated, killed or ended by an error goes back, unless
 * the semaphore is used for signals: once somebody has released what its thread had not acquired, nobody knows whose
 * permits are whose. What went back counts once: who releases it for the dead adds nothing. A thread that ends by itself takes
 * along what it did not release.
 *
 * @remarks
 * Fairness: strict. Permits are handed out in the order in which they were asked for, threads that block and tasks that
 * await in one line. A small request waits behind a large one, even if there are permits enough for it.
 * Cost: about two atomic instructions to acquire and release what is there.
 * Cancel safety: a wait that ends early takes nothing, and those behind it go on.
 *
 * @example
 * ```ts
 * import { Semaphore } from "heddle/sync";
 *
 * const connections = new Semaphore(3);
 * {
 *   using guard = await connections.acquire({ permits: 2 });
 *   guard.held; // => true
 *   connections.available; // => 1
 *   connections.tryAcquire(2); // => undefined
 * }
 * connections.available; // => 3
 * ```
 */
export class Semaphore extends SharedObject {
  readonly #thread: ThisThread;
  readonly #core: SemaphoreCore;
  readonly #operationSync: string;

  /** @param permits - How many there are at the start: a whole number, 0 or more. */
  constructor(permits: number = 1, options?: SharedOptions) {
    super(options, (heap, address) => {
      const kind = kindAt(heap, address);
      checkCount(permits, `make a ${kind}`, "permits", 0);
      cores().writeSemaphore(heap, address, permits, kind === BOUNDED ? permits : MAX_COUNT);
    });
    this.#thread = threadOf(this);
    const { heap, monitor } = this.#thread;
    const address = addressOf(this);
    const kind = kindAt(heap, address);
    const isExact = heap instanceof SharedHeap;
    this.#core = new (cores().SemaphoreCore)(monitor, address, { ...OPERATIONS[kind], isExact });
    this.#operationSync = OPERATIONS[kind].operationSync;
  }

  /**
   * Waits until the permits are this caller's, without blocking the thread.
   *
   * @throws `TimeoutError`, or the reason of the signal or of the scope around, when the wait ends early; the semaphore
   * is as it was. `RangeError` for a number of permits that there can never be.
   */
  acquire(options?: SemaphoreAcquireOptions): Promise<Guard> {
    try {
      const permits = this.#permitsIn(options, "acquire");
      const checked = checkWaitOptions(options, this.#core.operation, OWN_OPTIONS);
      checked.signal?.throwIfAborted();
      if (this.#core.tryAcquire(permits)) return Promise.resolve(new PermitGuard(this, permits));
      return unheard(
        this.#thread.waits.promise(this.#core, permits, checked).then(() => new PermitGuard(this, permits)),
      );
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** As `acquire`, blocking the thread: its event loop stands still meanwhile. */
  acquireSync(options?: SemaphoreAcquireOptions): Guard {
    const permits = this.#permitsIn(options, "acquireSync");
    const checked = checkWaitOptions(options, this.#operationSync, OWN_OPTIONS);
    checked.signal?.throwIfAborted();
    if (!this.#core.tryAcquire(permits)) this.#thread.waits.block(this.#core, permits, checked);
    return new PermitGuard(this, permits);
  }

  /** The permits if they are there, and nobody waits; else `undefined`. Never waits. */
  tryAcquire(permits: number = 1): Guard | undefined {
    this.#check(permits, "tryAcquire");
    return this.#core.tryAcquire(permits) ? new PermitGuard(this, permits) : undefined;
  }

  /**
   * Gives permits back, or adds some: those who wait get them, in the order of asking, as far as they go.
   *
   * @throws `RangeError`, and nothing has changed, when there would be more than this semaphore may have.
   */
  release(permits: number = 1): void {
    this.#check(permits, "release");
    if (this.#core.release(permits)) return;
    throw new RangeError(
      `Cannot release ${permits} of semaphore "${this.name}": it would have more than ${this.#core.limit} permits`,
    );
  }

  /** How many permits are there for the taking. */
  get available(): number {
    return this.#core.available;
  }

  /** How many permits are left, and how many wait, at this moment. */
  statistics(): SemaphoreStatistics {
    return { available: this.available, waiters: this.#core.waiters };
  }

  #permitsIn(options: SemaphoreAcquireOptions | undefined, method: string): number {
    const { permits = 1 } = options ?? {};
    this.#check(permits, method);
    return permits;
  }

  #check(permits: number, method: string): void {
    // Nearly all calls.
    if (permits === 1) return;
    const most = Math.max(1, this.#core.limit);
    checkCount(
      permits,
      `begin ${kindAt(this.#thread.heap, addressOf(this))}.${method}()`,
      "permits",
      1,
      most,
    );
  }
}

/**
 * A semaphore that never has more permits than at the start: a release too many is an error, and changes nothing.
 *
 * @example
 * ```ts
 * import { BoundedSemaphore } from "heddle/sync";
 *
 * const slots = new BoundedSemaphore(2);
 * const guard = slots.acquireSync();
 * slots.release();
 * slots.available; // => 2
 * let refused = false;
 * try {
 *   slots.release();
 * } catch (error) {
 *   refused = error instanceof RangeError;
 * }
 * refused; // => true
 * guard.held; // => true
 * ```
 */
export class BoundedSemaphore extends Semaphore {}

class PermitGuard implements Guard {
  readonly abandoned = false;
  #semaphore: Semaphore | undefined;
  readonly #permits: number;

  constructor(semaphore: Semaphore, permits: number) {
    this.#semaphore = semaphore;
    this.#permits = permits;
  }

  get held(): boolean {
    return this.#semaphore !== undefined;
  }

  release(): void {
    const semaphore = this.#semaphore;
    if (semaphore === undefined) return;
    this.#semaphore = undefined;
    semaphore.release(this.#permits);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

const OWN_OPTIONS = ["permits"];
const BOUNDED = "BoundedSemaphore";
/** How users call its waits. */
const OPERATIONS = {
  Semaphore: { operation: "Semaphore.acquire()", operationSync: "Semaphore.acquireSync()" },
  BoundedSemaphore: {
    operation: "BoundedSemaphore.acquire()",
    operationSync: "BoundedSemaphore.acquireSync()",
  },
} as const;

/** What users call the object at an address. */
function kindAt(heap: Heap, address: number): keyof typeof OPERATIONS {
  return heap.peek(address + KIND) === ObjectKind.BOUNDED_SEMAPHORE ? BOUNDED : "Semaphore";
}

function register(cls: typeof Semaphore, name: keyof typeof OPERATIONS, kind: number): void {
  registerShared(cls, {
    kind,
    name,
    version: 3,
    get sizeBytes() {
      return cores().SEMAPHORE_BYTES;
    },
    destroy: (heap, address) => cores().freeSemaphore(heap, address),
  });
  registerReclaim(kind, (monitor, object, node) => cores().reclaimPermits(monitor, object, node));
}
register(Semaphore, "Semaphore", ObjectKind.SEMAPHORE);
register(BoundedSemaphore, BOUNDED, ObjectKind.BOUNDED_SEMAPHORE);
