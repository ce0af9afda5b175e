/**
 * The words of a model's heap: what they hold, who has touched them, and a way back.
 *
 * @packageDocumentation
 */
import { type Clock, type Times, UNTOUCHED } from "./clocks.ts";

/** A word, as it is at one moment. Never changed, only replaced. */
export interface Word {
  readonly value: number;
  /** Which step of which history wrote the value. */
  readonly origin: number;
  /** What an atomic read of the value learns; nothing when it was written plainly, or before the threads began. */
  readonly released: Clock | undefined;
  readonly times: Times;
}

export const ZERO: Word = { value: 0, origin: 0, released: undefined, times: UNTOUCHED };

/** The word that holds how many pages there are, and the one of serial numbers: no words of the heap itself. */
export const PAGE_COUNT = -4;
export const SERIAL = -8;

/** A way back to how the memory was. */
export interface MemoryMark {
  readonly logLength: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Words by address, with a log of what was replaced, and two hashes over all of them.
 */
export class Memory {
  /** Whether words from `FIRST_BLOCK` on belong to blocks. */
  hasBlocks = true;
  readonly #words = new Map<number, Word>();
  readonly #log: { readonly address: number; readonly before: Word | undefined }[] = [];
  #low = 0;
  #high = 0;

  /** The word at an address; undefined until it is written. */
  get(address: number): Word | undefined {
    return this.#words.get(address);
  }

  /** The word at an address, zero until it is written. */
  at(address: number): Word {
    return this.#words.get(address) ?? ZERO;
  }

  put(address: number, word: Word): void {
    const before = this.#words.get(address);
    this.#log.push({ address, before });
    this.#words.set(address, word);
    if (before !== undefined) {
      if (before.value === word.value && before.origin === word.origin) return;
      this.#toggle(address, before);
    }
    this.#toggle(address, word);
  }

  /** Makes a word as if it had never been written. */
  remove(address: number): void {
    const before = this.#words.get(address);
    if (before === undefined) return;
    this.#log.push({ address, before });
    this.#words.delete(address);
    this.#toggle(address, before);
  }

  /** Writes from outside all threads: before they begin, or to look around after they have ended. */
  write(address: number, value: number): void {
    this.put(address, { ...ZERO, value });
  }

  /** The addresses of all words that were written. */
  addresses(): IterableIterator<number> {
    return this.#words.keys();
  }

  /** With `high`, equal for two memories of equal content and origins, and hardly for others. */
  get low(): number {
    return this.#low;
  }

  get high(): number {
    return this.#high;
  }

  mark(): MemoryMark {
    return { logLength: this.#log.length, low: this.#low, high: this.#high };
  }

  rewind(mark: MemoryMark): void {
    while (this.#log.length > mark.logLength) {
      const { address, before } = this.#log.pop()!;
      if (before === undefined) this.#words.delete(address);
      else this.#words.set(address, before);
    }
    this.#low = mark.low;
    this.#high = mark.high;
  }

  #toggle(address: number, word: Word): void {
    this.#low ^= mix(mix(address, word.value), word.origin);
    this.#high ^= mix(mix(word.value, word.origin), address);
  }
}

/** Joins a number to a hash. */
export function mix(hash: number, value: number): number {
  let mixed = Math.imul(hash ^ (value + 0x9e3779b9 + (hash << 6)), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
