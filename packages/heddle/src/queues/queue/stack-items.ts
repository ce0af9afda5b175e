/**
 * Items of which the youngest is the next: a stack of cells, in segments.
 *
 * ```text
 * bytes  name   values                                                       written by
 * 64     size   how many items there are                                     gate holders
 * 68     top    the segment with the youngest; its link leads to the one     gate holders
 *               below; 0: there was never any
 * 72     used   how many of its cells are in use                             gate holders
 * 76     spare  a segment to be used again; 0                                any thread, by CAS and exchange
 * ```
 *
 * - K1: a cell that was taken, and is written again in the same section, is in the journal, too.
 * - K2: an emptied segment stays the top until the next item is taken, so one that goes up and down takes none.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import type { Monitor } from "../../sync/index.ts";
import { readCell, writeCell } from "../cells/cell-words.ts";
import type { Item, ItemCounts, Items } from "./items.ts";
import { ITEMS, PUT_COUNT } from "./queue-layout.ts";
import { cellAt, NEXT, SEGMENT_CELLS, Segments } from "../cells/segments.ts";

const SIZE = ITEMS;
const TOP = ITEMS + 4;
const USED = ITEMS + 8;
const SPARE = ITEMS + 12;

export class StackItems implements Items, ItemCounts {
  readonly #heap: Heap;
  readonly #monitor: Monitor;
  readonly #object: number;
  readonly #segments: Segments;
  /** How many of the cells above were in use when the section began. */
  #taken = 0;

  constructor(heap: Heap, monitor: Monitor, object: number, cells: number = SEGMENT_CELLS) {
    this.#heap = heap;
    this.#monitor = monitor;
    this.#object = object;
    this.#segments = new Segments(heap, object + SPARE, cells);
  }

  open(): void {
    this.#taken = 0;
  }

  close(): void {}

  get size(): number {
    return this.#heap.load(this.#object + SIZE);
  }

  get putCount(): number {
    return this.#heap.load(this.#object + PUT_COUNT);
  }

  get canPut(): boolean {
    return true;
  }

  get canTake(): boolean {
    return true;
  }

  put(item: Item): void {
    this.putBack(item);
    this.#monitor.store(this.#object + PUT_COUNT, (this.putCount + 1) | 0);
  }

  putBack(item: Item): void {
    const monitor = this.#monitor;
    const { cells } = this.#segments;
    let top = monitor.read(this.#object + TOP) >>> 0;
    let used = monitor.read(this.#object + USED);
    if (top === 0 || used === cells) {
      const below = top;
      top = this.#segments.take();
      used = 0;
      monitor.poke(top + NEXT, below | 0);
      monitor.write(this.#object + TOP, top | 0);
    }
    // K1.
    if (this.#taken > 0) {
      this.#taken--;
      writeCell({ poke: (address, value) => monitor.write(address, value) }, cellAt(top, used), item);
    } else writeCell(this.#heap, cellAt(top, used), item);
    monitor.write(this.#object + USED, used + 1);
    monitor.store(this.#object + SIZE, this.size + 1);
  }

  take(item: Item): void {
    const monitor = this.#monitor;
    let top = monitor.read(this.#object + TOP) >>> 0;
    let used = monitor.read(this.#object + USED);
    if (used === 0) {
      const left = top;
      top = monitor.read(left + NEXT) >>> 0;
      used = this.#segments.cells;
      monitor.write(this.#object + TOP, top | 0);
      monitor.afterwards(() => this.#segments.give(left));
    }
    readCell(this.#heap, cellAt(top, used - 1), item);
    this.#taken++;
    monitor.write(this.#object + USED, used - 1);
    monitor.store(this.#object + SIZE, this.size - 1);
  }

  takeAll(drop: (at: number) => void): void {
    const monitor = this.#monitor;
    const top = monitor.read(this.#object + TOP) >>> 0;
    const used = monitor.read(this.#object + USED);
    monitor.write(this.#object + TOP, 0);
    monitor.write(this.#object + USED, 0);
    monitor.store(this.#object + SIZE, 0);
    monitor.afterwards(() => this.#dropAll(top, used, drop));
  }

  /** Drops the items of a queue that nobody has any more, and frees the segments. */
  free(drop: (at: number) => void): void {
    const heap = this.#heap;
    this.#dropAll(heap.peek(this.#object + TOP) >>> 0, heap.peek(this.#object + USED), drop);
    this.#segments.freeSpare();
  }

  #dropAll(top: number, used: number, drop: (at: number) => void): void {
    for (let segment = top, count = used; segment !== 0; count = this.#segments.cells) {
      for (let i = 0; i < count; i++) drop(cellAt(segment, i));
      const below = this.#heap.peek(segment + NEXT) >>> 0;
      this.#heap.free(segment);
      segment = below;
    }
  }
}
