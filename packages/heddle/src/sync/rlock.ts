/**
 * The lock that its owner may acquire again.
 *
 * @packageDocumentation
 */
import { cores } from "./cores-later.ts";
import { throwIfCancelled, unheard } from "../scopes/index.ts";
import { currentOwner } from "./current-owner.ts";
import { LockStateError } from "./errors.ts";
import type { Guard } from "./guard.ts";
import {
  acquire,
  type Acquiring,
  type Blocking,
  acquireSync,
  heldBy,
  type Holder,
  runHolding,
  type Suspended,
} from "./holder.ts";
import type { LockStatistics } from "./lock.ts";
import { type Acquired, FROM_THE_DEAD } from "./lock-words.ts";
import { ObjectKind } from "./object-kinds.ts";
import { knownHere } from "./objects/known-here.ts";
import {
  addressOf,
  reachOf,
  registerShared,
  SharedObject,
  type SharedOptions,
  threadOf,
} from "./objects/shared-object.ts";
import type { RLockCore } from "./rlock-core.ts";
import { registerReclaim } from "./waiting/reclaims.ts";
import type { ThisThread } from "./waiting/this-thread.ts";
import type { WaitOptions } from "./waiting/waits.ts";

/** What a reentrant lock knows of itself at one moment; other threads may have changed it since. */
export interface RLockStatistics extends LockStatistics {
  /** How often its owner has acquired it. */
  readonly depth: number;
}

/** The lock as this thread holds it, for conditions. */
export let holderOfRLock: (lock: RLock) => Holder;

/** As `acquire`, but outside of tasks each call is one owner: flows of one thread wait for each other. */
export let acquireAsFlow: (lock: RLock, options: WaitOptions | undefined) => Promise<Guard>;

/** As `acquireSync`, for the condition that has made the lock. */
export let acquireForCondition: (lock: RLock, options: WaitOptions | undefined) => Guard;

/**
 * A lock whose owner may acquire it again, and has released it once it did so as often.
 *
 * The owner is the task that acquired it, as each call of an executor is one, or the thread if no task did: outside of
 * tasks all that runs in one thread is one owner, so flows of one thread that are to exclude each other need tasks, or a
 * {@link Lock}. Only the owner can release it. A lock whose owner ended, or was terminated, passes to the next one, with
 * `guard.abandoned`.
 *
 * @remarks
 * Fairness and cancel safety: as {@link Lock}. The owner never waits to acquire again.
 *
 * @example
 * ```ts
 * import { RLock } from "heddle";
 *
 * const lock = new RLock();
 * const outer = lock.acquireSync();
 * {
 *   using inner = lock.acquireSync();
 *   lock.statistics().depth; // => 2
 * }
 * outer.release();
 * lock.locked; // => false
 * ```
 */
export class RLock extends SharedObject {
  readonly #thread: ThisThread;
  readonly #holder: RLockHolder;

  constructor(options?: SharedOptions) {
    super(options);
    this.#thread = threadOf(this);
    this.#holder = knownHere(this, () => new RLockHolder(this, this.#thread));
  }

  /**
   * Waits until the lock is this caller's, without blocking the thread.
   *
   * @throws `TimeoutError`, or the reason of the signal or of the scope around, when the wait ends early; the lock is
   * as it was.
   */
  acquire(options?: WaitOptions): Promise<Guard> {
    return acquire(this.#thread, this.#holder, options);
  }

  /** As `acquire`, blocking the thread: its event loop stands still meanwhile. */
  acquireSync(options?: WaitOptions): Guard {
    throwIfCancelled();
    const guard = options === undefined ? this.#holder.tryAcquire() : undefined;
    return guard ?? acquireSync(this.#thread, this.#holder, options);
  }

  /** The lock if it is free, or the caller's already, else `undefined`. Never waits. */
  tryAcquire(): Guard | undefined {
    return this.#holder.tryAcquire();
  }

  /**
   * Releases the latest acquire that is not released yet.
   *
   * @throws `LockStateError` when the caller does not hold the lock.
   */
  release(): void {
    this.#holder.release();
  }

  /** Runs `body` while holding the lock, which is released however the body ends. */
  run<T>(body: () => T | PromiseLike<T>, options?: WaitOptions): Promise<T> {
    return unheard(runHolding(() => this.acquire(options), body, "RLock.run()"));
  }

  /** Whether somebody holds it. */
  get locked(): boolean {
    return this.#holder.core.owner !== 0;
  }

  /** Whether and how often it is held, and how many wait, at this moment. */
  statistics(): RLockStatistics {
    const { waiters, depth } = this.#holder.core;
    return { ...heldBy(this, this.#holder.core), waiters, depth };
  }

  static {
    holderOfRLock = (lock) => lock.#holder;
    acquireAsFlow = (lock, options) => acquire(lock.#thread, lock.#holder.forFlows, options);
    acquireForCondition = (lock, options) => {
      throwIfCancelled();
      const guard = options === undefined ? lock.#holder.tryAcquire() : undefined;
      return guard ?? acquireSync(lock.#thread, new ConditionOfRLock(lock.#holder), options);
    };
  }
}

/** The guards of this thread that hold the lock, the innermost last. */
class RLockHolder implements Holder {
  readonly operation = "RLock.acquire()";
  readonly operationSync = "RLock.acquireSync()";
  readonly core: RLockCore;
  readonly forFlows: Acquiring = new FlowsOfRLock(this);
  /** It must live as long as its guards and waits do. */
  readonly #lock: RLock;
  #guards: RLockGuard[] = [];

  constructor(lock: RLock, { monitor }: ThisThread) {
    this.#lock = lock;
    this.core = new (cores().RLockCore)(monitor, addressOf(lock), reachOf(lock));
  }

  get object(): number {
    return addressOf(this.#lock);
  }

  get isHeld(): boolean {
    return this.core.isMine;
  }

  isHolding(guard: RLockGuard): boolean {
    return this.#guards.includes(guard);
  }

  tryAcquire(): RLockGuard | undefined {
    return this.hold(this.core.tryAcquire());
  }

  /** The guard of an acquire that was tried. */
  hold(how: Acquired): RLockGuard | undefined {
    return how === 0 ? undefined : this.#hold(how === FROM_THE_DEAD);
  }

  enlist(node: number): boolean {
    return this.core.enlist(node);
  }

  pump(): boolean {
    return this.core.pump();
  }

  collect(node: number): RLockGuard {
    return this.#hold(this.core.collect(node) === FROM_THE_DEAD);
  }

  release(): void {
    this.#releaseOnce();
    this.#guards.pop();
  }

  releaseBy(guard: RLockGuard): void {
    const index = this.#guards.lastIndexOf(guard);
    if (index < 0) return;
    this.#releaseOnce();
    this.#guards.splice(index, 1);
  }

  suspend(): Suspended {
    const guards = this.#guards;
    this.#guards = [];
    return guards;
  }

  resume(suspended: Suspended, node: number): void {
    const abandoned = this.core.collect(node) === FROM_THE_DEAD;
    const guards = suspended as RLockGuard[];
    for (const guard of guards) guard.resume(abandoned);
    this.#guards = [...guards, ...this.#guards];
  }

  #hold(abandoned: boolean): RLockGuard {
    const guard = new RLockGuard(this, abandoned);
    this.#guards.push(guard);
    return guard;
  }

  #releaseOnce(): void {
    const { core } = this;
    if (core.releaseOnce()) return;
    const found = core.owner === 0 ? "nobody holds it" : "another task or thread holds it";
    throw new LockStateError(`Cannot release reentrant lock "${this.#lock.name}": ${found}`);
  }
}

/** Where a condition that has made the lock acquires it: what goes wrong there is told of the condition. */
class ConditionOfRLock implements Blocking {
  readonly operation = "Condition.acquire()";
  readonly operationSync = "Condition.acquireSync()";
  readonly holder: RLockHolder;

  constructor(holder: RLockHolder) {
    this.holder = holder;
  }

  get object(): number {
    return this.holder.object;
  }

  tryAcquire(): Guard | undefined {
    return this.holder.tryAcquire();
  }

  enlist(node: number): boolean {
    return this.holder.enlist(node);
  }

  pump(): boolean {
    return this.holder.pump();
  }

  collect(node: number): Guard {
    return this.holder.collect(node);
  }
}

/** Where flows of one thread acquire it that are to wait for each other. Within a task they are one owner all the same. */
class FlowsOfRLock extends ConditionOfRLock {
  override tryAcquire(): Guard | undefined {
    const { core } = this.holder;
    return this.holder.hold(currentOwner() === 0 ? core.tryAcquireAnew() : core.tryAcquire());
  }

  override enlist(node: number): boolean {
    const { core } = this.holder;
    return currentOwner() === 0 ? core.enlistAnew(node) : core.enlist(node);
  }
}

class RLockGuard implements Guard {
  readonly #holder: RLockHolder;
  #abandoned: boolean;

  constructor(holder: RLockHolder, abandoned: boolean) {
    this.#holder = holder;
    this.#abandoned = abandoned;
  }

  get held(): boolean {
    return this.#holder.isHolding(this);
  }

  get abandoned(): boolean {
    return this.#abandoned;
  }

  resume(abandoned: boolean): void {
    this.#abandoned = abandoned;
  }

  release(): void {
    this.#holder.releaseBy(this);
  }

  [Symbol.dispose](): void {
    this.#holder.releaseBy(this);
  }
}

registerShared(RLock, {
  kind: ObjectKind.RLOCK,
  name: "RLock",
  version: 1,
  get sizeBytes() {
    return cores().RLOCK_BYTES;
  },
});
registerReclaim(ObjectKind.RLOCK, (monitor, object, node) =>
  new (cores().RLockCore)(monitor, object).reclaim(node),
);
