/**
 * The lock that users have.
 *
 * @packageDocumentation
 */
import { LockStateError } from "./errors.ts";
import type { Guard } from "./guard.ts";
import { type Acquired, FROM_THE_DEAD, LOCK_BYTES, LockCore } from "./lock-core.ts";
import { ObjectKind } from "./object-kinds.ts";
import { addressOf, registerShared, SharedObject, type SharedOptions } from "./objects/shared-object.ts";
import { checkWaitOptions } from "./wait-options.ts";
import { type ThisThread, thisThread } from "./waiting/this-thread.ts";
import type { WaitOptions } from "./waiting/waits.ts";

/** What a lock knows of itself at one moment; other threads may have changed it since. */
export interface LockStatistics {
  readonly locked: boolean;
  /** How many wait. */
  readonly waiters: number;
}

/** Tries of a blocking acquire before it stands in line: a lock is mostly held for less than a microsecond. */
const SPINS = 40;

let releaseFor: (lock: Lock, guard: LockGuard) => void;
let endGuard: (guard: LockGuard) => void;

/**
 * Mutual exclusion: at most one holds it, among all threads that have it.
 *
 * Not reentrant: who acquires it twice waits for itself. Any thread may release it. A lock whose owner ended, or was
 * terminated, without releasing passes to the next one, with `guard.abandoned`.
 *
 * @remarks
 * Fairness: the lock is handed over in the order in which they began to wait, threads that block and tasks that await
 * in one line, and nobody overtakes those who stand in it. A blocking acquire tries for some microseconds before it
 * stands in line.
 * Cost: about two atomic instructions to acquire and release a lock that is free.
 * Cancel safety: a wait that ends early leaves the lock as it was.
 *
 * @example
 * ```ts
 * import { Lock } from "heddle";
 *
 * const lock = new Lock();
 * {
 *   using guard = await lock.acquire();
 *   guard.held; // => true
 * }
 * lock.locked; // => false
 * ```
 */
export class Lock extends SharedObject {
  readonly #thread: ThisThread;
  readonly #core: LockCore;
  /** The guard of the latest acquire in this thread, while it may hold. */
  #guard: LockGuard | undefined;

  constructor(options?: SharedOptions) {
    super(options);
    this.#thread = thisThread();
    this.#core = new LockCore(this.#thread.monitor, addressOf(this));
  }

  /**
   * Waits until the lock is this caller's, without blocking the thread.
   *
   * @throws `TimeoutError`, or the signal's reason, when the wait ends early; the lock is as it was.
   */
  acquire(options?: WaitOptions): Promise<Guard> {
    try {
      const checked = checkWaitOptions(options, "Lock.acquire()");
      checked.signal?.throwIfAborted();
      const acquired = this.#core.tryAcquire();
      if (acquired !== 0) return Promise.resolve(this.#hold(acquired));
      return this.#thread.waits.promise(this.#core, 0, checked).then((how) => this.#hold(how));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** As `acquire`, blocking the thread: its event loop stands still meanwhile. */
  acquireSync(options?: WaitOptions): Guard {
    const acquired = this.#core.tryAcquire();
    if (options === undefined && acquired !== 0) return this.#hold(acquired);
    return this.#acquireSlowly(options, acquired);
  }

  /** The lock if it is free, else `undefined`. Never waits. */
  tryAcquire(): Guard | undefined {
    const acquired = this.#core.tryAcquire();
    return acquired === 0 ? undefined : this.#hold(acquired);
  }

  /**
   * Releases the lock, whoever holds it.
   *
   * @throws `LockStateError` when nobody does.
   */
  release(): void {
    const guard = this.#guard;
    this.#guard = undefined;
    if (guard !== undefined) endGuard(guard);
    if (this.#core.release()) return;
    throw new LockStateError(`Cannot release lock "${this.name}": nobody holds it`);
  }

  /** Runs `body` while holding the lock, which is released however the body ends. */
  async run<T>(body: () => T | PromiseLike<T>, options?: WaitOptions): Promise<T> {
    if (typeof body !== "function")
      throw new TypeError("Cannot run under a lock: the body is not a function");
    using _guard = await this.acquire(options);
    return await body();
  }

  /** Whether somebody holds it. */
  get locked(): boolean {
    return this.#core.owner !== 0;
  }

  statistics(): LockStatistics {
    return { locked: this.locked, waiters: this.#core.waiters };
  }

  static {
    // Somebody else may hold it by now: another thread may have released it under this one.
    releaseFor = (lock, guard) => {
      if (lock.#guard !== guard) return;
      lock.#guard = undefined;
      lock.#core.releaseOwn();
    };
  }

  #acquireSlowly(options: WaitOptions | undefined, first: Acquired): Guard {
    let acquired = first;
    try {
      const checked = checkWaitOptions(options, "Lock.acquireSync()");
      checked.signal?.throwIfAborted();
      for (let spins = SPINS; acquired === 0 && spins > 0; spins--) {
        this.#thread.heap.pause();
        acquired = this.#core.tryAcquire();
      }
      if (acquired === 0) acquired = this.#thread.waits.block(this.#core, 0, checked);
    } catch (error) {
      if (acquired !== 0) this.#core.release();
      throw error;
    }
    return this.#hold(acquired);
  }

  #hold(acquired: Acquired): Guard {
    return (this.#guard = new LockGuard(this, acquired === FROM_THE_DEAD));
  }
}

class LockGuard implements Guard {
  #lock: Lock | undefined;
  readonly abandoned: boolean;

  constructor(lock: Lock, abandoned: boolean) {
    this.#lock = lock;
    this.abandoned = abandoned;
  }

  static {
    endGuard = (guard) => (guard.#lock = undefined);
  }

  get held(): boolean {
    return this.#lock !== undefined;
  }

  release(): void {
    const lock = this.#lock;
    if (lock === undefined) return;
    this.#lock = undefined;
    releaseFor(lock, this);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

registerShared(Lock, { kind: ObjectKind.LOCK, name: "Lock", version: 1, sizeBytes: LOCK_BYTES });
