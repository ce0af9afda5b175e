/**
 * Which records a thread holds, written down in the heap: for when it ends without letting go of them.
 *
 * ```text
 * block   word 0   address of the next block, or 0   its thread
 *         word 1   how many entries follow           its thread, before the block is linked
 *         …        address of a record held, or 0    its thread; after its end whoever settles the ledger
 * ```
 *
 * - L1: an entry is written after the claim is taken, and cleared before it is given up. So a thread that ends in
 *   between leaves a claim that nobody gives up, never one that is given up twice.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";

const NEXT = 0;
const COUNT = 4;
const ENTRIES = 8;

const FIRST_ENTRIES = 62;
const MORE_ENTRIES = 1022;

/** One thread's list of the records it holds. */
export class Ledger {
  /** Where the ledger begins. */
  readonly address: number;
  readonly #heap: Heap;
  readonly #free: number[] = [];
  #last: number;

  constructor(heap: Heap) {
    this.#heap = heap;
    this.address = this.#last = this.#addBlock(FIRST_ENTRIES);
  }

  /** Notes a record that was claimed just now. Gives the entry. */
  enter(record: number): number {
    if (this.#free.length === 0) {
      const block = this.#addBlock(MORE_ENTRIES);
      this.#heap.store(this.#last + NEXT, block | 0);
      this.#last = block;
    }
    const entry = this.#free.pop()!;
    this.#heap.store(entry, record | 0);
    return entry;
  }

  /** Strikes out an entry, whose claim is given up next. */
  strike(entry: number): void {
    this.#heap.store(entry, 0);
    this.#free.push(entry);
  }

  #addBlock(entries: number): number {
    const heap = this.#heap;
    const block = heap.allocate(ENTRIES + 4 * entries);
    heap.bytesTo(block + ENTRIES + 4 * entries).fill(0, block, block + ENTRIES + 4 * entries);
    heap.poke(block + COUNT, entries);
    for (let i = entries - 1; i >= 0; i--) this.#free.push(block + ENTRIES + 4 * i);
    return block;
  }
}

/**
 * Gives up what a thread held that has ended, and frees its ledger.
 *
 * @param release - Gives up one claim.
 */
export function settleLedger(heap: Heap, ledger: number, release: (record: number) => void): void {
  for (let block = ledger; block !== 0;) {
    const count = heap.load(block + COUNT);
    for (let i = 0; i < count; i++) {
      const record = heap.load(block + ENTRIES + 4 * i) >>> 0;
      if (record !== 0) release(record);
    }
    const next = heap.load(block + NEXT) >>> 0;
    heap.free(block);
    block = next;
  }
}
