/**
 * A queue of cells between any number of threads, without a lock, that grows by segments and gives them back.
 *
 * Source: the two-lock queue of M. Michael and M. Scott, "Simple, Fast, and Practical Non-Blocking and Blocking Concurrent
 * Queue Algorithms" (1996), with arrays of cells for nodes.
 * Departs from it: the lock of an end and the position of that end are one word, so that the store that moves the end also
 * unlocks it, and a thread that dies at any step leaves the end as it was, for whoever settles its end to unlock.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { type EndWords, type Monitor, type Reach, SHARED } from "../../sync/index.ts";
import { POSITION_MASK } from "../../sync/waiting/index.ts";
import { type CellWords, readCell, writeCell } from "./cell-words.ts";
import { cellAt, NEXT, SEGMENT_CELLS, Segments } from "./segments.ts";

/** Of a line: its end, the segments and the counts by parity, and how far the other end was seen to be. */
export const FIRST_SEGMENT = 4;
export const FIRST_COUNT = 12;
export const SEEN = 20;

const TAIL = 0;
const SPARE = 64;
const HEAD = 128;
/** The line of the head has room for a word of the owner's that changes as often. */
export const OWN_WORD = 160;

/** Of the position of an end. */
const PARITY_SHIFT = 19;
const PARITY = 1 << PARITY_SHIFT;
const INDEX_MASK = PARITY - 1;

/** Which of the two segments of its line an end is in, as an offset. */
export const sideOf = (position: number): number => ((position & PARITY) >>> PARITY_SHIFT) << 2;
export const indexOf = (position: number): number => position & INDEX_MASK;
/** A position in the other segment of the line. */
export const beyond = (position: number, index: number): number => ((position & PARITY) ^ PARITY) | index;

/** The flags that stop puts, or gets, from taking the fast way. They are set while the end that they stop is taken. */
const STOPS_GETS = 3;
const STOPS_PUTS = 7;

/** How a put or a get on the fast way went. */
export type RingOutcome = typeof DONE | typeof STOPPED | typeof NO_ROOM | typeof NO_ITEM | typeof BUSY;
/** The cell was put, or taken. */
export const DONE = 0;
/** A flag is set. */
export const STOPPED = 1;
/** As many cells are in the ring as may be. */
export const NO_ROOM = 2;
/** There was nothing to get. */
export const NO_ITEM = 3;
/** Others have the end, one after the other. */
export const BUSY = 4;

/** As many cells as there is memory for. */
export const UNBOUNDED = 0;
/** Larger bounds are none. */
const LARGEST_CAPACITY = 2 ** 30;

/** Where a ring stands, and how it is used. */
export interface RingPlace {
  /** Of 192 bytes, a multiple of 64. */
  readonly address: number;
  /** The word whose flags stop puts and gets. */
  readonly flags: number;
  /** How many cells may be in it; {@link UNBOUNDED}. */
  readonly capacity: number;
  /** Of the object that has it. Absent: all threads may know it. */
  readonly reach?: Reach;
}

/**
 * A ring, as one thread sees it.
 *
 * ```text
 * bytes   name       values                                                   written by
 * 0       tail       owner | parity | index, see end-words.ts                 who takes it by CAS, then the owner
 * 4, 8    segments   where cells are put: the one of the parity               the owner of the tail
 * 12, 16  counts     how many cells were put before the first of that one     the owner of the tail
 * 20      room       so many may have been put before the bound is reached,   the owner of the tail
 *                    as far as is known
 * 64      spare      a segment to be used again; 0                            any thread, by CAS and exchange
 * 128 …   head       the same four for the end where cells are taken;         the owner of the head
 *                    instead of room, limit: so many were put, as far as is known
 * 160     …          left to the object that has the ring
 *
 *          head (segment A, index 2)              tail (segment C, index 1)
 *             ▼                                      ▼
 * A [ – – x x ] ──next──▶ B [ x x x x ] ──next──▶ C [ x – – – ]
 * ```
 *
 * - R1: an index of a whole segment means the first cell of the next one. The owner of the tail links that before it leaves
 *   the tail behind it; who finds a link there, left by an owner that died, goes on with it.
 * - R2: the line has the segment of the parity in the position, and what is written for the other parity means nothing
 *   until the position says so. So segment, count and index change by one store.
 * - R3: an end goes to the next segment at most once in a section. So what it was in stays readable until others see it move.
 * - R4: a cell is written before the tail passes it, and read before the head does. So one store decides whether a cell was
 *   put or taken, and in between it is its taker's alone.
 * - R5: what was seen of the other end stays true: the tail never goes back, and the head does only when a cell comes back
 *   that was taken in vain. So then there may be one cell more than the bound for each.
 * - R6: a segment is given back by who took its last cell, once the head has left it; the tail left it before.
 * - R7: while one thread alone knows the ring nobody has an end outside of that thread's sections, and nobody looks. So it
 *   moves the ends without taking them.
 *
 * Ordering: who takes a cell has read the tail that its putter stored.
 * Progress: who finds the end taken tries again, and then goes the owner's slow way. Two atomic read-modify-writes for a put
 * or a get, none of them on the line of the other end.
 */
export class Ring {
  readonly address: number;
  readonly tail: number;
  readonly head: number;
  readonly flags: number;
  readonly capacity: number;
  readonly segments: Segments;
  readonly #words: Heap;
  readonly #ends: EndWords;
  readonly #cells: number;
  readonly #reach: Reach;
  /** Where this thread left the ends: they are still there if no other has moved them. */
  #tailGuess = 0;
  #headGuess = 0;

  constructor(heap: Heap, monitor: Monitor, place: RingPlace, cells: number = SEGMENT_CELLS) {
    this.address = place.address;
    this.tail = place.address + TAIL;
    this.head = place.address + HEAD;
    this.flags = place.flags;
    this.capacity = place.capacity >= LARGEST_CAPACITY ? UNBOUNDED : place.capacity;
    this.segments = new Segments(heap, place.address + SPARE, cells);
    this.#words = heap;
    this.#ends = monitor.ends;
    this.#cells = cells;
    this.#reach = place.reach ?? SHARED;
  }

  /** Makes zeroed memory an empty ring. Throws `HeapFullError`. */
  static initialise(heap: Heap, address: number, cells: number = SEGMENT_CELLS): void {
    const segment = new Segments(heap, address + SPARE, cells).take();
    heap.poke(address + TAIL + FIRST_SEGMENT, segment | 0);
    heap.poke(address + HEAD + FIRST_SEGMENT, segment | 0);
  }

  /** Puts a cell behind all others. Throws `HeapFullError`; then nothing was put. */
  tryPut(cell: CellWords): RingOutcome {
    const words = this.#words;
    const { tail } = this;
    const { isShared } = this.#reach;
    const position = isShared ? this.#ends.tryTake(tail, this.#tailGuess) : words.peek(tail);
    if (position < 0) return BUSY;
    if ((words.load(this.flags) & STOPS_PUTS) !== 0) return this.#leave(tail, position, STOPPED);
    if (this.capacity !== UNBOUNDED && !this.#hasRoom(position)) return this.#leave(tail, position, NO_ROOM);
    const index = position & INDEX_MASK;
    if (index === this.#cells) return this.#putBeyond(cell, position);
    const segment = words.peek(tail + FIRST_SEGMENT + sideOf(position)) >>> 0;
    // R4.
    writeCell(words, cellAt(segment, index), cell);
    // R7.
    if (isShared) this.#ends.leave(tail, (this.#tailGuess = position + 1));
    else words.poke(tail, position + 1);
    return DONE;
  }

  /** Takes the oldest cell. */
  tryGet(cell: CellWords): RingOutcome {
    const words = this.#words;
    const { head } = this;
    const { isShared } = this.#reach;
    const position = isShared ? this.#ends.tryTake(head, this.#headGuess) : words.peek(head);
    if (position < 0) return BUSY;
    if ((words.load(this.flags) & STOPS_GETS) !== 0) return this.#leave(head, position, STOPPED);
    const index = position & INDEX_MASK;
    const side = sideOf(position);
    const count = words.peek(head + FIRST_COUNT + side) + index;
    // R5.
    if (((words.peek(head + SEEN) - count) | 0) <= 0) {
      const limit = this.putCount;
      if (((limit - count) | 0) <= 0) return this.#leave(head, position, NO_ITEM);
      words.poke(head + SEEN, limit);
    }
    const segment = words.peek(head + FIRST_SEGMENT + side) >>> 0;
    if (index === this.#cells) return this.#getBeyond(cell, position, segment, count);
    readCell(words, cellAt(segment, index), cell);
    // R7.
    if (isShared) this.#ends.leave(head, (this.#headGuess = position + 1));
    else words.poke(head, position + 1);
    return DONE;
  }

  /** How many cells were ever put, modulo 2³². */
  get putCount(): number {
    return countAt(this.#words, this.tail);
  }

  /** How many cells were ever taken, modulo 2³². */
  get takenCount(): number {
    return countAt(this.#words, this.head);
  }

  /** How many cells are in it: as many as there were at one moment. */
  get size(): number {
    for (;;) {
      const taken = this.takenCount;
      const size = (this.putCount - taken) | 0;
      if (this.takenCount === taken) return size;
    }
  }

  #leave(end: number, position: number, outcome: RingOutcome): RingOutcome {
    if (this.#reach.isShared) this.#ends.leave(end, position);
    return outcome;
  }

  #hasRoom(position: number): boolean {
    const words = this.#words;
    const { tail } = this;
    const count = words.peek(tail + FIRST_COUNT + sideOf(position)) + (position & INDEX_MASK);
    if (((words.peek(tail + SEEN) - count) | 0) > 0) return true;
    const room = (this.takenCount + this.capacity) | 0;
    if (((room - count) | 0) <= 0) return false;
    words.poke(tail + SEEN, room);
    return true;
  }

  #putBeyond(cell: CellWords, position: number): RingOutcome {
    try {
      const segment = this.addSegment(position);
      writeCell(this.#words, cellAt(segment, 0), cell);
    } catch (error) {
      this.#ends.leave(this.tail, position);
      throw error;
    }
    this.#ends.leave(this.tail, beyond(position, 1));
    return DONE;
  }

  #getBeyond(cell: CellWords, position: number, left: number, count: number): RingOutcome {
    const segment = this.followSegment(position, left, count);
    readCell(this.#words, cellAt(segment, 0), cell);
    this.#ends.leave(this.head, beyond(position, 1));
    // R6.
    this.segments.give(left);
    return DONE;
  }

  /** R1. Makes a segment behind the one that the tail is at the end of the other one of its line. For the tail's owner. */
  addSegment(position: number): number {
    const words = this.#words;
    const { tail } = this;
    const side = sideOf(position);
    const last = words.peek(tail + FIRST_SEGMENT + side) >>> 0;
    let segment = words.peek(last + NEXT) >>> 0;
    if (segment === 0) {
      segment = this.segments.take();
      words.poke(last + NEXT, segment | 0);
    }
    const count = words.load(tail + FIRST_COUNT + side) + indexOf(position);
    // R2.
    words.poke(tail + FIRST_SEGMENT + 4 - side, segment | 0);
    words.store(tail + FIRST_COUNT + 4 - side, count | 0);
    return segment;
  }

  /** Makes the segment behind the one that was emptied the other one of the head's line. For the head's owner. */
  followSegment(position: number, left: number, count: number): number {
    const words = this.#words;
    const { head } = this;
    const side = sideOf(position);
    const segment = words.peek(left + NEXT) >>> 0;
    words.poke(head + FIRST_SEGMENT + 4 - side, segment | 0);
    words.store(head + FIRST_COUNT + 4 - side, count | 0);
    return segment;
  }
}

/**
 * How many cells an end has passed, at one moment. The count is written for a parity before the position has it and after
 * it had it (R2, R3), so between two equal looks at the position it is of a time when the end was there.
 */
function countAt(words: Heap, end: number): number {
  for (;;) {
    const position = words.load(end) & POSITION_MASK;
    const count = words.load(end + FIRST_COUNT + sideOf(position)) + (position & INDEX_MASK);
    if ((words.load(end) & POSITION_MASK) === position) return count | 0;
  }
}
