/**
 * Mutual exclusion between threads, handed over in the order of asking.
 *
 * Source: U. Drepper, "Futexes Are Tricky" (2011), for the state that tells whether anybody waits.
 * Departs from it: a lock that somebody waits for is never free, it passes from owner to owner; and the owner is known,
 * so that a lock whose owner has died passes on.
 *
 * @packageDocumentation
 */
import type { Words } from "#heap";
import { FIRST_OWN } from "./objects/header.ts";
import type { Monitor } from "./waiting/monitor.ts";
import { ANSWER, OWNER } from "./waiting/node.ts";
import { append, firstOf, lengthOf, nodeAfter, WAIT_LIST_BYTES } from "./waiting/wait-list.ts";
import type { Place } from "./waiting/waits.ts";

const STATE = FIRST_OWN;
const LINE = FIRST_OWN + 4;
export const LOCK_BYTES: number = LINE + WAIT_LIST_BYTES;

/** In the state, beside the identity of the owner: somebody waits. */
const WAITERS = 1;
/** And: the owner before died without releasing it. */
const ABANDONED = 2;
const OWNER_SHIFT = 2;

const ownerOf = (state: number): number => state >>> OWNER_SHIFT;

/** How a lock was acquired; 0 for not at all. */
export type Acquired = 0 | typeof AS_LEFT | typeof FROM_THE_DEAD;
export const AS_LEFT = 1;
export const FROM_THE_DEAD = 2;

/**
 * One lock, as one thread sees it.
 *
 * ```text
 * bytes  name   values                                        written by
 * 16     state  owner's identity << 2 | ABANDONED | WAITERS   any thread by CAS while WAITERS is not set; gate holders
 * 20     line   those who wait, see wait-list.ts              gate holders
 *
 *        tryAcquire          enlist of another      release: the next owner, while there is one
 * free ─────────────▶ held ────────────────▶ held, WAITERS ──┐
 *  ▲                   │ release              │  ▲ └─────────┘
 *  └───────────────────┴──────────────────────┘  release, or the last withdraws: WAITERS is taken off
 * ```
 *
 * - L1: who changes the owner from 0, or from a thread that has ended, to itself owns the lock; or whom the owner before
 *   made the owner.
 * - L2: WAITERS is set before a node stands in line, and while it is set only gate holders change the state. It may be
 *   set while nobody waits.
 * - L3: while somebody waits the lock is not free, so nobody overtakes those who stand in line.
 * - L4: a dead owner is noticed by who comes next, or, if somebody waits, by those when they are told to look.
 *
 * Ordering: the next owner reads the word that the release wrote, so it sees all that was written before.
 * Progress: fair among those who stand in line. Who tries without waiting, or spins before it does, takes a free lock.
 */
export class LockCore implements Place<Acquired> {
  readonly object: number;
  readonly operation: string;
  readonly #words: Words;
  readonly #monitor: Monitor;
  readonly #mine: number;

  constructor(monitor: Monitor, object: number, operation = "Lock.acquire()") {
    this.object = object;
    this.operation = operation;
    this.#words = monitor.words;
    this.#monitor = monitor;
    this.#mine = monitor.identity << OWNER_SHIFT;
  }

  /** The identity of the thread that holds the lock; 0 for none. */
  get owner(): number {
    return ownerOf(this.#words.load(this.object + STATE));
  }

  /** How many stand in line. Cost: a step for each. */
  get waiters(): number {
    const monitor = this.#monitor;
    monitor.enter(this.object);
    const count = lengthOf(monitor, this.object + LINE);
    monitor.leave();
    return count;
  }

  tryAcquire(): Acquired {
    const state = this.#words.compareExchange(this.object + STATE, 0, this.#mine);
    return state === 0 ? AS_LEFT : this.#tryTakeOver(state);
  }

  /** L4. Only where nobody waits: those who wait come first. */
  #tryTakeOver(state: number): Acquired {
    if ((state & WAITERS) !== 0 || this.#monitor.seats.isSeated(ownerOf(state))) return 0;
    const taken = this.#mine | ABANDONED;
    return this.#words.compareExchange(this.object + STATE, state, taken) === state ? FROM_THE_DEAD : 0;
  }

  /** As `release`, if this thread holds it. */
  releaseOwn(): boolean {
    const words = this.#words;
    const state = words.compareExchange(this.object + STATE, this.#mine, 0);
    return state === this.#mine || (ownerOf(state) === this.#monitor.identity && this.release());
  }

  /** Gives the lock to the next in line. False, and nothing happens, if nobody holds it. */
  release(): boolean {
    const words = this.#words;
    const word = this.object + STATE;
    for (;;) {
      const state = words.load(word);
      if (ownerOf(state) === 0) return false;
      if ((state & WAITERS) !== 0) return this.#releaseToNext();
      if (words.compareExchange(word, state, 0) === state) return true;
    }
  }

  #releaseToNext(): boolean {
    const monitor = this.#monitor;
    monitor.enter(this.object);
    const state = this.#words.load(this.object + STATE);
    // Between the look and the gate somebody else may have released it.
    const isHeld = ownerOf(state) !== 0;
    if (isHeld) this.#handOver(0);
    monitor.leave();
    return isHeld;
  }

  enlist(node: number): boolean {
    const monitor = this.#monitor;
    const word = this.object + STATE;
    for (;;) {
      const acquired = this.tryAcquire();
      if (acquired !== 0) {
        monitor.poke(node + ANSWER, acquired);
        return true;
      }
      const state = this.#words.load(word);
      // L2.
      if ((state & WAITERS) !== 0) break;
      if (state !== 0 && this.#words.compareExchange(word, state, state | WAITERS) === state) break;
    }
    append(monitor, this.object + LINE, node);
    this.pump();
    return false;
  }

  /** Hands on what a dead owner holds, and takes WAITERS off when the line is empty. */
  pump(): boolean {
    const state = this.#words.load(this.object + STATE);
    if ((state & WAITERS) === 0) return false;
    if (!this.#monitor.seats.isSeated(ownerOf(state))) this.#handOver(ABANDONED);
    else if (firstOf(this.#monitor, this.object + LINE) === 0) {
      this.#monitor.store(this.object + STATE, state & ~WAITERS);
    }
    return false;
  }

  collect(node: number): Acquired {
    return this.#words.peek(node + ANSWER) as Acquired;
  }

  /** Makes the oldest in line the owner; with nobody in line the lock is free. */
  #handOver(abandoned: 0 | typeof ABANDONED): void {
    const monitor = this.#monitor;
    const word = this.object + STATE;
    const node = firstOf(monitor, this.object + LINE);
    if (node === 0) {
      // A dead owner stays one until somebody takes over: L4.
      monitor.store(word, abandoned === 0 ? 0 : this.#words.load(word) & ~WAITERS);
      return;
    }
    const identity = monitor.read(node + OWNER) >>> 1;
    const more = nodeAfter(monitor, node) === 0 ? 0 : WAITERS;
    monitor.store(word, (identity << OWNER_SHIFT) | abandoned | more);
    monitor.grant(node, abandoned === 0 ? AS_LEFT : FROM_THE_DEAD);
  }
}
