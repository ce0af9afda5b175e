/**
 * One thread tells many where work may be found.
 *
 * An entry is a hint, not a right: the right to a piece of work is won on a word of the work itself.
 * So a consumer may die at any step, and a producer may withdraw work, without the ring knowing.
 *
 * @packageDocumentation
 */
import type { Words } from "./heap.ts";

const HEAD = 0;
/** On another cache line than the head: they are written by different threads. */
const TAIL = 64;
const ENTRIES = 128;

/**
 * A ring of `capacity` hints, a power of two: non-zero words.
 *
 * ```text
 * bytes          name     values                         written by
 * 0              head     position of the oldest hint    consumers, by CAS
 * 64             tail     position after the newest      the producer
 * 128 + 4·(p % capacity)  the hint at position p         the producer
 * ```
 *
 * - I1: positions only grow, modulo 2³²; `tail - head` never exceeds the capacity.
 * - I2: a consumer moves `head` past a position only after the work it names was claimed by somebody.
 *   It does so by CAS, so each position is passed once, by whoever comes first.
 * - I3: a consumer may read an old head, by a plain read, and a hint that was overwritten meanwhile. Then it holds a hint that was passed, or a
 *   newer one, which is as good: claiming is decided elsewhere, and its CAS on `head` fails, after which it reads the one there is.
 * - I4: each side looks at the other's word only when what it last saw there says that the ring is full, or empty: as long as
 *   hints come faster than they are passed, or the other way round, their cache lines stay where they are written.
 *
 * Progress: lock-free. Order: hints are offered oldest first.
 */
export class HintRing {
  readonly #words: Words;
  readonly #address: number;
  readonly #capacity: number;
  readonly #mask: number;
  /** The producer's own copies: only it writes the tail, and the head it last saw can only have moved on. */
  #tail = 0;
  #headSeen = 0;
  /** A consumer's own: the position that {@link peekHint} looked at, and the tail it last saw, which can only have moved on. */
  #position = 0;
  #tailSeen = 0;

  /** Zeroed memory of this size is an empty ring. */
  static sizeBytes(capacity: number): number {
    return ENTRIES + 4 * capacity;
  }

  constructor(words: Words, address: number, capacity: number) {
    this.#words = words;
    this.#address = address;
    this.#capacity = capacity;
    this.#mask = capacity - 1;
  }

  /**
   * Producer: adds a hint. False when the ring is full: then nothing was added, and no older hint to the same work
   * may be relied upon, for a consumer may just be passing it.
   */
  publish(hint: number): boolean {
    const words = this.#words;
    if (((this.#tail - this.#headSeen) | 0) >= this.#capacity) {
      this.#headSeen = words.load(this.#address + HEAD);
      if (((this.#tail - this.#headSeen) | 0) >= this.#capacity) return false;
    }
    words.poke(this.#address + ENTRIES + 4 * (this.#tail & this.#mask), hint | 0);
    this.#tail = (this.#tail + 1) | 0;
    words.store(this.#address + TAIL, this.#tail);
    return true;
  }

  /** Consumer: the oldest hint; 0 when there is none. To be followed by a claim, then by {@link advance}. */
  peekHint(): number {
    const words = this.#words;
    // I3.
    const head = words.peek(this.#address + HEAD);
    // I4.
    if (((this.#tailSeen - head) | 0) <= 0) {
      this.#tailSeen = words.load(this.#address + TAIL);
      if (((this.#tailSeen - head) | 0) <= 0) return 0;
    }
    this.#position = head;
    return words.peek(this.#address + ENTRIES + 4 * (head & this.#mask)) >>> 0;
  }

  /** Consumer: I2. Moves past the hint that {@link peekHint} gave, unless another consumer has done so. */
  advance(): void {
    this.#words.compareExchange(this.#address + HEAD, this.#position, (this.#position + 1) | 0);
  }

  /** How many hints there are, those included whose work is already claimed. */
  get size(): number {
    const words = this.#words;
    for (let head = words.load(this.#address + HEAD); ;) {
      const tail = words.load(this.#address + TAIL);
      const headNow = words.load(this.#address + HEAD);
      // Else the two were never together: consumers may even have passed that tail meanwhile.
      if (headNow === head) return (tail - head) | 0;
      head = headNow;
    }
  }
}
