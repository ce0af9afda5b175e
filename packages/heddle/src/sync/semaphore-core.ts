/**
 * A number of permits, handed out in the order of asking.
 *
 * Source: E. W. Dijkstra, "Over seinpalen" (1965), for the thing; the state that tells whether anybody waits is that of
 * `LockCore`. Departs from them: one may ask for several permits at once, and then nobody behind is served before, even
 * if what is left would do.
 *
 * @packageDocumentation
 */
import type { Heap, Words } from "#heap";
import { FIRST_OWN } from "./objects/header.ts";
import { wasKilled } from "./waiting/ends.ts";
import type { Monitor } from "./waiting/monitor.ts";
import { ANSWER, CELL, NONE, WANT } from "./waiting/node.ts";
import { append, firstOf, lengthOf, WAIT_LIST_BYTES } from "./waiting/wait-list.ts";
import type { Place } from "./waiting/waits.ts";

const STATE = FIRST_OWN;
const LIMIT = FIRST_OWN + 4;
const LINE = FIRST_OWN + 8;
const SIGNALS = LINE + WAIT_LIST_BYTES;
const REGAINED = SIGNALS + 4;
/** The first entry is part of the object. */
const FIRST_ENTRY = REGAINED + 4;
const ENTRY_NEXT = 0;
const ENTRY_OWNER = 4;
const ENTRY_TAKEN = 8;
const ENTRY_GRANTED = 12;
const ENTRY_BYTES = 16;
export const SEMAPHORE_BYTES: number = FIRST_ENTRY + ENTRY_BYTES;

/** In the state, beside the permits: somebody waits. */
const WAITERS = 1;

/** In a node that waits: the entry of its thread. */
const ENTRY = CELL;

const permitsOf = (state: number): number => state >>> 1;

/** Writes a new semaphore. A release that would bring it above `limit` permits is refused. */
export function writeSemaphore(words: Words, object: number, permits: number, limit: number): void {
  words.poke(object + STATE, permits << 1);
  words.poke(object + LIMIT, limit);
}

/** What a core is told beside where it stands. */
export interface SemaphoreParts {
  readonly operation?: string;
  /** Gives blocks of the heap. */
  readonly allocate?: (sizeBytes: number) => number;
  /** Whether no permit may be lost, at whatever step a thread is killed: S8. The same for all threads. */
  readonly isExact?: boolean;
}

/**
 * One semaphore, as one thread sees it.
 *
 * ```text
 * bytes  name     values                                   written by
 * 16     state    permits << 1 | WAITERS                   any thread by CAS while WAITERS is not set; gate holders
 * 20     limit    so many permits there can be at most     creator, once
 * 24     line     those who wait, see wait-list.ts; each   gate holders
 *                 wants the number in its node's WANT
 * 32     signals  1: somebody has released what he had     any thread
 *                 not acquired
 * 36     regained so many permits of the dead went back,   gate holders
 *                 which somebody may release once more
 * 40     entry    the first entry
 *
 * entry, 16 bytes:
 * 0      next     an entry that was made before; 0         gate holders
 * 4      owner    the identity of a thread; 0              gate holders
 * 8      taken    how many permits it has, by its own      that thread; gate holders when it has ended
 *                 doing
 * 12     granted  how many permits it has, by a grant      gate holders
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
 * - S5: an entry never has more than its thread: what that takes by itself is noted after it was taken, and taken off before it
 *   is given back. So who is killed between two instructions of those takes permits along, and never are there too many.
 * - S6: what a thread had that was killed goes back, in a section, by whoever misses permits or is told to look. What a thread
 *   left that ended by itself stays taken. Once SIGNALS is set nothing goes back any more, and entries mean nothing: then one
 *   thread acquires what another one releases.
 * - S7: what went back from the dead is not added twice: who releases what he has not acquired releases that first.
 * - S8: of an exact semaphore the state and the entries change only in sections, together. It costs some forty nanoseconds more.
 *
 * Ordering: who acquires reads the word that a release wrote, so it sees what was written before that.
 * Progress: fair among those who stand in line.
 */
export class SemaphoreCore implements Place<void> {
  readonly object: number;
  readonly operation: string;
  /** So many permits there can be at most. */
  readonly limit: number;
  readonly #words: Words;
  readonly #monitor: Monitor;
  readonly #allocate: (sizeBytes: number) => number;
  readonly #isExact: boolean;
  /** This thread's; 0 until it is needed. */
  #entry = 0;

  constructor(
    monitor: Monitor,
    object: number,
    {
      operation = "Semaphore.acquire()",
      allocate = (size) => (monitor.words as Heap).allocate(size),
      isExact = false,
    }: SemaphoreParts = {},
  ) {
    this.object = object;
    this.operation = operation;
    this.#words = monitor.words;
    this.#monitor = monitor;
    this.#allocate = allocate;
    this.#isExact = isExact;
    this.limit = monitor.words.peek(object + LIMIT);
  }

  /** How many permits are there for the taking. */
  get available(): number {
    if (this.#mayRegain) this.#regainAll();
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

  /** Throws `HeapFullError`, and nothing has changed, if there is no room to note it. */
  tryAcquire(permits: number): boolean {
    this.#entry ||= this.#findEntry() || this.#makeEntry();
    return this.#take(permits) || (this.#mayRegain && this.#regainAll() && this.#take(permits));
  }

  #take(permits: number): boolean {
    const words = this.#words;
    const word = this.object + STATE;
    if (this.#isExact) return permitsOf(words.load(word)) >= permits && this.#takeInside(permits);
    for (let state = words.load(word); permitsOf(state) >= permits; state = words.load(word)) {
      if ((state & WAITERS) !== 0 && !this.#isFlagGone()) return false;
      if ((state & WAITERS) === 0 && words.compareExchange(word, state, state - (permits << 1)) === state) {
        // S5.
        this.#note(permits);
        return true;
      }
    }
    return false;
  }

  /** S8. */
  #takeInside(permits: number): boolean {
    const monitor = this.#monitor;
    const word = this.object + STATE;
    monitor.enter(this.object);
    this.#pumpAll();
    const state = this.#words.load(word);
    const isFree = (state & WAITERS) === 0 && permitsOf(state) >= permits;
    if (isFree) {
      monitor.store(word, state - (permits << 1));
      addTo(monitor, this.#entry + ENTRY_TAKEN, permits);
    }
    monitor.leave();
    return isFree;
  }

  /** S5. This thread has so many more permits. */
  #note(permits: number): void {
    const taken = this.#entry + ENTRY_TAKEN;
    this.#words.poke(taken, this.#words.peek(taken) + permits);
  }

  /** S2. There are permits, and still WAITERS is set: takes it off if nobody waits. */
  #isFlagGone(): boolean {
    this.#monitor.enter(this.object);
    this.#pumpAll();
    this.#monitor.leave();
    return (this.#words.load(this.object + STATE) & WAITERS) === 0;
  }

  /** Gives permits back, or new ones. False, and nothing happens, if there would be more than the limit. */
  release(permits: number): boolean {
    const words = this.#words;
    const word = this.object + STATE;
    const isNoted = words.load(this.object + SIGNALS) === 0;
    if (this.#isExact || (isNoted && !this.#hasTaken(permits))) return this.#releaseNoted(permits);
    let state = words.load(word);
    if (permitsOf(state) + permits > this.limit) return false;
    if (isNoted) this.#note(-permits);
    for (; permitsOf(state) + permits <= this.limit; state = words.load(word)) {
      const isDone =
        (state & WAITERS) === 0
          ? words.compareExchange(word, state, state + (permits << 1)) === state
          : this.#releaseInside(permits);
      if (isDone) return true;
    }
    if (isNoted) this.#note(permits);
    return false;
  }

  /** Whether this thread has taken so many by itself. */
  #hasTaken(permits: number): boolean {
    this.#entry ||= this.#entryOf(this.#monitor.identity);
    return this.#entry !== 0 && this.#words.peek(this.#entry + ENTRY_TAKEN) >= permits;
  }

  /** In one section with what is noted: S8, or else what this thread was granted, or has not acquired. */
  #releaseNoted(permits: number): boolean {
    const monitor = this.#monitor;
    const word = this.object + STATE;
    this.#entry ||= this.#entryOf(monitor.identity);
    monitor.enter(this.object);
    // S2: from here on nobody else changes it.
    const before = this.#words.or(word, WAITERS);
    const fits = permitsOf(before) + permits <= this.limit;
    if (fits) {
      const isOwn = this.#isNoted(permits);
      if (isOwn) this.#noteReleased(permits);
      // S7.
      const again = isOwn ? 0 : Math.min(permits, monitor.read(this.object + REGAINED));
      const more = permits - again;
      if (again > 0) addTo(monitor, this.object + REGAINED, -again);
      // S6.
      if (!isOwn && more > 0) monitor.store(this.object + SIGNALS, 1);
      // S4.
      if (more > 0) monitor.store(word, (before | WAITERS) + (more << 1));
    }
    this.#pumpAll();
    monitor.leave();
    return fits;
  }

  /** In a section: whether this thread has so many. */
  #isNoted(permits: number): boolean {
    const monitor = this.#monitor;
    const entry = this.#entry;
    return entry !== 0 && monitor.read(entry + ENTRY_TAKEN) + monitor.read(entry + ENTRY_GRANTED) >= permits;
  }

  /** In a section: takes permits off the entry of this thread, which has so many. */
  #noteReleased(permits: number): void {
    const monitor = this.#monitor;
    const byGrant = Math.min(permits, monitor.read(this.#entry + ENTRY_GRANTED));
    if (byGrant > 0) addTo(monitor, this.#entry + ENTRY_GRANTED, -byGrant);
    if (byGrant < permits) addTo(monitor, this.#entry + ENTRY_TAKEN, byGrant - permits);
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
      this.#pumpAll();
    }
    monitor.leave();
    return isHere;
  }

  /** S1, S2. Whoever is alone in line, and finds enough, is granted it on the spot. It was tried before without waiting. */
  enlist(node: number): boolean {
    this.#words.or(this.object + STATE, WAITERS);
    this.#monitor.poke(node + ENTRY, this.#entry | 0);
    append(this.#monitor, this.object + LINE, node);
    this.#pumpAll();
    return false;
  }

  /** Grants from the front of the line while there are enough permits, and takes them from the dead if there are not. */
  pump(): boolean {
    const isMore = this.#grantFirst();
    if (isMore || this.#first === 0 || !this.#mayRegain) return isMore;
    return this.#regain() || this.#grantFirst();
  }

  #pumpAll(): void {
    while (this.pump()) this.#monitor.goOn();
  }

  /** Gives whether there are more than one section can hold. */
  #grantFirst(): boolean {
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
      if (!monitor.grant(node, want)) continue;
      permits -= want;
      addTo(monitor, (monitor.read(node + ENTRY) >>> 0) + ENTRY_GRANTED, want);
    }
    if (permits !== permitsOf(state)) monitor.store(this.object + STATE, (permits << 1) | WAITERS);
    return isMore;
  }

  /** From here on what it was granted is not given back as something that its thread has not seen. */
  collect(node: number): void {
    this.#words.poke(node + ANSWER, NONE);
  }

  /** Whether an entry is that of a thread that has ended. */
  get #mayRegain(): boolean {
    for (let entry = this.#firstEntry; entry !== 0; entry = this.#entryAfter(entry))
      if (this.#isLeft(entry)) return true;
    return false;
  }

  /** Takes from the dead what they had. Gives true. */
  #regainAll(): boolean {
    const monitor = this.#monitor;
    monitor.enter(this.object);
    while (this.#regain() || this.pump()) monitor.goOn();
    monitor.leave();
    return true;
  }

  #isLeft(entry: number): boolean {
    const owner = this.#words.load(entry + ENTRY_OWNER);
    return owner !== 0 && !this.#monitor.seats.isSeated(owner);
  }

  /** S6. In a section: empties the entries of those who have ended. Gives whether there are more than it can hold. */
  #regain(): boolean {
    const monitor = this.#monitor;
    const isForSignals = this.#words.load(this.object + SIGNALS) !== 0;
    let permits = 0;
    let entry = this.#firstEntry;
    for (; entry !== 0 && monitor.isShort; entry = this.#entryAfter(entry)) {
      if (!this.#isLeft(entry)) continue;
      const isKilled = wasKilled(monitor, this.#words.load(entry + ENTRY_OWNER));
      if (isKilled && !isForSignals)
        permits += monitor.read(entry + ENTRY_TAKEN) + monitor.read(entry + ENTRY_GRANTED);
      monitor.write(entry + ENTRY_TAKEN, 0);
      monitor.write(entry + ENTRY_GRANTED, 0);
      monitor.store(entry + ENTRY_OWNER, 0);
    }
    if (permits > 0) {
      giveBack(monitor, this.object, permits);
      addTo(monitor, this.object + REGAINED, permits);
    }
    return entry !== 0;
  }

  get #firstEntry(): number {
    return this.object + FIRST_ENTRY;
  }

  #entryAfter(entry: number): number {
    return this.#words.load(entry + ENTRY_NEXT) >>> 0;
  }

  #entryOf(identity: number): number {
    let entry = this.#firstEntry;
    while (entry !== 0 && this.#words.load(entry + ENTRY_OWNER) !== identity) entry = this.#entryAfter(entry);
    return entry;
  }

  /** An entry that this thread has already, or that nobody has any more; 0 for none. */
  #findEntry(): number {
    const monitor = this.#monitor;
    const own = this.#entryOf(monitor.identity);
    if (own !== 0) return own;
    monitor.enter(this.object);
    const free = this.#entryOf(0);
    if (free !== 0) monitor.store(free + ENTRY_OWNER, monitor.identity);
    monitor.leave();
    return free;
  }

  #makeEntry(): number {
    const monitor = this.#monitor;
    const next = this.object + FIRST_ENTRY + ENTRY_NEXT;
    const entry = this.#allocate(ENTRY_BYTES);
    monitor.poke(entry + ENTRY_OWNER, monitor.identity);
    monitor.poke(entry + ENTRY_TAKEN, 0);
    monitor.poke(entry + ENTRY_GRANTED, 0);
    monitor.enter(this.object);
    monitor.poke(entry + ENTRY_NEXT, this.#words.load(next));
    monitor.store(next, entry | 0);
    monitor.leave();
    return entry;
  }

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
  addTo(monitor, (monitor.read(node + ENTRY) >>> 0) + ENTRY_GRANTED, -permits);
  giveBack(monitor, object, permits);
}

/** In a section. */
function giveBack(monitor: Monitor, object: number, permits: number): void {
  const { words } = monitor;
  const word = object + STATE;
  // S2: from here on nobody else changes it.
  words.or(word, WAITERS);
  monitor.store(word, words.load(word) + (permits << 1));
}

function addTo(monitor: Monitor, address: number, count: number): void {
  monitor.write(address, monitor.read(address) + count);
}

/** Frees what a semaphore has beside its block. */
export function freeSemaphore(heap: Heap, object: number): void {
  for (let entry = heap.peek(object + FIRST_ENTRY + ENTRY_NEXT) >>> 0; entry !== 0;) {
    const next = heap.peek(entry + ENTRY_NEXT) >>> 0;
    heap.free(entry);
    entry = next;
  }
}
