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
import { type Acquired, AS_LEFT, FROM_THE_DEAD, NOTIFIED } from "./lock-words.ts";
import { type Reach, SHARED } from "./objects/reach.ts";
import type { Monitor } from "./waiting/monitor.ts";
import { ANSWER, CELL, NONE, OWNER } from "./waiting/node.ts";
import { append, firstOf, lengthOf, move, WAIT_LIST_BYTES } from "./waiting/wait-list.ts";
import type { Place } from "./waiting/waits.ts";

const STATE = FIRST_OWN;
const TURN = FIRST_OWN + 4;
const LINE = FIRST_OWN + 8;
export const LOCK_BYTES: number = LINE + WAIT_LIST_BYTES;

/** In a node that was granted the lock: the turn that it has. The word before is for who extends this. */
const GRANTED_TURN = CELL + 4;

/** In the state, beside the identity of the owner: somebody may wait. */
const WAITERS = 1;

const ownerOf = (state: number): number => state >>> 1;

/**
 * One lock, as one thread sees it.
 *
 * ```text
 * bytes  name   values                              written by
 * 16     state  owner's identity << 1 | WAITERS     any thread by CAS while WAITERS is not set; gate holders
 * 20     turn   how often it was released by the    gate holders
 *               way of the gate
 * 24     line   those who wait, see wait-list.ts    gate holders
 *
 *        tryAcquire          enlist of another      release: the next owner, while there is one
 * free ─────────────▶ held ────────────────▶ held, WAITERS ──┐
 *  ▲                   │ release              │  ▲ └─────────┘
 *  └───────────────────┴──────────────────────┘  release, with nobody in line
 * ```
 *
 * - L1: who changes the owner from 0, or from a thread that has ended, to itself owns the lock; or whom a release made
 *   the owner.
 * - L2: WAITERS is set before a node stands in line, and while it is set only gate holders change the state. It may be
 *   set while nobody waits, and even while nobody owns the lock: then a section has died, and who comes next goes on.
 * - L3: while somebody waits the lock is not free, so nobody overtakes those who stand in line.
 * - L4: a dead owner is noticed by who comes next, or, if somebody waits, by those when they are told to look.
 * - L5: a lock that was handed over keeps WAITERS until it is released. So without WAITERS the owner took the lock by
 *   itself; with it, the turn tells one hold of a thread from the next one of the same thread.
 * - L6: the lock becomes free by one CAS that is in no journal, after all that is: who finds it free may have it at once.
 * - L7: of a lock that only this thread knows the state is read and written plainly where nobody waits. All else is as
 *   always, so it does not matter when others come to know it.
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
  readonly #reach: Reach;

  constructor(
    monitor: Monitor,
    object: number,
    { operation = "Lock.acquire()", reach = SHARED }: { operation?: string; reach?: Reach } = {},
  ) {
    this.object = object;
    this.operation = operation;
    this.#reach = reach;
    this.#words = monitor.words;
    this.#monitor = monitor;
    this.#mine = monitor.identity << 1;
  }

  /** The identity of the thread that holds the lock; 0 for none. */
  get owner(): number {
    return ownerOf(this.#words.load(this.object + STATE));
  }

  /** Whether this thread is the owner. */
  get isOwn(): boolean {
    return this.owner === this.#monitor.identity;
  }

  /** Tells the holds of this thread apart: L5. */
  get turn(): number {
    return this.#words.load(this.object + TURN);
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
    const words = this.#words;
    const word = this.object + STATE;
    let state: number;
    if (this.#reach.isShared) state = words.compareExchange(word, 0, this.#mine);
    else if ((state = words.peek(word)) === 0) words.poke(word, this.#mine);
    return state === 0 ? AS_LEFT : this.#tryTakeOver(state);
  }

  /** L4. Only where nobody waits: those who wait come first. */
  #tryTakeOver(state: number): Acquired {
    const owner = ownerOf(state);
    if (owner !== 0 && this.#monitor.seats.isSeated(owner)) return 0;
    if ((state & WAITERS) !== 0) return this.#tryTakeOverLate();
    return this.#words.compareExchange(this.object + STATE, state, this.#mine) === state ? FROM_THE_DEAD : 0;
  }

  #tryTakeOverLate(): Acquired {
    this.#monitor.enter(this.object);
    const acquired = this.#takeOver();
    this.#monitor.leave();
    return acquired;
  }

  /** In a section: takes the lock that nobody who lives owns, if nobody waits for it. */
  #takeOver(): Acquired {
    const state = this.#words.load(this.object + STATE);
    const owner = ownerOf(state);
    if (owner !== 0 && this.#monitor.seats.isSeated(owner)) return 0;
    if (firstOf(this.#monitor, this.object + LINE) !== 0) return 0;
    if (this.#words.compareExchange(this.object + STATE, state, this.#mine) !== state) return 0;
    return owner === 0 ? AS_LEFT : FROM_THE_DEAD;
  }

  /** Releases what this thread has held since that turn. False, and nothing happens, if it does not hold that any more. */
  releaseOwn(turn: number): boolean {
    const mine = this.#mine;
    const words = this.#words;
    const word = this.object + STATE;
    let state: number;
    if (this.#reach.isShared) state = words.compareExchange(word, mine, 0);
    // L7.
    else if ((state = words.peek(word)) === mine) words.poke(word, 0);
    return state === mine || (state === (mine | WAITERS) && this.#releaseLate(turn));
  }

  /** Gives the lock to the next in line, whoever holds it. False, and nothing happens, if nobody does. */
  release(): boolean {
    const words = this.#words;
    const word = this.object + STATE;
    for (;;) {
      const state = words.load(word);
      if (ownerOf(state) === 0) return false;
      if ((state & WAITERS) !== 0) return this.#releaseLate(undefined);
      if (words.compareExchange(word, state, 0) === state) return true;
    }
  }

  #releaseLate(turn: number | undefined): boolean {
    const monitor = this.#monitor;
    monitor.enter(this.object);
    // Between the look and the gate somebody else may have released it.
    const isHeld = turn === undefined ? this.owner !== 0 : this.isOwn && this.turn === turn;
    if (isHeld) this.passOn(AS_LEFT);
    monitor.leave();
    return isHeld;
  }

  enlist(node: number): boolean {
    const acquired = this.#tryAcquireInSection();
    if (acquired !== 0) {
      this.answerAtOnce(node, acquired);
      return true;
    }
    this.#monitor.poke(node + NOTIFIED, 0);
    append(this.#monitor, this.object + LINE, node);
    this.pump();
    return false;
  }

  /** In a section: notes in a node that stands in no line how its thread has acquired the lock. */
  answerAtOnce(node: number, how: Acquired): void {
    this.#monitor.poke(node + NOTIFIED, 0);
    this.#monitor.poke(node + GRANTED_TURN, this.turn);
    this.#monitor.poke(node + ANSWER, how);
  }

  /** In a section: gives up what this thread holds for the time of a wait by a node, which is to get it back. */
  giveUp(_node: number): void {
    this.passOn(AS_LEFT);
  }

  /** L2. If it gives 0, then with WAITERS set. */
  #tryAcquireInSection(): Acquired {
    const word = this.object + STATE;
    for (;;) {
      const state = this.#words.compareExchange(word, 0, this.#mine);
      if (state === 0) return AS_LEFT;
      const acquired = this.#takeOver();
      if (acquired !== 0) return acquired;
      if ((state & WAITERS) !== 0) return 0;
      if (this.#words.compareExchange(word, state, state | WAITERS) === state) return 0;
    }
  }

  /** In a section: takes a node from another line into this one. */
  enlistFrom(node: number): void {
    // L2.
    const word = this.object + STATE;
    for (let state = this.#words.load(word); (state & WAITERS) === 0; state = this.#words.load(word)) {
      this.#words.compareExchange(word, state, state | WAITERS);
    }
    move(this.#monitor, node, this.object + LINE);
  }

  /** In a section: has the oldest in the line of a condition wait for this lock. False if there is none. */
  notifyFirst(line: number): boolean {
    const node = firstOf(this.#monitor, line);
    if (node === 0) return false;
    this.#monitor.write(node + NOTIFIED, line | 0);
    this.enlistFrom(node);
    return true;
  }

  /** Hands on what nobody owns, or a dead one. */
  pump(): boolean {
    const state = this.#words.load(this.object + STATE);
    if ((state & WAITERS) === 0) return false;
    const owner = ownerOf(state);
    if (owner === 0) this.passOn(AS_LEFT);
    else if (!this.#monitor.seats.isSeated(owner)) this.passOn(FROM_THE_DEAD);
    return false;
  }

  collect(node: number): Acquired {
    return this.#words.peek(node + ANSWER) as Acquired;
  }

  /** The turn that a granted node has. */
  turnOf(node: number): number {
    return this.#words.peek(node + GRANTED_TURN);
  }

  /** In a section: takes back what a thread was granted, or notified of, that did not live to see it. */
  reclaim(node: number): void {
    const monitor = this.#monitor;
    const notified = monitor.read(node + NOTIFIED) >>> 0;
    if (notified !== 0) this.notifyFirst(notified);
    const isHeld = this.owner === monitor.read(node + OWNER) >>> 1;
    const isGranted = monitor.read(node + ANSWER) !== NONE;
    if (isGranted && isHeld && this.turn === monitor.read(node + GRANTED_TURN)) {
      this.passOn(monitor.read(node + ANSWER) as Acquired);
    }
  }

  /** In a section: makes the oldest in line the owner; with nobody in line the lock is free. */
  passOn(how: Acquired): void {
    const monitor = this.#monitor;
    const word = this.object + STATE;
    const turn = (this.turn + 1) | 0;
    const { owner } = this;
    for (;;) {
      const node = firstOf(monitor, this.object + LINE);
      if (node === 0) break;
      if (!monitor.grant(node, how)) continue;
      monitor.store(this.object + TURN, turn);
      // L5.
      monitor.store(word, (monitor.read(node + OWNER) & ~1) | WAITERS);
      monitor.write(node + GRANTED_TURN, turn);
      this.granted(node);
      return;
    }
    // A dead owner stays one until somebody takes over: L4.
    if (how === FROM_THE_DEAD) return;
    monitor.store(this.object + TURN, turn);
    // L6.
    const words = this.#words;
    for (let state = words.load(word); ownerOf(state) === owner; state = words.load(word)) {
      if (words.compareExchange(word, state, 0) === state) return;
    }
  }

  /** In the section that makes a node's thread the owner. */
  granted(_node: number): void {}
}
