/**
 * Items of which that with the lowest priority is the next, and of equal ones the oldest: a binary heap of blocks.
 *
 * ```text
 * bytes  name       values                                                 written by
 * 64     size       how many items there are                               gate holders
 * 68     directory  address of a block of addresses of chunks; 0: none     gate holders
 * 72     room       how many chunks the directory has room for             gate holders
 * 80     youngest   the order of the item that was put last, a double      gate holders
 * 88     eldest     the order of the item that was put back last, below 0  gate holders
 *
 * directory ──▶ [ chunk | chunk | 0 | … ]    chunk ──▶ 1024 addresses of items, as a heap
 *
 * item   bytes 0-15 cell, 16-23 priority, 24-31 order     who puts it, once
 * ```
 *
 * - H1: an item's block does not change, so the heap is changed by moving addresses: as many words as the heap has levels.
 * - H2: a chunk is added before it is used, one at a time; one more than is used is kept.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import type { Monitor } from "../../sync/index.ts";
import {
  type Item,
  ITEM_BYTES,
  type ItemCounts,
  type Items,
  readDouble,
  readItem,
  writeDouble,
  writeItem,
} from "./items.ts";
import { ITEMS, PUT_COUNT } from "./queue-layout.ts";

const SIZE = ITEMS;
const DIRECTORY = ITEMS + 4;
const ROOM = ITEMS + 8;
const YOUNGEST = ITEMS + 16;
const ELDEST = ITEMS + 24;

const PRIORITY = 16;
const ORDER = ITEM_BYTES;
const BLOCK_BYTES = ITEM_BYTES + 8;

const CHUNK_SHIFT = 10;
const CHUNK_ITEMS = 1 << CHUNK_SHIFT;
const FIRST_ROOM = 14;

/** So many items may move in one section: each changes a word for each level of the heap. */
const MOVES = 8;

export class HeapItems implements Items, ItemCounts {
  readonly #heap: Heap;
  readonly #monitor: Monitor;
  readonly #object: number;
  #moves = 0;
  /** How many items there were when the section began. */
  #live = 0;

  constructor(heap: Heap, monitor: Monitor, object: number) {
    this.#heap = heap;
    this.#monitor = monitor;
    this.#object = object;
  }

  open(): void {
    this.#moves = MOVES;
    this.#live = this.size;
  }

  close(): void {}

  get size(): number {
    return this.#heap.load(this.#object + SIZE);
  }

  get putCount(): number {
    return this.#heap.load(this.#object + PUT_COUNT);
  }

  get canPut(): boolean {
    return this.#moves > 0;
  }

  get canTake(): boolean {
    return this.#moves > 0;
  }

  put(item: Item): void {
    const order = readDouble(this.#heap, this.#object + YOUNGEST) + 1;
    this.#add(item, order);
    this.#writeOrder(YOUNGEST, order);
    this.#monitor.store(this.#object + PUT_COUNT, (this.putCount + 1) | 0);
  }

  putBack(item: Item): void {
    const order = readDouble(this.#heap, this.#object + ELDEST) - 1;
    this.#add(item, order);
    this.#writeOrder(ELDEST, order);
  }

  take(item: Item): void {
    this.#moves--;
    const heap = this.#heap;
    const first = this.#at(0);
    const size = this.size - 1;
    readItem(heap, first, item);
    if (size > 0) this.#sink(this.#at(size), size);
    this.#monitor.store(this.#object + SIZE, size);
    this.#monitor.afterwards(() => heap.free(first));
    if ((size & (CHUNK_ITEMS - 1)) === 0) this.#giveBack((size >>> CHUNK_SHIFT) + 1);
  }

  takeAll(drop: (at: number) => void): void {
    const { size } = this;
    this.#monitor.store(this.#object + SIZE, 0);
    this.#monitor.afterwards(() => this.#dropAll(size, drop));
  }

  /** Drops the items of a queue that nobody has any more, and frees the rest. */
  free(drop: (at: number) => void): void {
    const heap = this.#heap;
    this.#dropAll(this.size, drop);
    const directory = this.#directory;
    if (directory === 0) return;
    for (let i = 0; i < this.#room; i++) {
      const chunk = heap.peek(directory + 4 * i) >>> 0;
      if (chunk !== 0) heap.free(chunk);
    }
    heap.free(directory);
  }

  #dropAll(size: number, drop: (at: number) => void): void {
    for (let i = 0; i < size; i++) {
      const block = this.#at(i);
      drop(block);
      this.#heap.free(block);
    }
  }

  get #directory(): number {
    return this.#heap.peek(this.#object + DIRECTORY) >>> 0;
  }

  get #room(): number {
    return this.#heap.peek(this.#object + ROOM);
  }

  #place(index: number): number {
    const chunk = this.#heap.peek(this.#directory + 4 * (index >>> CHUNK_SHIFT)) >>> 0;
    return chunk + 4 * (index & (CHUNK_ITEMS - 1));
  }

  #at(index: number): number {
    return this.#heap.peek(this.#place(index)) >>> 0;
  }

  #set(index: number, block: number): void {
    // What was no item's place when the section began need not be there again.
    if (index >= this.#live) this.#heap.poke(this.#place(index), block | 0);
    else this.#monitor.write(this.#place(index), block | 0);
  }

  #writeOrder(word: number, order: number): void {
    const monitor = this.#monitor;
    writeDouble({ poke: (address, value) => monitor.write(address, value) }, this.#object + word, order);
  }

  #add(item: Item, order: number): void {
    this.#moves--;
    const heap = this.#heap;
    const { size } = this;
    // H2. A directory, and a chunk, do no harm if the next step fails.
    if (size >>> CHUNK_SHIFT >= this.#room) this.#growDirectory();
    if (heap.peek(this.#directory + 4 * (size >>> CHUNK_SHIFT)) === 0) this.#addChunk(size >>> CHUNK_SHIFT);
    const block = heap.allocate(BLOCK_BYTES);
    writeItem(heap, block, item);
    writeDouble(heap, block + ORDER, order);
    this.#rise(block, size);
    this.#monitor.store(this.#object + SIZE, size + 1);
  }

  /** Puts a block where index is free, or above. */
  #rise(block: number, free: number): void {
    let index = free;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      const above = this.#at(parent);
      if (!this.#isBefore(block, above)) break;
      this.#set(index, above);
      index = parent;
    }
    this.#set(index, block);
  }

  /** Puts a block at the top, which is free, or below. */
  #sink(block: number, size: number): void {
    let index = 0;
    for (let child = 1; child < size; child = 2 * index + 1) {
      let below = this.#at(child);
      if (child + 1 < size) {
        const other = this.#at(child + 1);
        if (this.#isBefore(other, below)) {
          below = other;
          child++;
        }
      }
      if (!this.#isBefore(below, block)) break;
      this.#set(index, below);
      index = child;
    }
    this.#set(index, block);
  }

  #isBefore(one: number, other: number): boolean {
    const heap = this.#heap;
    const priority = readDouble(heap, one + PRIORITY);
    const otherPriority = readDouble(heap, other + PRIORITY);
    if (priority !== otherPriority) return priority < otherPriority;
    return readDouble(heap, one + ORDER) < readDouble(heap, other + ORDER);
  }

  #addChunk(index: number): void {
    const chunk = this.#heap.allocate(4 * CHUNK_ITEMS);
    this.#monitor.write(this.#directory + 4 * index, chunk | 0);
  }

  #growDirectory(): void {
    const heap = this.#heap;
    const monitor = this.#monitor;
    const [before, room] = [this.#directory, this.#room];
    const more = room === 0 ? FIRST_ROOM : 2 * room;
    const directory = heap.allocate(4 * more);
    for (let i = 0; i < more; i++) heap.poke(directory + 4 * i, i < room ? heap.peek(before + 4 * i) : 0);
    monitor.write(this.#object + DIRECTORY, directory | 0);
    monitor.write(this.#object + ROOM, more);
    if (before !== 0) monitor.afterwards(() => heap.free(before));
  }

  #giveBack(index: number): void {
    const heap = this.#heap;
    if (index >= this.#room) return;
    const place = this.#directory + 4 * index;
    const chunk = heap.peek(place) >>> 0;
    if (chunk === 0) return;
    this.#monitor.write(place, 0);
    this.#monitor.afterwards(() => heap.free(chunk));
  }
}
