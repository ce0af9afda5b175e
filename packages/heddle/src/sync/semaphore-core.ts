/**
 * A number of permits, handed out in the order of asking.
 *
 * Source: E. W. Dijkstra, "Over seinpalen" (1965), for the thing; the state that tells whether anybody waits is that of
 * `LockCore`. Departs from them: one may ask for several permits at once, and then nobody behind is served before, even
 * if what is left would do.
 *
 * @packageDocumentation
 */
import type { Words } from "#heap";
import { FIRST_OWN } from "./objects/header.ts";
import type { Monitor } from "./waiting/monitor.ts";
import { ANSWER, NONE, WANT } from "./waiting/node.ts";
import { append, firstOf, lengthOf, WAIT_LIST_BYTES } from "./waiting/wait-list.ts";
import type { Place } from "./waiting/waits.ts";

const STATE = FIRST_OWN;
const LIMIT = FIRST_OWN + 4;
const LINE = FIRST_OWN + 8;
export const SEMAPHORE_BYTES: number = LINE + WAIT_LIST_BYTES;

/** In the state, beside the permits: somebody waits. */
const WAITERS = 1;

const permitsOf = (state: number): number => state >>> 1;

/** Writes a new semaphore. A release that would bring it above `limit` permits is refused. */
export function writeSemaphore(words: Words, object: number, permits: number, limit: number): void {
  words.poke(object + STATE, permits << 1);
  words.poke(object + LIMIT, limit);
}

/**
 * One semaphore, as one thread sees it.
 *
 * ```text
 * bytes  name   values                                   written by
 * 16     state  permits << 1 | WAITERS                   any thread by CAS while WAITERS is not set; gate holders
 * 20     limit  so many permits there can be at most     creator, once
 * 24     line   those who wait, see wait-list.ts; each   gate holders
 *               wants the number in its node's WANT
 *
 *          tryAcquire, release              enlist: not enough
 * no waiters ────┐                no waiters ────────────────▶ WAITERS ──┐ release: grants from the
 *     ▲          │                     ▲                          │  ▲   │ front while there is enough
 *     └──────────┘                     └──────────────────────────┘  └───┘
 *                            whoever next enters and finds the line empty
 * ```
 *
 * - S1: permits are handed out from the front of the line: while somebody waits, nobody takes any before him.
 * - S2: WAITERS is set before a node stands in line, and while it is set only gate holders change the state. It may be
 *   set while nobody waits.
 * - S3: WAITERS is taken off only by a section that has changed nothing else, so no undo overwrites what came after.
 * - S4: the state with the permits of a release in it is committed with the first of the waits that they are granted
 *   to. Who dies before the last one leaves the rest to those who wait, when they are told to look.
 *
 * Ordering: who acquires reads the word that a release wrote, so it sees what was written before that.
 * Progress: fair among those who stand in line. Who has permits and dies takes them along.
 */
export class SemaphoreCore implements Place<void> {
  readonly object: number;
  readonly operation: string;
  /** So many permits there can be at most. */
  readonly limit: number;
  readonly #words: Words;
  readonly #monitor: Monitor;

  constructor(monitor: Monitor, object: number, operation = "Semaphore.acquire()") {
    this.object = object;
    this.operation = operation;
    this.#words = monitor.words;
    this.#monitor = monitor;
    this.limit = monitor.words.peek(object + LIMIT);
  }

  /** How many permits are there for the taking. */
  get available(): number {
    return permitsOf(this.#words.load(this.object + STATE));
  }

  /** How many stand in line. Cost: a step for each. */
  get waiters(): number {
    const monitor = this.#monitor;
    monitor.enter(this.object);
    const count = lengthOf(monitor, this.object + LINE);
    monitor.leave();
    return count;
  }

  tryAcquire(permits: number): boolean {
    const words = this.#words;
    const word = this.object + STATE;
    for (let state = words.load(word); permitsOf(state) >= permits; state = words.load(word)) {
      if ((state & WAITERS) !== 0 && !this.#isFlagGone()) return false;
      if ((state & WAITERS) === 0 && words.compareExchange(word, state, state - (permits << 1)) === state) {
        return true;
      }
    }
    return false;
  }

  /** S2. There are permits, and still WAITERS is set: takes it off if nobody waits. */
  #isFlagGone(): boolean {
    this.#monitor.enter(this.object);
    this.pump();
    this.#monitor.leave();
    return (this.#words.load(this.object + STATE) & WAITERS) === 0;
  }

  /** Gives permits back, or new ones. False, and nothing happens, if there would be more than the limit. */
  release(permits: number): boolean {
    const words = this.#words;
    const word = this.object + STATE;
    for (let state = words.load(word); permitsOf(state) + permits <= this.limit; state = words.load(word)) {
      const isDone =
        (state & WAITERS) === 0
          ? words.compareExchange(word, state, state + (permits << 1)) === state
          : this.#releaseInside(permits);
      if (isDone) return true;
    }
    return false;
  }

  /** False, and nothing happens, if it is to be looked at again from the outside. */
  #releaseInside(permits: number): boolean {
    const monitor = this.#monitor;
    const word = this.object + STATE;
    monitor.enter(this.object);
    this.#takeFlagOff();
    const state = this.#words.load(word);
    const isHere = (state & WAITERS) !== 0 && permitsOf(state) + permits <= this.limit;
    if (isHere) {
      // S4.
      monitor.store(word, state + (permits << 1));
      while (this.pump()) monitor.goOn();
    }
    monitor.leave();
    return isHere;
  }

  /** S1, S2. Whoever is alone in line, and finds enough, is granted it on the spot. */
  enlist(node: number): boolean {
    this.#words.or(this.object + STATE, WAITERS);
    append(this.#monitor, this.object + LINE, node);
    this.pump();
    return false;
  }

  /** Grants from the front of the line while there are enough permits. */
  pump(): boolean {
    const monitor = this.#monitor;
    this.#takeFlagOff();
    const state = this.#words.load(this.object + STATE);
    if ((state & WAITERS) === 0) return false;
    let permits = permitsOf(state);
    let isMore = false;
    for (let node = this.#first; node !== 0; node = this.#first) {
      const want = monitor.read(node + WANT);
      if (want > permits) break;
      isMore = !monitor.hasRoom;
      if (isMore) break;
      if (monitor.grant(node, want)) permits -= want;
    }
    if (permits !== permitsOf(state)) monitor.store(this.object + STATE, (permits << 1) | WAITERS);
    return isMore;
  }

  collect(): void {}

  get #first(): number {
    return firstOf(this.#monitor, this.object + LINE);
  }

  /** S3. If nobody waits. */
  #takeFlagOff(): void {
    if (this.#monitor.isUntouched && this.#first === 0) this.#words.and(this.object + STATE, ~WAITERS);
  }
}

/** Gives back the permits that a node was granted whose thread died before it saw them. */
export function reclaimPermits(monitor: Monitor, object: number, node: number): void {
  const permits = monitor.read(node + ANSWER);
  if (permits === NONE) return;
  const { words } = monitor;
  const word = object + STATE;
  // S2: from here on nobody else changes it.
  words.or(word, WAITERS);
  monitor.store(word, words.load(word) + (permits << 1));
}
