/**
 * The blocks that a ring is a chain of.
 *
 * ```text
 * bytes  name   values                                           written by
 * 0      next   address of the segment behind it; 0: none        who has the ring's tail
 * 16 …   cells  16 bytes each, see cells.ts                      who has the ring's tail; once it is there, who has the head
 * ```
 *
 * One that has been emptied is kept for the next that is needed, so a queue whose size goes up and down takes none from
 * the heap; what is more goes back to the heap.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { CELL_BYTES } from "./cell-words.ts";

/** How many cells a segment has: with its header it is a block of 4 KiB. */
export const SEGMENT_CELLS = 255;

export const NEXT = 0;
const FIRST_CELL = 16;

/** Where a cell of a segment stands. */
export const cellAt = (segment: number, index: number): number => segment + FIRST_CELL + CELL_BYTES * index;

/** What takes and gives back segments. */
export class Segments {
  readonly #heap: Heap;
  /** The word of the one that is kept. */
  readonly #spare: number;
  /** How many cells each has. */
  readonly cells: number;

  constructor(heap: Heap, spare: number, cells: number) {
    this.#heap = heap;
    this.#spare = spare;
    this.cells = cells;
  }

  /** A segment with nothing behind it. Throws `HeapFullError`. */
  take(): number {
    const heap = this.#heap;
    const spare = heap.exchange(this.#spare, 0) >>> 0;
    const segment = spare === 0 ? heap.allocate(FIRST_CELL + CELL_BYTES * this.cells) : spare;
    heap.poke(segment + NEXT, 0);
    return segment;
  }

  /** Gives one back that nobody knows any more. */
  give(segment: number): void {
    const heap = this.#heap;
    if (heap.compareExchange(this.#spare, 0, segment | 0) !== 0) heap.free(segment);
  }

  /** Gives back the one that is kept, too. */
  freeSpare(): void {
    const heap = this.#heap;
    const spare = heap.exchange(this.#spare, 0) >>> 0;
    if (spare !== 0) heap.free(spare);
  }
}
