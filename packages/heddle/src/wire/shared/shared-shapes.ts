/**
 * The key lists that all threads of a heap know by number, so that messages need not spell them out.
 *
 * ```text
 * bytes      name   values                                        written by
 * 0 + 4·n    block  address of the key block of list n, 0: none   who publishes it, by CAS, once
 *
 * no table ── CAS of SHAPES_WORD, by who first publishes ──▶ table, for ever
 * slot empty ── CAS, by who publishes a list ──▶ the list has the slot's number, for ever
 * ```
 *
 * - H1: a block is whole before its address stands in a slot, and is never written again. So who finds it may read it.
 * - H2: a slot that has a block keeps it as long as the heap. So a number means one list, in all messages of all times.
 * - H3: a list is looked for from the slot that its hash says on, to the first empty slot, and goes there. As no slot is ever emptied, who
 *   comes later passes it: a list has one number at most. Of two who publish at once, one fails to fill the slot, and looks at it again.
 * - H4: who dies in between leaves a block, or a table, that nobody knows, and nothing else.
 *
 * Ordering: a message comes to its reader behind the store that filled the slot.
 * Progress: lock-free: whoever fails has been overtaken, and looks at {@link PROBES} slots at most.
 * Source: a hash table with open addressing, of which nothing is ever removed, so that neither locks nor marks are needed.
 *
 * @packageDocumentation
 */
import { type Heap, HeapFullError, SHAPES_WORD } from "#heap";
import type { Region } from "../hooks.ts";

/** Lists at most. A number must fit in 16 bits. A power of two. */
const SLOTS = 1024;
/** So many slots are looked at for a list: where all of them have others, it gets no number. */
const PROBES = 8;
/** Longer lists get no number either. So all of them take a megabyte at most. */
const LONGEST_BLOCK = 1024;

/** Of a key block: u16 its length, u16 how many keys, u32 its hash. See shapes.ts. */
const LENGTH_MASK = 0xffff;
const HASH = 4;

type Memory = Pick<Heap, "load" | "compareExchange" | "peek" | "poke" | "allocate" | "free" | "bytesTo">;

/** A list has no number. */
export const NO_NUMBER = -1;

/** One thread's view of the lists of a heap. */
export class SharedShapes {
  readonly #heap: Memory;
  readonly #slots: number;
  #table = 0;

  /** @param slots - A power of two, the same in all threads. */
  constructor(heap: Memory, slots: number = SLOTS) {
    this.#heap = heap;
    this.#slots = slots;
  }

  /**
   * Gives a list its number, the same in every thread and for ever.
   *
   * @param block - Its key block, as words.
   * @returns {@link NO_NUMBER} when the table has no room for it, or the heap none: it has to be spelled out. So may it be
   * asked again, or be a list that another thread has given a number since.
   */
  publish(block: Int32Array): number {
    if (block.length * 4 > LONGEST_BLOCK) return NO_NUMBER;
    try {
      return this.#publish(block);
    } catch (error) {
      if (error instanceof HeapFullError) return NO_NUMBER;
      throw error;
    }
  }

  /** Where the key block of a number stands; 0 when no list has it. */
  find(number: number): number {
    const table = this.#tableNow();
    return table === 0 || number >= this.#slots ? 0 : this.#heap.load(table + 4 * number) >>> 0;
  }

  /** The bytes of a key block. */
  regionAt(block: number): Region {
    const end = block + (this.#heap.peek(block) & LENGTH_MASK);
    return { bytes: this.#heap.bytesTo(end), start: block, end };
  }

  #publish(block: Int32Array): number {
    const heap = this.#heap;
    const table = this.#tableNow() || this.#makeTable();
    const first = block[HASH / 4]!;
    let own = 0;
    for (let probe = 0; probe < PROBES; probe++) {
      const number = (first + probe) & (this.#slots - 1);
      const slot = table + 4 * number;
      let found = heap.load(slot) >>> 0;
      if (found === 0) {
        if (own === 0) own = this.#write(block);
        // H1, H2.
        found = heap.compareExchange(slot, 0, own | 0) >>> 0;
        if (found === 0) return number;
      }
      // H3. That of another thread, perhaps, which came first.
      if (!this.#isAt(found, block)) continue;
      if (own !== 0) heap.free(own);
      return number;
    }
    if (own !== 0) heap.free(own);
    return NO_NUMBER;
  }

  #write(block: Int32Array): number {
    const heap = this.#heap;
    const address = heap.allocate(4 * block.length);
    for (let i = 0; i < block.length; i++) heap.poke(address + 4 * i, block[i]!);
    return address;
  }

  #isAt(address: number, block: Int32Array): boolean {
    for (let i = 0; i < block.length; i++) if (this.#heap.peek(address + 4 * i) !== block[i]) return false;
    return true;
  }

  #tableNow(): number {
    return this.#table === 0 ? (this.#table = this.#heap.load(SHAPES_WORD) >>> 0) : this.#table;
  }

  #makeTable(): number {
    const heap = this.#heap;
    const made = heap.allocate(4 * this.#slots);
    for (let i = 0; i < this.#slots; i++) heap.poke(made + 4 * i, 0);
    const before = heap.compareExchange(SHAPES_WORD, 0, made | 0) >>> 0;
    if (before !== 0) heap.free(made);
    return (this.#table = before === 0 ? made : before);
  }
}
