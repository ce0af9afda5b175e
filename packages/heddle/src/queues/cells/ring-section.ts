/**
 * A ring within a section on the object that has it: both ends are taken, and what is done to them happens with the rest of
 * the section, or not at all.
 *
 * @packageDocumentation
 */
import { type Heap, HeapFullError } from "#heap";
import type { Monitor } from "../../sync/index.ts";
import { type CellWords, readCell, writeCell } from "./cell-words.ts";
import { beyond, FIRST_COUNT, FIRST_SEGMENT, indexOf, type Ring, SEEN, sideOf, UNBOUNDED } from "./ring.ts";
import { cellAt, NEXT } from "./segments.ts";

/** One end, as the section will leave it. */
interface End {
  readonly word: number;
  position: number;
  segment: number;
  /** How many cells it has passed. */
  count: number;
  /** The same, when the section took it. */
  start: number;
  /** R3 of the ring. */
  hasCrossed: boolean;
  hasMoved: boolean;
}

/**
 * To be opened within a section, used, and closed before that ends. The head is taken before the tail, so no two sections
 * wait for each other.
 */
export class RingSection {
  readonly #ring: Ring;
  readonly #heap: Heap;
  readonly #monitor: Monitor;
  readonly #head: End;
  readonly #tail: End;
  /** Why there was no memory when it was last to be reserved. */
  refusal: HeapFullError | undefined = undefined;

  constructor(heap: Heap, monitor: Monitor, ring: Ring) {
    this.#ring = ring;
    this.#heap = heap;
    this.#monitor = monitor;
    this.#head = endOf(ring.head);
    this.#tail = endOf(ring.tail);
  }

  open(): void {
    this.#take(this.#head);
    this.#take(this.#tail);
  }

  /** Writes down where the ends are to be. */
  close(): void {
    const [head, tail] = [this.#head, this.#tail];
    // R5 of the ring. What was seen must not fall behind by half of all counts.
    if (head.hasMoved) {
      this.#monitor.moveEnd(head.word, head.position);
      this.#heap.poke(head.word + SEEN, tail.start);
    }
    if (tail.hasMoved) {
      this.#monitor.moveEnd(tail.word, tail.position);
      this.#heap.poke(tail.word + SEEN, (head.start + this.#ring.capacity) | 0);
    }
  }

  /** How many cells are in the ring. */
  get size(): number {
    return (this.#tail.count - this.#head.count) | 0;
  }

  get hasRoom(): boolean {
    const { capacity } = this.#ring;
    return capacity === UNBOUNDED || this.size < capacity;
  }

  /** Whether a cell can be put in this section, as far as segments matter. */
  get canPut(): boolean {
    return this.#canMove(this.#tail);
  }

  /** Whether a cell can be taken in this section, as far as segments matter. */
  get canTake(): boolean {
    return this.#canMove(this.#head);
  }

  /** Puts a cell behind all others. Throws `HeapFullError`; then nothing was put. */
  put(cell: CellWords): void {
    const tail = this.#tail;
    this.#makeRoom();
    writeCell(this.#heap, cellAt(tail.segment, indexOf(tail.position)), cell);
    this.#move(tail, 1);
  }

  /** Takes the memory for a cell that may be put in this section. False if there is none: {@link refusal} says so. */
  reserve(): boolean {
    this.refusal = undefined;
    return isThereMemory(
      () => this.#makeRoom(),
      (refusal) => (this.refusal = refusal),
    );
  }

  /** Takes the oldest cell, of which there must be one. */
  take(cell: CellWords): void {
    const head = this.#head;
    const { segments } = this.#ring;
    if (indexOf(head.position) === segments.cells) {
      const left = head.segment;
      head.segment = this.#ring.followSegment(head.position, left, head.count);
      head.position = beyond(head.position, 0);
      head.hasCrossed = true;
      // R6 of the ring.
      this.#monitor.afterwards(() => segments.give(left));
    }
    readCell(this.#heap, cellAt(head.segment, indexOf(head.position)), cell);
    this.#move(head, 1);
  }

  /** Puts a cell before all others, where it was taken from. Throws `HeapFullError`; then it was not. */
  putBack(cell: CellWords): void {
    const head = this.#head;
    if (indexOf(head.position) === 0) this.#addFirst(head);
    this.#move(head, -1);
    writeCell(this.#heap, cellAt(head.segment, indexOf(head.position)), cell);
  }

  /**
   * Takes all cells out of a ring into which no more will come: in the section that stops puts, before it takes anything
   * else. Once it is committed they are dropped, one by one, and their segments given back, but for the last.
   *
   * @param drop - Is given where the words of a cell stand.
   */
  takeAll(drop: (at: number) => void): void {
    const [head, tail] = [this.#head, this.#tail];
    const { segments } = this.#ring;
    const first = { segment: head.segment, index: indexOf(head.position), count: this.size };
    if (head.segment !== tail.segment) {
      this.#cross(head, tail.segment, (tail.count - indexOf(tail.position)) | 0);
      head.position = beyond(head.position, 0);
    }
    head.position += indexOf(tail.position) - indexOf(head.position);
    head.count = tail.count;
    head.hasMoved = true;
    this.#monitor.afterwards(() =>
      dropCells(this.#heap, first, segments.cells, drop, (left) => segments.give(left)),
    );
  }

  /** The head goes to the end of a segment before its own. */
  #addFirst(head: End): void {
    const { segments } = this.#ring;
    const segment = segments.take();
    this.#heap.poke(segment + NEXT, head.segment | 0);
    this.#cross(head, segment, (head.count - segments.cells) | 0);
    head.position = beyond(head.position, segments.cells);
  }

  /** R2 of the ring. */
  #cross(end: End, segment: number, count: number): void {
    const side = 4 - sideOf(end.position);
    this.#heap.poke(end.word + FIRST_SEGMENT + side, segment | 0);
    this.#heap.store(end.word + FIRST_COUNT + side, count);
    end.segment = segment;
    end.hasCrossed = true;
  }

  #makeRoom(): void {
    const tail = this.#tail;
    if (indexOf(tail.position) !== this.#ring.segments.cells) return;
    tail.segment = this.#ring.addSegment(tail.position);
    tail.position = beyond(tail.position, 0);
    tail.hasCrossed = true;
  }

  #canMove(end: End): boolean {
    return !end.hasCrossed || indexOf(end.position) < this.#ring.segments.cells;
  }

  #take(end: End): void {
    const heap = this.#heap;
    const position = this.#monitor.takeEnd(end.word);
    const side = sideOf(position);
    end.position = position;
    end.segment = heap.peek(end.word + FIRST_SEGMENT + side) >>> 0;
    end.count = (heap.load(end.word + FIRST_COUNT + side) + indexOf(position)) | 0;
    end.start = end.count;
    end.hasCrossed = false;
    end.hasMoved = false;
  }

  #move(end: End, by: 1 | -1): void {
    end.position += by;
    end.count = (end.count + by) | 0;
    end.hasMoved = true;
  }
}

/** Whether there is memory for what a step takes. */
export function isThereMemory(
  step: () => void,
  refused: (refusal: HeapFullError) => void = () => {},
): boolean {
  try {
    step();
    return true;
  } catch (error) {
    if (!(error instanceof HeapFullError)) throw error;
    refused(error);
    return false;
  }
}

function endOf(word: number): End {
  return { word, position: 0, segment: 0, count: 0, start: 0, hasCrossed: false, hasMoved: false };
}

/** Drops the cells of a ring that nobody knows any more, and frees its segments. */
export function freeRing(heap: Heap, ring: Ring, drop: (at: number) => void): void {
  const { head, segments } = ring;
  const position = heap.load(head);
  const first = {
    segment: heap.peek(head + FIRST_SEGMENT + sideOf(position)) >>> 0,
    index: indexOf(position),
    count: ring.size,
  };
  const free = (segment: number): void => heap.free(segment);
  let left = dropCells(heap, first, segments.cells, drop, free);
  // R1 of the ring: one more may be linked.
  while (left !== 0) {
    const next = heap.peek(left + NEXT) >>> 0;
    free(left);
    left = next;
  }
  segments.freeSpare();
}

/** Cells one behind the other. */
interface Run {
  segment: number;
  index: number;
  count: number;
}

/** Drops cells, gives back the segments before that of the last, and gives that. */
function dropCells(
  heap: Heap,
  run: Run,
  cells: number,
  drop: (at: number) => void,
  give: (segment: number) => void,
): number {
  let { segment, index } = run;
  for (let left = run.count; left > 0; left--) {
    if (index === cells) {
      const next = heap.peek(segment + NEXT) >>> 0;
      give(segment);
      segment = next;
      index = 0;
    }
    drop(cellAt(segment, index++));
  }
  return segment;
}
