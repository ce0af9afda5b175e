/**
 * Many may read, or one may write.
 *
 * Source: the counts of readers, one for each thread, are those of Linux' "big reader" lock; that a waiting writer stops
 * new readers is Go's `sync.RWMutex`. Departs from them: who has to wait stands in one line with all others, and a thread
 * that dies takes its reads along.
 *
 * @packageDocumentation
 */
import type { Heap, Words } from "#heap";
import { FROM_THE_DEAD } from "./lock-words.ts";
import { FIRST_OWN } from "./objects/header.ts";
import type { Monitor } from "./waiting/monitor.ts";
import { ANSWER, NONE, OWNER, WANT } from "./waiting/node.ts";
import { append, firstOf, lengthOf, WAIT_LIST_BYTES } from "./waiting/wait-list.ts";
import type { Place } from "./waiting/waits.ts";

const STATE = FIRST_OWN;
const ENTRIES = FIRST_OWN + 4;
const LINE = FIRST_OWN + 8;
export const READ_WRITE_LOCK_BYTES: number = LINE + WAIT_LIST_BYTES;

/** In the state, beside the identity of the writer: who comes has to ask within the gate. */
const GATED = 1;
/** And: a writer died, and no other one has been told so yet. */
const ABANDONED = 2;
const WRITER_SHIFT = 2;

const writerOf = (state: number): number => state >>> WRITER_SHIFT;

/** So big that readers do not get into each other's way. */
const ENTRY_BYTES = 64;
const ENTRY_NEXT = 0;
const ENTRY_OWNER = 4;
const ENTRY_TAKEN = 8;
const ENTRY_GRANTED = 12;

/** What a node wants that waits to write. Else it is the entry of a reader. */
const TO_WRITE = 0;

/** How a lock was acquired: HELD and other bits, FROM_THE_DEAD among them; 0 for not at all. */
export type Hold = number;
const HELD = 1;
/** Of a reader: counted as granted, not as taken. */
const BY_GRANT = 4;

/**
 * One read-write lock, as one thread sees it.
 *
 * ```text
 * bytes  name     values                                          written by
 * 16     state    writer's identity << 2 | ABANDONED | GATED      gate holders
 * 20     entries  the newest entry; 0                             gate holders
 * 24     line     those who wait, see wait-list.ts; each wants    gate holders
 *                 its entry, or to write
 *
 * entry, 64 bytes:
 * 0      next     the entry made before it; 0                     its maker, before the list leads to it
 * 4      owner    the identity of a thread                        gate holders
 * 8      taken    how often it reads, by its own doing            that thread
 * 12     granted  how often it reads, by a grant                  gate holders
 *
 *      reads: taken + 1, then looks at the state
 * 0 ◀──┐                        a writer comes                       no reader is left
 * │    └─ reading, or free ───────────────────▶ GATED, somebody waits ─────────────────▶ writer, GATED
 * └───────────▲                                                                            │
 *             └────────────────────────────────────────────────────────────────────────────┘
 *                  the writer releases with nobody in line; or whoever finds the line empty
 * ```
 *
 * - W1: a reader counts itself, then looks at the state; who wants to write sets GATED, then looks at the counts. So one
 *   of them sees the other, and a reader that sees GATED takes its count back, and asks within the gate.
 * - W2: GATED is set while somebody waits or writes. It may be set needlessly. It is taken off only by a section that has
 *   changed nothing else, with the line empty and nobody writing.
 * - W3: the line is served from the front, readers behind each other together. So nobody overtakes who waits.
 * - W4: the counts of a thread that has ended are none, and its entry is the next thread's that needs one. A writer that
 *   has ended is noticed by who comes next, or by those who wait.
 * - W5: ABANDONED is left by a writer that ended, until another one has been told.
 *
 * Ordering: a reader reads the state that the writer before it has written, and a writer the counts of the readers.
 * Progress: fair among those who stand in line. A thread that reads and waits to write waits for itself.
 */
export class ReadWriteLockCore {
  readonly object: number;
  readonly reading: Place<Hold>;
  readonly writing: Place<Hold>;
  readonly #words: Words;
  readonly #monitor: Monitor;
  readonly #allocate: (sizeBytes: number) => number;
  /** This thread's; 0 until it is needed. */
  #entry = 0;

  /** @param allocate - Gives blocks of the heap. */
  constructor(monitor: Monitor, object: number, allocate: (sizeBytes: number) => number) {
    this.object = object;
    this.#words = monitor.words;
    this.#monitor = monitor;
    this.#allocate = allocate;
    this.reading = new Way(this, "ReadWriteLock.acquireRead()", monitor.words);
    this.writing = new Way(this, "ReadWriteLock.acquireWrite()", monitor.words);
  }

  /** How many read, and how many of them are of this thread. */
  get readers(): { all: number; here: number } {
    const monitor = this.#monitor;
    let all = 0;
    let here = 0;
    monitor.enter(this.object);
    for (let entry = this.#firstEntry; entry !== 0; entry = this.#entryAfter(entry)) {
      const count = this.#countIn(entry);
      all += count;
      if (monitor.read(entry + ENTRY_OWNER) === monitor.identity) here += count;
    }
    monitor.leave();
    return { all, here };
  }

  /** The identity of the thread that writes; 0 for none. */
  get writer(): number {
    const writer = writerOf(this.#words.load(this.object + STATE));
    return this.#monitor.seats.isSeated(writer) ? writer : 0;
  }

  /** How many stand in line. Cost: a step for each. */
  get waiters(): number {
    const monitor = this.#monitor;
    monitor.enter(this.object);
    const count = lengthOf(monitor, this.object + LINE);
    monitor.leave();
    return count;
  }

  /** This thread's entry: what `reading` is to be asked for. Throws `HeapFullError`, and nothing has changed. */
  get entry(): number {
    if (this.#entry === 0) this.#entry = this.#findEntry() || this.#makeEntry();
    return this.#entry;
  }

  /**
   * Reads, if nobody writes or waits.
   *
   * @param isWriter - Whether the caller writes: then it may.
   */
  tryRead(isWriter: boolean = false): Hold {
    const words = this.#words;
    const taken = this.entry + ENTRY_TAKEN;
    const before = words.peek(taken);
    // W1.
    words.store(taken, before + 1);
    if (words.load(this.object + STATE) === 0 || isWriter) return HELD;
    words.store(taken, before);
    return this.#tryInside(this.entry);
  }

  /** Writes, if nobody reads, writes or waits. */
  tryWrite(): Hold {
    return this.#tryInside(TO_WRITE);
  }

  #tryInside(want: number): Hold {
    const monitor = this.#monitor;
    monitor.enter(this.object);
    this.#pumpAll();
    let hold: Hold = 0;
    if (this.#isLineEmpty && this.#mayHave(want)) hold = this.#hold(want, monitor.identity);
    monitor.leave();
    // W2.
    if (hold === 0 && want === TO_WRITE) this.#look();
    return hold;
  }

  releaseRead(hold: Hold): void {
    const words = this.#words;
    const { entry } = this;
    if ((hold & BY_GRANT) !== 0) {
      const monitor = this.#monitor;
      monitor.enter(this.object);
      monitor.write(entry + ENTRY_GRANTED, monitor.read(entry + ENTRY_GRANTED) - 1);
      this.#pumpAll();
      monitor.leave();
      return;
    }
    words.store(entry + ENTRY_TAKEN, words.peek(entry + ENTRY_TAKEN) - 1);
    // W1.
    if ((words.load(this.object + STATE) & GATED) !== 0) this.#look();
  }

  /** Releases what this thread writes. */
  releaseWrite(): void {
    const monitor = this.#monitor;
    monitor.enter(this.object);
    // W2: for the next one who finds the line empty, or just now.
    if (this.#isLineEmpty) this.#words.store(this.object + STATE, 0);
    else monitor.store(this.object + STATE, GATED);
    this.#pumpAll();
    monitor.leave();
  }

  enlist(node: number): boolean {
    // W1.
    this.#words.or(this.object + STATE, GATED);
    append(this.#monitor, this.object + LINE, node);
    this.#pumpAll();
    return false;
  }

  pump(): boolean {
    const monitor = this.#monitor;
    const word = this.object + STATE;
    const state = this.#words.load(word);
    if ((state & GATED) === 0) return false;
    const writer = writerOf(state);
    if (writer !== 0) {
      if (monitor.seats.isSeated(writer)) return false;
      // W4, W5.
      monitor.store(word, ABANDONED | GATED);
    }
    if (this.#isLineEmpty) {
      if (monitor.isUntouched) this.#words.and(word, ~GATED);
      return false;
    }
    // W3.
    for (let node = this.#first; node !== 0; node = this.#first) {
      const want = monitor.read(node + WANT) >>> 0;
      if (!this.#mayHave(want)) return false;
      if (!monitor.hasRoom) return true;
      const identity = monitor.read(node + OWNER) >>> 1;
      if (monitor.grant(node, NONE)) monitor.write(node + ANSWER, this.#hold(want, identity));
    }
    return false;
  }

  /** Does what can be done without those who have gone. */
  #look(): void {
    this.#monitor.enter(this.object);
    this.#pumpAll();
    this.#monitor.leave();
  }

  #pumpAll(): void {
    while (this.pump()) this.#monitor.goOn();
  }

  /** Whether who wants that may have it now, if it is his turn. */
  #mayHave(want: number): boolean {
    // W1: not to write, before readers are kept out.
    if (want === TO_WRITE) this.#words.or(this.object + STATE, GATED);
    if (writerOf(this.#words.load(this.object + STATE)) !== 0) return false;
    if (want !== TO_WRITE) return true;
    for (let entry = this.#firstEntry; entry !== 0; entry = this.#entryAfter(entry)) {
      if (this.#countIn(entry) > 0) return false;
    }
    return true;
  }

  /** Writes down that a thread has what it wants. */
  #hold(want: number, identity: number): Hold {
    const monitor = this.#monitor;
    const word = this.object + STATE;
    const hold = HELD | (this.#words.load(word) & ABANDONED);
    if (want === TO_WRITE) {
      monitor.store(word, (identity << WRITER_SHIFT) | GATED);
      return hold;
    }
    monitor.write(want + ENTRY_GRANTED, monitor.read(want + ENTRY_GRANTED) + 1);
    return hold | BY_GRANT;
  }

  /** How often the owner of an entry reads. */
  #countIn(entry: number): number {
    const monitor = this.#monitor;
    const count = this.#words.load(entry + ENTRY_TAKEN) + monitor.read(entry + ENTRY_GRANTED);
    // W4.
    return count > 0 && monitor.seats.isSeated(monitor.read(entry + ENTRY_OWNER)) ? count : 0;
  }

  get #firstEntry(): number {
    return this.#monitor.read(this.object + ENTRIES) >>> 0;
  }

  #entryAfter(entry: number): number {
    return this.#monitor.read(entry + ENTRY_NEXT) >>> 0;
  }

  /** An entry that this thread has already, or that nobody has any more; 0 for none. */
  #findEntry(): number {
    const monitor = this.#monitor;
    let free = 0;
    monitor.enter(this.object);
    let entry = this.#firstEntry;
    for (; entry !== 0; entry = this.#entryAfter(entry)) {
      const owner = monitor.read(entry + ENTRY_OWNER);
      if (owner === monitor.identity) break;
      if (!monitor.seats.isSeated(owner)) free = entry;
    }
    if (entry === 0 && free !== 0) {
      monitor.write(free + ENTRY_OWNER, monitor.identity);
      monitor.store(free + ENTRY_TAKEN, 0);
      monitor.write(free + ENTRY_GRANTED, 0);
    }
    monitor.leave();
    return entry || free;
  }

  #makeEntry(): number {
    const monitor = this.#monitor;
    const entry = this.#allocate(ENTRY_BYTES);
    monitor.poke(entry + ENTRY_OWNER, monitor.identity);
    monitor.poke(entry + ENTRY_TAKEN, 0);
    monitor.poke(entry + ENTRY_GRANTED, 0);
    monitor.enter(this.object);
    monitor.poke(entry + ENTRY_NEXT, monitor.read(this.object + ENTRIES));
    monitor.write(this.object + ENTRIES, entry | 0);
    monitor.leave();
    return entry;
  }

  get #first(): number {
    return firstOf(this.#monitor, this.object + LINE);
  }

  get #isLineEmpty(): boolean {
    return this.#first === 0;
  }
}

/** Takes back the lock from a node that was to write, and whose thread did not live to see that. */
export function reclaimWrite(monitor: Monitor, object: number, node: number): void {
  const answer = monitor.read(node + ANSWER);
  if (answer === NONE || monitor.read(node + WANT) !== TO_WRITE) return;
  monitor.store(object + STATE, GATED | (answer & FROM_THE_DEAD));
}

/** Frees what a lock has beside its block. */
export function freeReadWriteLock(heap: Heap, object: number): void {
  for (let entry = heap.peek(object + ENTRIES) >>> 0; entry !== 0;) {
    const next = heap.peek(entry + ENTRY_NEXT) >>> 0;
    heap.free(entry);
    entry = next;
  }
}

/** The lock as a place to wait at, for one of its two purposes. */
class Way implements Place<Hold> {
  readonly object: number;
  readonly operation: string;
  readonly #core: ReadWriteLockCore;
  readonly #words: Words;

  constructor(core: ReadWriteLockCore, operation: string, words: Words) {
    this.object = core.object;
    this.operation = operation;
    this.#core = core;
    this.#words = words;
  }

  enlist(node: number): boolean {
    return this.#core.enlist(node);
  }

  pump(): boolean {
    return this.#core.pump();
  }

  collect(node: number): Hold {
    return this.#words.peek(node + ANSWER);
  }
}
