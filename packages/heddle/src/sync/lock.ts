/**
 * The lock that users have.
 *
 * @packageDocumentation
 */
import { cores } from "./cores-later.ts";
import { throwIfCancelled, unheard } from "../scopes/index.ts";
import { LockStateError } from "./errors.ts";
import type { Guard } from "./guard.ts";
import { acquire, acquireSync, heldBy, type Holder, runHolding, type Suspended } from "./holder.ts";
import type { LockCore } from "./lock-core.ts";
import { FROM_THE_DEAD } from "./lock-words.ts";
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
import { registerReclaim } from "./waiting/reclaims.ts";
import type { ThreadHolder } from "./who-holds.ts";
import type { ThisThread } from "./waiting/this-thread.ts";
import type { WaitOptions } from "./waiting/waits.ts";

/** What a lock knows of itself at one moment; other threads may have changed it since. */
export interface LockStatistics {
  readonly locked: boolean;
  /** Who holds it, if somebody does who is alive. */
  readonly holder?: ThreadHolder;
  /** How many wait. */
  readonly waiters: number;
}

/** The lock as this thread holds it, for conditions. */
export let holderOfLock: (lock: Lock) => Holder;

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
  readonly #holder: LockHolder;

  constructor(options?: SharedOptions) {
    super(options);
    this.#thread = threadOf(this);
    this.#holder = knownHere(this, () => new LockHolder(this, this.#thread));
  }

  /**
   * Waits until the lock is this caller's, without blocking the thread.
   *
   * @throws `TimeoutError`, or the reason of the signal or of the scope around, when the wait ends early; the lock is as
   * it was.
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

  /** The lock if it is free, else `undefined`. Never waits. */
  tryAcquire(): Guard | undefined {
    return this.#holder.tryAcquire();
  }

  /**
   * Releases the lock, whoever holds it.
   *
   * @throws `LockStateError` when nobody does.
   */
  release(): void {
    if (this.#holder.release()) return;
    throw new LockStateError(`Cannot release lock "${this.name}": nobody holds it`);
  }

  /** Runs `body` while holding the lock, which is released however the body ends. */
  run<T>(body: () => T | PromiseLike<T>, options?: WaitOptions): Promise<T> {
    return unheard(runHolding(() => this.acquire(options), body, "Lock.run()"));
  }

  /** Whether somebody holds it. */
  get locked(): boolean {
    return this.#holder.core.owner !== 0;
  }

  /** Whether it is held, and how many wait, at this moment. */
  statistics(): LockStatistics {
    return { ...heldBy(this, this.#holder.core), waiters: this.#holder.core.waiters };
  }

  static {
    holderOfLock = (lock) => lock.#holder;
  }
}

/** Which guard holds the lock, if one of this thread does. */
class LockHolder implements Holder {
  readonly operation = "Lock.acquire()";
  readonly operationSync = "Lock.acquireSync()";
  readonly core: LockCore;
  /** It must live as long as its guards and waits do. */
  readonly #lock: Lock;
  /** The one of the latest acquire, until it is released. */
  #guard: LockGuard | undefined;

  constructor(lock: Lock, { monitor }: ThisThread) {
    this.#lock = lock;
    this.core = new (cores().LockCore)(monitor, addressOf(lock), { reach: reachOf(lock) });
  }

  get object(): number {
    return addressOf(this.#lock);
  }

  get isHeld(): boolean {
    const guard = this.#guard;
    return guard === undefined ? this.core.isOwn : this.isHolding(guard);
  }

  /** Another thread may have released it, and another guard may have it since. */
  isHolding(guard: LockGuard): boolean {
    return this.#guard === guard && this.core.isOwn && this.core.turn === guard.turn;
  }

  tryAcquire(): LockGuard | undefined {
    const { core } = this;
    const how = core.tryAcquire();
    return how === 0 ? undefined : (this.#guard = new LockGuard(this, core.turn, how === FROM_THE_DEAD));
  }

  enlist(node: number): boolean {
    return this.core.enlist(node);
  }

  pump(): boolean {
    return this.core.pump();
  }

  collect(node: number): LockGuard {
    const { core } = this;
    return this.#adopt(new LockGuard(this, core.turnOf(node), core.collect(node) === FROM_THE_DEAD));
  }

  /** Whoever holds it. */
  release(): boolean {
    this.#guard = undefined;
    return this.core.release();
  }

  releaseBy(guard: LockGuard): void {
    if (this.#guard !== guard) return;
    this.#guard = undefined;
    this.core.releaseOwn(guard.turn);
  }

  suspend(): Suspended {
    const guard = this.#guard;
    this.#guard = undefined;
    return guard === undefined ? [] : [guard];
  }

  resume([guard]: Suspended, node: number): void {
    if (guard === undefined) {
      this.collect(node);
      return;
    }
    const resumed = guard as LockGuard;
    resumed.resume(this.core.turnOf(node), this.core.collect(node) === FROM_THE_DEAD);
    this.#adopt(resumed);
  }

  /** A lock that was granted may have been released before its guard came to be: then it holds nothing. */
  #adopt(guard: LockGuard): LockGuard {
    if (this.core.turn === guard.turn) this.#guard = guard;
    return guard;
  }
}

class LockGuard implements Guard {
  readonly #holder: LockHolder;
  /** Of the lock, while it is held by this guard. */
  #turn: number;
  #abandoned: boolean;

  constructor(holder: LockHolder, turn: number, abandoned: boolean) {
    this.#holder = holder;
    this.#turn = turn;
    this.#abandoned = abandoned;
  }

  get turn(): number {
    return this.#turn;
  }

  get held(): boolean {
    return this.#holder.isHolding(this);
  }

  get abandoned(): boolean {
    return this.#abandoned;
  }

  resume(turn: number, abandoned: boolean): void {
    this.#turn = turn;
    this.#abandoned = abandoned;
  }

  release(): void {
    this.#holder.releaseBy(this);
  }

  [Symbol.dispose](): void {
    this.#holder.releaseBy(this);
  }
}

registerShared(Lock, {
  kind: ObjectKind.LOCK,
  name: "Lock",
  version: 1,
  get sizeBytes() {
    return cores().LOCK_BYTES;
  },
});
registerReclaim(ObjectKind.LOCK, (monitor, object, node) =>
  new (cores().LockCore)(monitor, object).reclaim(node),
);
