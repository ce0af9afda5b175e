/**
 * Waiting, without a lock, for what is done under it.
 *
 * Source: B. W. Lampson, D. D. Redell, "Experience with Processes and Monitors in Mesa" (1980).
 * Departs from it: who is notified is not woken, but moved into the line of the lock (as the futex requeue of Linux does),
 * and wakes when the lock is its own. So one notify is one wake, and what waits is never without the lock when it returns.
 *
 * @packageDocumentation
 */
import { FIRST_OWN } from "./objects/header.ts";
import type { LockCore } from "./lock-core.ts";
import { NOTIFIED } from "./lock-words.ts";
import type { Monitor } from "./waiting/monitor.ts";
import { LIST } from "./waiting/node.ts";
import { append, lengthOf, WAIT_LIST_BYTES } from "./waiting/wait-list.ts";

/** Where the address of its lock stands. */
export const LOCK: number = FIRST_OWN;
/** Beside that address: the condition has made the lock, and nobody else has a handle for it. */
export const OWN_LOCK = 1;
const LINE = FIRST_OWN + 4;
export const CONDITION_BYTES: number = LINE + WAIT_LIST_BYTES;

/** Moved in one section: each of them changes nine words. */
const MOVES_AT_ONCE = 32;

/**
 * One condition, as one thread sees it.
 *
 * ```text
 * bytes  name  values                                    written by
 * 16     lock  the address of its lock | OWN_LOCK?       its creator, once
 * 20     line  those who wait for a notify               who holds the gate of the lock
 *
 *       wait: in line, and the lock given up            notify, timeout, abort                the lock is handed over
 * owner ────────────────────────────────────▶ in the line ───────────────────▶ in the line ─────────────────────▶ owner
 *                                             of the condition                 of the lock
 * ```
 *
 * - C1: the line is changed within the gate of the lock, not of the condition, as a node has one gate all its wait long.
 * - C2: a node goes in line and gives the lock up in one section. So whoever acquires the lock after that finds it there.
 * - C3: a wait that runs out of time is one that was notified, but says so in the end. It is no longer in the line that a
 *   notify looks at, so it swallows none; and what was notified before it ran out of time counts as notified.
 * - C4: a node that was notified says from which line, until its owner has the lock. If that dies before, the next in that line
 *   is notified in its place.
 */
export class ConditionCore {
  readonly #monitor: Monitor;
  readonly #lock: LockCore;
  readonly #line: number;

  constructor(monitor: Monitor, object: number, lock: LockCore) {
    this.#monitor = monitor;
    this.#lock = lock;
    this.#line = object + LINE;
  }

  /** How many wait for a notify. Cost: a step for each. */
  get waiters(): number {
    const monitor = this.#monitor;
    monitor.enter(this.#lock.object);
    const count = lengthOf(monitor, this.#line);
    monitor.leave();
    return count;
  }

  /** C2. In a section on the lock, which this thread owns. */
  enlist(node: number): void {
    this.#monitor.poke(node + NOTIFIED, 0);
    append(this.#monitor, this.#line, node);
    this.#lock.giveUp(node);
  }

  /** C3. In a section on the lock. Gives whether the node was not notified before. */
  expire(node: number): boolean {
    if (this.#monitor.read(node + LIST) >>> 0 !== this.#line) return false;
    this.#lock.enlistFrom(node);
    return true;
  }

  /** For the owner of the lock: at most so many of those who wait now, the oldest first, get the lock in their turn. */
  notify(count: number): void {
    const monitor = this.#monitor;
    const lock = this.#lock;
    monitor.enter(lock.object);
    // Only between two sections could others come who are not meant.
    let left = count <= MOVES_AT_ONCE ? count : Math.min(count, lengthOf(monitor, this.#line));
    for (;;) {
      for (let moves = MOVES_AT_ONCE; left > 0 && moves > 0; left--, moves--) {
        if (!lock.notifyFirst(this.#line)) left = 0;
      }
      // Somebody else may have released the lock under its owner.
      lock.pump();
      if (left <= 0) break;
      monitor.goOn();
    }
    monitor.leave();
  }
}
