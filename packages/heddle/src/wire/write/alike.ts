/**
 * Finds an object among others by what stands in it: only those that hold the same are compared.
 *
 * ```text
 * words    name    values                                     written by
 * 0 + 2·s  number  of the object in slot s, and 1; 0: free     add
 * 1 + 2·s  hash    of it                                      add
 * ```
 *
 * - A1: an object has the same hash as long as nothing in it changes. So one that comes again is found from the same slot on.
 * - A2: no slot is emptied before {@link Alike.begin}, and an object goes into the first free one from its own on. So who comes to a
 *   free slot has passed all that an equal hash could have brought there.
 *
 * Source: a hash table with open addressing. Departs from it: where many hold the same, a set is
 * asked, which takes four times as long: V8 has to give each object a hash first.
 *
 * @packageDocumentation
 */

/** So many others that lie in the way are passed: more than lie in a row where hashes differ, in a table that is half full. */
const PROBES = 256;
/** So many others with the same hash are compared. */
const COMPARISONS = 4;
/** A larger table is not kept for the next message. */
const KEPT_WORDS = 32_768;
/** A power of two. Half of the slots are free at the least. */
const FEWEST_SLOTS = 64;
/** 2³² divided by the golden ratio: multiplied by it, hashes that follow one another are spread over all slots. */
const SPREAD = 0x9e3779b1;

/** The elements of a list, which are objects, as far as they have been added. */
export class Alike {
  /** More of them than the present table has, perhaps. */
  #words: Int32Array = new Int32Array(0);
  #mask = 0;
  #shift = 0;
  /** All that were added, where too many of them hold the same. */
  #set: Set<unknown> | undefined = undefined;

  /** Begins an empty table for so many elements. */
  begin(count: number): void {
    this.#set = undefined;
    const bits = 32 - Math.clz32(Math.max(FEWEST_SLOTS, 2 * count) - 1);
    const words = 2 ** (bits + 1);
    if (words <= this.#words.length) this.#words.fill(0, 0, words);
    else this.#words = new Int32Array(words);
    this.#mask = words - 1;
    this.#shift = 32 - bits;
  }

  /**
   * Adds the element at `index`, after all before it.
   *
   * @param hash - 32 bits that depend on nothing but what stands in it.
   * @returns False, and nothing was added, if the same object stands before it.
   */
  add(elements: readonly unknown[], index: number, hash: number): boolean {
    const element = elements[index];
    if (this.#set !== undefined) return this.#addToSet(this.#set, element);
    const words = this.#words;
    let at = (Math.imul(hash, SPREAD) >>> this.#shift) << 1;
    let comparisons = 0;
    for (let probe = 0; probe < PROBES && comparisons < COMPARISONS; probe++) {
      const found = words[at]!;
      if (found === 0) {
        words[at] = index + 1;
        words[at + 1] = hash;
        return true;
      }
      if (words[at + 1] === hash) {
        if (elements[found - 1] === element) return false;
        comparisons++;
      }
      at = (at + 2) & this.#mask;
    }
    return this.#addToSet((this.#set = new Set(elements.slice(0, index))), element);
  }

  #addToSet(set: Set<unknown>, element: unknown): boolean {
    const { size } = set;
    return set.add(element).size > size;
  }

  /** Lets go of all. */
  end(): void {
    this.#set = undefined;
    if (this.#words.length > KEPT_WORDS) this.#words = new Int32Array(0);
  }
}
