/**
 * What a thread holds, written down in the heap: for when it ends without letting go.
 *
 * ```text
 * block   word 0   address of the next block, or 0   its thread
 *         word 1   how many entries follow           its thread, before the block is linked
 *         …        a claim, or 0                     its thread; after its end whoever settles the ledger
 * ```
 *
 * - L1: an entry is written after the claim is taken, and cleared before it is given up. So a thread that ends in
 *   between leaves a claim that nobody gives up, never one that is given up twice.
 *
 * @packageDocumentation
 */
import { giveUpClaim, takeClaim } from "./claims.ts";
import type { Heap } from "./heap.ts";

const NEXT = 0;
const COUNT = 4;
const ENTRIES = 8;

const FIRST_ENTRIES = 62;
const MORE_ENTRIES = 1022;

/** One thread's list of its claims. */
export class Ledger {
  /** Where the ledger begins. */
  readonly address: number;
  readonly #heap: Heap;
  readonly #free: number[] = [];
  #last: number;
  #isClosed = false;

  constructor(heap: Heap) {
    this.#heap = heap;
    this.address = this.#last = this.#addBlock(FIRST_ENTRIES);
  }

  /**
   * Notes a claim that this thread has already. Gives the entry.
   *
   * @throws `HeapFullError` when there is no room for the entry. The claim is still the caller's.
   */
  note(claim: number): number {
    this.#makeRoom();
    return this.#enter(claim);
  }

  /**
   * Takes up a claim. Gives the entry.
   *
   * @throws `HeapFullError` when there is no room for the entry. Nothing was taken.
   */
  take(claim: number): number {
    this.#makeRoom();
    takeClaim(this.#heap, claim);
    return this.#enter(claim);
  }

  /** Gives up the claim of an entry. */
  giveUp(entry: number): void {
    if (this.#isClosed) return;
    const claim = this.#heap.peek(entry);
    // L1.
    this.#heap.store(entry, 0);
    this.#free.push(entry);
    giveUpClaim(this.#heap, claim);
  }

  /** From now on others give up what is left in it. */
  close(): void {
    this.#isClosed = true;
  }

  #enter(claim: number): number {
    const entry = this.#free.pop()!;
    this.#heap.store(entry, claim);
    return entry;
  }

  #makeRoom(): void {
    if (this.#free.length > 0) return;
    const block = this.#addBlock(MORE_ENTRIES);
    this.#heap.store(this.#last + NEXT, block | 0);
    this.#last = block;
  }

  #addBlock(entries: number): number {
    const heap = this.#heap;
    const block = heap.allocate(ENTRIES + 4 * entries);
    heap.poke(block + NEXT, 0);
    heap.poke(block + COUNT, entries);
    for (let i = entries - 1; i >= 0; i--) {
      heap.poke(block + ENTRIES + 4 * i, 0);
      this.#free.push(block + ENTRIES + 4 * i);
    }
    return block;
  }
}

/** Gives up what a thread held that has ended, and frees its ledger. To be called once. */
export function settleLedger(heap: Heap, ledger: number): void {
  for (let block = ledger; block !== 0;) {
    const count = heap.load(block + COUNT);
    for (let i = 0; i < count; i++) {
      const claim = heap.load(block + ENTRIES + 4 * i);
      if (claim !== 0) giveUpClaim(heap, claim);
    }
    const next = heap.load(block + NEXT) >>> 0;
    heap.free(block);
    block = next;
  }
}
