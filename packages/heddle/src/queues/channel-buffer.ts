/**
 * The values that stand in a channel: a block of cells, used round and round, under the channel's gate.
 *
 * ```text
 * bytes  name   values                                                  written by
 * 0      block  address of 16 bytes for each cell; 0: there is none     gate holders
 * 4      room   how many cells the block has                            gate holders
 * 8      first  the index of the oldest value                           gate holders
 * 12     count  how many values there are                               gate holders
 *
 *            first        first + count
 *              ▼              ▼
 * block  [ – – x x x x x x x – – – ]
 * ```
 *
 * - F1: cells outside of first … first + count mean nothing. So a cell is written before the count says so, and one that was
 *   left is there again if the section is undone.
 * - F2: the block grows in the section that puts, and a large one goes back when it is empty. Where there is no memory for
 *   it, nothing is put.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import type { Monitor } from "../sync/index.ts";
import { CELL_BYTES, type CellWords, readCell, writeCell } from "./cell-words.ts";

const BLOCK = 0;
const ROOM = 4;
const FIRST = 8;
const COUNT = 12;
export const BUFFER_BYTES = 16;

const SMALLEST_ROOM = 16;
/** A larger block is given back when it is empty. */
const LARGEST_EMPTY_ROOM = 1024;

/** The buffer of one channel. All but `seemsInUse` is called in a section on the channel. */
export class ChannelBuffer {
  readonly #heap: Heap;
  readonly #monitor: Monitor;
  readonly #at: number;

  constructor(heap: Heap, monitor: Monitor, at: number) {
    this.#heap = heap;
    this.#monitor = monitor;
    this.#at = at;
  }

  /** Whether there seems to be a value: without the gate. */
  get seemsInUse(): boolean {
    return this.#heap.load(this.#at + COUNT) !== 0;
  }

  get count(): number {
    return this.#monitor.read(this.#at + COUNT);
  }

  /** Puts a cell behind all others. False, and nothing is changed, if there is no memory for it. */
  put(cell: CellWords): boolean {
    const { count } = this;
    if (count === this.#room && !this.#grow(count)) return false;
    writeCell(this.#heap, this.#cellAt(count), cell);
    this.#monitor.write(this.#at + COUNT, count + 1);
    return true;
  }

  /** As `put`, before all others: where it was taken from. */
  putBack(cell: CellWords): boolean {
    const { count } = this;
    if (count === this.#room && !this.#grow(count)) return false;
    const first = this.#first;
    this.#monitor.write(this.#at + FIRST, (first === 0 ? this.#room : first) - 1);
    writeCell(this.#heap, this.#cellAt(0), cell);
    this.#monitor.write(this.#at + COUNT, count + 1);
    return true;
  }

  /** Takes the oldest cell. There is one. */
  take(cell: CellWords): void {
    const monitor = this.#monitor;
    const first = this.#first;
    const next = first + 1;
    readCell(this.#heap, (monitor.read(this.#at + BLOCK) >>> 0) + CELL_BYTES * first, cell);
    monitor.write(this.#at + FIRST, next === this.#room ? 0 : next);
    monitor.write(this.#at + COUNT, this.count - 1);
  }

  /** F2. After what was taken. */
  shrink(): void {
    if (this.count === 0 && this.#room > LARGEST_EMPTY_ROOM) this.#use(0, 0);
  }

  get #room(): number {
    return this.#monitor.read(this.#at + ROOM);
  }

  get #first(): number {
    return this.#monitor.read(this.#at + FIRST);
  }

  #cellAt(index: number): number {
    const room = this.#room;
    const place = this.#first + index;
    return (this.#monitor.read(this.#at + BLOCK) >>> 0) + CELL_BYTES * (place >= room ? place - room : place);
  }

  /** F2. */
  #grow(count: number): boolean {
    const heap = this.#heap;
    const room = Math.max(SMALLEST_ROOM, 2 * count);
    let block: number;
    try {
      block = heap.allocate(CELL_BYTES * room);
    } catch {
      return false;
    }
    const cell: CellWords = { w0: 0, w1: 0, w2: 0, w3: 0 };
    for (let i = 0; i < count; i++) {
      readCell(heap, this.#cellAt(i), cell);
      writeCell(heap, block + CELL_BYTES * i, cell);
    }
    this.#use(block, room);
    return true;
  }

  #use(block: number, room: number): void {
    const monitor = this.#monitor;
    const before = monitor.read(this.#at + BLOCK) >>> 0;
    monitor.write(this.#at + BLOCK, block | 0);
    monitor.write(this.#at + ROOM, room);
    monitor.write(this.#at + FIRST, 0);
    if (before !== 0) monitor.afterwards(() => this.#heap.free(before));
  }
}

/** The cells of a buffer that nobody has any more, oldest first; then its block is freed. */
export function* lastCells(heap: Heap, at: number): Iterable<number> {
  const block = heap.peek(at + BLOCK) >>> 0;
  if (block === 0) return;
  const room = heap.peek(at + ROOM);
  const first = heap.peek(at + FIRST);
  const count = heap.peek(at + COUNT);
  for (let i = 0; i < count; i++) yield block + CELL_BYTES * ((first + i) % room);
  heap.free(block);
}
