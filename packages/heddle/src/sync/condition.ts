/**
 * The condition that users have.
 *
 * @packageDocumentation
 */
import { inspect } from "node:util";
import { claimOn, giveUpClaim, type Heap, HeldKind, type JoinedHeap, takeClaim, TimeoutError } from "#heap";
import { currentContext, isThenable, unheard } from "../scopes/index.ts";
import { CONDITION_BYTES, ConditionCore, LOCK, OWN_LOCK } from "./condition-core.ts";
import { LockStateError } from "./errors.ts";
import type { Guard } from "./guard.ts";
import type { Holder, Suspended } from "./holder.ts";
import { holderOfLock, Lock } from "./lock.ts";
import { ObjectKind } from "./object-kinds.ts";
import { KIND } from "./objects/header.ts";
import {
  addressOf,
  existing,
  heapOf,
  publish,
  registerShared,
  SharedObject,
  type SharedOptions,
  threadOf,
} from "./objects/shared-object.ts";
import { acquireAsFlow, acquireForCondition, holderOfRLock, RLock } from "./rlock.ts";
import { checkWaitOptions } from "./wait-options.ts";
import type { ThisThread } from "./waiting/this-thread.ts";
import type { Place, WaitOptions } from "./waiting/waits.ts";

/** What a condition knows of itself at one moment; other threads may have changed it since. */
export interface ConditionStatistics {
  /** Whether somebody holds its lock. */
  readonly locked: boolean;
  /** How many wait for a notify. */
  readonly waiters: number;
}

/**
 * Lets those who hold a lock wait for something that others do while they hold it.
 *
 * A wait gives the lock up, and has it again before it returns or throws, as often as it was acquired before. The lock
 * can be shared by several conditions. Without one the condition makes its own, an {@link RLock}: its owner is the task or,
 * outside of tasks, the thread, which may acquire it again by `acquireSync` and `tryAcquire`. `acquire` outside of tasks waits for
 * other flows of the thread that hold it, so do not call it again while you do.
 *
 * @remarks
 * Wake-ups: only by a notify, a timeout or an abort; the oldest wait first. Others may have acquired the lock before the
 * one that was notified, and may have changed what it waits for: {@link Condition.waitFor} looks again.
 * Cancel safety: a wait that ends early swallows no notify, and one that was notified before it was aborted returns. It
 * holds the lock also when it throws, and waits for that without a limit.
 * If the thread of a wait that was notified is terminated before it has the lock, the next one is notified in its place. One
 * that is terminated while it has the lock leaves that abandoned: who gets it next looks after what was promised.
 *
 * @example
 * ```ts
 * import { Condition } from "heddle";
 *
 * const ready = new Condition();
 * let value: string | undefined;
 *
 * async function read(): Promise<string | undefined> {
 *   using _held = await ready.acquire();
 *   return await ready.waitFor(() => value);
 * }
 *
 * const reading = read();
 * {
 *   using _held = await ready.acquire();
 *   value = "here";
 *   ready.notify();
 * }
 * await reading; // => "here"
 * ```
 */
export class Condition extends SharedObject {
  readonly #thread: ThisThread;
  readonly #lock: Lock | RLock;
  readonly #hasOwnLock: boolean;
  readonly #holder: Holder;
  readonly #core: ConditionCore;

  constructor(lock?: Lock | RLock, options?: SharedOptions) {
    let own = lock;
    super(options, (heap, address) => {
      if (own !== undefined && !(own instanceof Lock || own instanceof RLock)) {
        throw new TypeError(
          `Cannot make a Condition: its lock must be a Lock or an RLock, or undefined for one of its own, and is ` +
            inspect(own, { depth: 0, breakLength: Infinity }),
        );
      }
      own ??= new RLock({ heap: options?.heap });
      if (heapOf(own) !== heap) {
        throw new TypeError(
          `Cannot make a Condition: its lock "${own.name}" is kept in another heap; make both in one`,
        );
      }
      // Who gets the condition gets its lock.
      const lockAddress = publish(own);
      takeClaim(heap, claimOn(HeldKind.OBJECT, lockAddress));
      heap.poke(address + LOCK, lockAddress | (lock === undefined ? OWN_LOCK : 0));
    });
    this.#thread = threadOf(this);
    this.#lock = lockOf(this.#thread.heap, addressOf(this), own);
    this.#hasOwnLock = (this.#thread.heap.peek(addressOf(this) + LOCK) & OWN_LOCK) !== 0;
    this.#holder = this.#lock instanceof Lock ? holderOfLock(this.#lock) : holderOfRLock(this.#lock);
    this.#core = new ConditionCore(this.#thread.monitor, addressOf(this), this.#holder.core);
  }

  /**
   * Acquires its lock, without blocking the thread. If the condition has made that, and this is no task, it waits also for other flows
   * of this thread that hold the lock.
   */
  acquire(options?: WaitOptions): Promise<Guard> {
    const lock = this.#lock;
    return this.#hasOwnLock ? acquireAsFlow(lock as RLock, options) : lock.acquire(options);
  }

  /** Acquires its lock, blocking the thread. */
  acquireSync(options?: WaitOptions): Guard {
    const lock = this.#lock;
    return this.#hasOwnLock ? acquireForCondition(lock as RLock, options) : lock.acquireSync(options);
  }

  /** Acquires its lock if that does not need waiting. */
  tryAcquire(): Guard | undefined {
    return this.#lock.tryAcquire();
  }

  /** Releases its lock. */
  release(): void {
    this.#lock.release();
  }

  /**
   * Gives the lock up, waits for a notify, and acquires the lock again, without blocking the thread.
   *
   * @throws `LockStateError` when the caller does not hold the lock. `TimeoutError`, or the reason of the signal or of
   * the scope around, when the wait ends early; the caller holds the lock then as well.
   */
  wait(options?: WaitOptions): Promise<void> {
    return unheard(this.#wait(options));
  }

  async #wait(options: WaitOptions | undefined): Promise<void> {
    const operation = "Condition.wait()";
    const checked = checkWaitOptions(options, operation);
    this.#checkHeld("wait for");
    const inTime = await this.#thread.waits.promise(this.#place(operation, checked), 0, checked);
    if (!inTime) throw new TimeoutError(operation, checked.timeoutMs!);
  }

  /** As `wait`, blocking the thread: its event loop stands still meanwhile. */
  waitSync(options?: WaitOptions): void {
    const operation = "Condition.waitSync()";
    const checked = checkWaitOptions(options, operation);
    this.#checkHeld("wait for");
    const inTime = this.#thread.waits.block(this.#place(operation, checked), 0, checked);
    if (!inTime) throw new TimeoutError(operation, checked.timeoutMs!);
  }

  /**
   * Waits until the predicate gives something true, and gives that. It is called with the lock held, at once and after each
   * notify.
   *
   * @throws As {@link Condition.wait}, and what the predicate throws; the caller holds the lock then as well.
   */
  waitFor<T>(predicate: () => T, options?: WaitOptions): Promise<T> {
    return unheard(this.#waitFor(predicate, options));
  }

  async #waitFor<T>(predicate: () => T, options: WaitOptions | undefined): Promise<T> {
    const search = this.#search("Condition.waitFor()", predicate, options);
    const { operation } = search;
    while (!search.look()) {
      this.#checkHeld("wait for");
      const limits = search.limits();
      search.inTime = await this.#thread.waits.promise(this.#place(operation, limits), 0, limits);
    }
    return search.found;
  }

  /** As `waitFor`, blocking the thread: its event loop stands still meanwhile. */
  waitForSync<T>(predicate: () => T, options?: WaitOptions): T {
    const search = this.#search("Condition.waitForSync()", predicate, options);
    const { operation } = search;
    while (!search.look()) {
      this.#checkHeld("wait for");
      const limits = search.limits();
      search.inTime = this.#thread.waits.block(this.#place(operation, limits), 0, limits);
    }
    return search.found;
  }

  /**
   * Wakes so many of those who wait at this moment, or all if there are fewer; the oldest first. They go on when they have
   * the lock, so after the caller has released it.
   *
   * @throws `LockStateError` when the caller does not hold the lock. `RangeError` when `n` is no whole number, or below 0.
   */
  notify(n: number = 1): void {
    if (typeof n !== "number") {
      throw new TypeError(`Cannot notify condition "${this.name}": n must be a number, and is ${String(n)}`);
    }
    if (!Number.isInteger(n) || n < 0) {
      throw new RangeError(
        `Cannot notify condition "${this.name}": n must be a whole number, 0 or more, and is ${n}`,
      );
    }
    this.#checkHeld("notify");
    this.#core.notify(n);
  }

  /** Wakes all who wait at this moment. */
  notifyAll(): void {
    this.#checkHeld("notify");
    this.#core.notify(Infinity);
  }

  /** Whether its lock is held, and how many wait, at this moment. */
  statistics(): ConditionStatistics {
    return { locked: this.#lock.locked, waiters: this.#core.waiters };
  }

  #checkHeld(verb: string): void {
    if (this.#holder.isHeld) return;
    throw new LockStateError(
      `Cannot ${verb} condition "${this.name}": the caller does not hold its lock; acquire it first`,
    );
  }

  #place(operation: string, { signal }: WaitOptions): NotifyPlace {
    return new NotifyPlace(this, { core: this.#core, holder: this.#holder, operation, signal });
  }

  #search<T>(operation: string, predicate: () => T, options: WaitOptions | undefined): Search<T> {
    const checked = checkWaitOptions(options, operation);
    if (typeof predicate !== "function") {
      throw new TypeError(
        `Cannot begin ${operation}: the predicate must be a function, and is ${String(predicate)}`,
      );
    }
    checked.signal?.throwIfAborted();
    return new Search(operation, predicate, checked);
  }
}

interface Notified {
  readonly core: ConditionCore;
  readonly holder: Holder;
  readonly operation: string;
  readonly signal: AbortSignal | undefined;
}

/** One wait for a notify. It gives whether that came in time. */
class NotifyPlace implements Place<boolean> {
  readonly object: number;
  readonly operation: string;
  readonly #core: ConditionCore;
  readonly #holder: Holder;
  readonly #signal: AbortSignal | undefined;
  /** Where it was begun: how it ends is told elsewhere. */
  readonly #scope = currentContext().scope;
  /** It must live as long as somebody waits for it. */
  readonly #condition: Condition;
  #suspended: Suspended = [];
  #end: "notified" | "expired" | "aborted" = "notified";

  constructor(condition: Condition, { core, holder, operation, signal }: Notified) {
    this.#condition = condition;
    this.object = holder.object;
    this.operation = operation;
    this.#core = core;
    this.#holder = holder;
    this.#signal = signal;
  }

  enlist(node: number): boolean {
    // Another thread may have released it since that was checked.
    if (!this.#holder.core.isOwn) {
      throw new LockStateError(`Cannot wait for condition "${this.#condition.name}": its lock was released`);
    }
    this.#core.enlist(node);
    this.#suspended = this.#holder.suspend();
    return false;
  }

  pump(): boolean {
    return this.#holder.pump();
  }

  /** Whoever waits leaves only with the lock. */
  withdraw(node: number, isTimeout: boolean): boolean {
    if (this.#core.expire(node)) this.#end = isTimeout ? "expired" : "aborted";
    return false;
  }

  collect(node: number): boolean {
    this.#holder.resume(this.#suspended, node);
    if (this.#end === "notified") return true;
    if (this.#signal?.aborted === true) throw this.#signal.reason;
    this.#scope?.look();
    if (this.#scope?.isCancelled === true) throw this.#scope.reason;
    return false;
  }
}

/** A wait until a predicate holds. */
class Search<T> {
  readonly operation: string;
  /** Whether the latest wait was notified before its time ran out. */
  inTime = true;
  found!: T;
  readonly #predicate: () => T;
  readonly #options: WaitOptions;
  readonly #deadline: number;

  constructor(operation: string, predicate: () => T, options: WaitOptions) {
    this.operation = operation;
    this.#predicate = predicate;
    this.#options = options;
    this.#deadline = performance.now() + (options.timeoutMs ?? Infinity);
  }

  /** Whether the predicate holds now. Throws `TimeoutError` if not, and the time has run out. */
  look(): boolean {
    const found = this.#predicate();
    if (isThenable(found)) {
      throw new TypeError(
        `Cannot go on with ${this.operation}: the predicate gave a promise, which is always true; give a value`,
      );
    }
    this.found = found;
    if (!found && !this.inTime) throw new TimeoutError(this.operation, this.#options.timeoutMs!);
    return Boolean(found);
  }

  /** For the next wait. */
  limits(): WaitOptions {
    const { timeoutMs, signal } = this.#options;
    if (timeoutMs === undefined) return this.#options;
    const leftMs = Math.max(0, this.#deadline - performance.now());
    return signal === undefined ? { timeoutMs: leftMs } : { timeoutMs: leftMs, signal };
  }
}

function lockAddressOf(heap: Heap, condition: number): number {
  return (heap.peek(condition + LOCK) & ~OWN_LOCK) >>> 0;
}

/** The lock of a condition: the one that it was made with, unless it was there before. */
function lockOf(heap: JoinedHeap, condition: number, own: Lock | RLock | undefined): Lock | RLock {
  const address = lockAddressOf(heap, condition);
  if (own !== undefined && addressOf(own) === address) return own;
  return heap.load(address + KIND) === ObjectKind.LOCK
    ? existing(Lock, address, heap)
    : existing(RLock, address, heap);
}

registerShared(Condition, {
  kind: ObjectKind.CONDITION,
  name: "Condition",
  version: 1,
  sizeBytes: CONDITION_BYTES,
  destroy: (heap, address) => giveUpClaim(heap, claimOn(HeldKind.OBJECT, lockAddressOf(heap, address))),
});
