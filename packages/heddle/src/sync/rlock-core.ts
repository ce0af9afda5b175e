/**
 * Mutual exclusion that its owner may enter again.
 *
 * @packageDocumentation
 */
import type { Words } from "#heap";
import { currentOwner } from "./current-owner.ts";
import { LOCK_BYTES, LockCore } from "./lock-core.ts";
import { type Acquired, AS_LEFT } from "./lock-words.ts";
import type { Reach } from "./objects/reach.ts";
import type { Monitor } from "./waiting/monitor.ts";
import { CELL, WANT } from "./waiting/node.ts";

const TASK = LOCK_BYTES;
const DEPTH = LOCK_BYTES + 4;
export const RLOCK_BYTES: number = DEPTH + 4;

/** In a node: how often its owner is to hold the lock. */
const WANTED_DEPTH = CELL;

/** No task has this number. */
const NOBODY = -1;

/**
 * A {@link LockCore} whose owner is a task of a thread, or the thread outside of tasks, and which counts.
 *
 * ```text
 * bytes  name   values                                          written by
 * 32     task   which task of the owning thread holds it; 0     the owner; gate holders for the next owner
 *               for the thread outside of tasks
 * 36     depth  how often it was acquired                       the same
 * ```
 *
 * - R1: task and depth mean something only while somebody owns the lock. They are written by the owner, and, with the
 *   state, by who makes another thread the owner.
 * - R2: a thread that finds itself in the state without the gate may see a section that is undone later. So it believes
 *   what it remembers itself, or looks within the gate.
 */
export class RLockCore extends LockCore {
  readonly #words: Words;
  readonly #monitor: Monitor;
  /** The task of this thread that holds the lock, if the thread has taken it or has seen that it was given. */
  #task = NOBODY;

  constructor(monitor: Monitor, object: number, reach?: Reach) {
    super(monitor, object, { operation: "RLock.acquire()", ...(reach && { reach }) });
    this.#words = monitor.words;
    this.#monitor = monitor;
  }

  /** How often its owner has acquired it; 0 if nobody has. */
  get depth(): number {
    return this.owner === 0 ? 0 : this.#words.load(this.object + DEPTH);
  }

  /** Whether the task that runs now holds it. */
  get isMine(): boolean {
    return this.#task === currentOwner() || (this.#task === NOBODY && this.isOwn && this.#look());
  }

  /** R2. For what was granted and not seen yet, and for a handle that was lost and found again. */
  #look(): boolean {
    this.#monitor.enter(this.object);
    const isMine = this.#lookInSection();
    this.#monitor.leave();
    return isMine;
  }

  #lookInSection(): boolean {
    const task = currentOwner();
    const isMine = this.isOwn && this.#monitor.read(this.object + TASK) === task;
    if (isMine) this.#task = task;
    return isMine;
  }

  override tryAcquire(): Acquired {
    return this.isMine ? this.#deepen() : this.tryAcquireAnew();
  }

  /** As `tryAcquire`, for a flow of the owner that is to wait for the others. */
  tryAcquireAnew(): Acquired {
    const how = super.tryAcquire();
    if (how !== 0) this.#begin();
    return how;
  }

  override enlist(node: number): boolean {
    if (!this.#lookInSection()) return this.enlistAnew(node);
    this.answerAtOnce(node, this.#deepen());
    return true;
  }

  /** As `enlist`, for a flow of the owner that is to wait for the others. */
  enlistAnew(node: number): boolean {
    const monitor = this.#monitor;
    monitor.poke(node + WANT, currentOwner());
    monitor.poke(node + WANTED_DEPTH, 1);
    const isDone = super.enlist(node);
    if (isDone) this.#begin();
    return isDone;
  }

  override collect(node: number): Acquired {
    if (this.isOwn && this.turn === this.turnOf(node)) this.#task = this.#words.peek(this.object + TASK);
    return super.collect(node);
  }

  /** Releases one of as many acquires. False, and nothing happens, if it is not the task that runs now that holds it. */
  releaseOnce(): boolean {
    if (!this.isMine) return false;
    const depth = this.#words.peek(this.object + DEPTH);
    if (depth > 1) {
      this.#words.poke(this.object + DEPTH, depth - 1);
      return true;
    }
    this.#task = NOBODY;
    return this.releaseOwn(this.turn);
  }

  override giveUp(node: number): void {
    const monitor = this.#monitor;
    monitor.poke(node + WANT, this.#task);
    monitor.poke(node + WANTED_DEPTH, monitor.read(this.object + DEPTH));
    this.#task = NOBODY;
    super.giveUp(node);
  }

  /** R1. */
  override granted(node: number): void {
    const monitor = this.#monitor;
    monitor.write(this.object + TASK, monitor.read(node + WANT));
    monitor.write(this.object + DEPTH, monitor.read(node + WANTED_DEPTH));
  }

  #begin(): void {
    this.#task = currentOwner();
    this.#words.poke(this.object + TASK, this.#task);
    this.#words.poke(this.object + DEPTH, 1);
  }

  #deepen(): Acquired {
    this.#words.poke(this.object + DEPTH, this.#words.peek(this.object + DEPTH) + 1);
    return AS_LEFT;
  }
}
