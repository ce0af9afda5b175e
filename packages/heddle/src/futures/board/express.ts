/**
 * Hints at calls that go before those in the ring, in an order that can be changed.
 *
 * @packageDocumentation
 */
import { HintRing, type Words } from "#heap";

/** More hints than this are not offered at once. */
const CAPACITY = 1024;

const CURRENT = 0;
/** On a cache line of its own: it hardly ever changes, and workers read it before each call. */
const RINGS = 64;

/**
 * Two rings, of which at most one is looked at. A new order is written into the other one.
 *
 * ```text
 * bytes                  name      values                          written by
 * 0                      current   which ring counts: 1, 2; or 0   the producer
 * 64                     ring 1    hints                           as in hint-ring.ts
 * 64 + size of a ring    ring 2    hints
 *
 *                 begin         publish …       commit
 * current: a ─────────────▶ a ───────────▶ a ──────────▶ b = 3 - a, and ring a is emptied
 * ```
 *
 * - E1: whoever claims by {@link claim} finds, at any moment, either the old order or the new one, less what was claimed: never an
 *   empty ring, nor a part of one, while there are hints.
 * - E2: as with a single ring, the right to a piece of work is won on a word of its own: one that stands in both rings, or was read
 *   from the old one, is run once.
 */
export class Express {
  readonly #words: Words;
  readonly #address: number;
  readonly #rings: readonly HintRing[];
  /** The producer's own: which ring it writes into. */
  #written = 0;

  /** Zeroed memory of this size is an express without hints. */
  static readonly SIZE_BYTES: number = RINGS + 2 * HintRing.sizeBytes(CAPACITY);

  constructor(words: Words, address: number, capacity: number = CAPACITY) {
    this.#words = words;
    this.#address = address;
    this.#rings = [0, 1].map(
      (i) => new HintRing(words, address + RINGS + i * HintRing.sizeBytes(capacity), capacity),
    );
  }

  /** How many hints there are. */
  get size(): number {
    const current = this.#current();
    return current === 0 ? 0 : this.#rings[current - 1]!.size;
  }

  /**
   * E1. Consumer: has the hints of the order that counts claimed from, until something was. Cost while there are none: a plain read, which may
   * give what held a moment ago.
   *
   * @param from - Claims from a ring. Gives what it has claimed; 0 for nothing.
   */
  claim(from: (ring: HintRing) => number): number {
    if (this.#words.peek(this.#address + CURRENT) === 0) return 0;
    for (let current = this.#current(); current !== 0;) {
      const claimed = from(this.#rings[current - 1]!);
      if (claimed !== 0) return claimed;
      // It may have been emptied for another to count.
      const now = this.#current();
      if (now === current) return 0;
      current = now;
    }
    return 0;
  }

  /** Producer: what is published from now on is in a new order. */
  begin(): void {
    this.#written = this.#written === 1 ? 2 : 1;
  }

  /** Producer: adds a hint, in the order that was begun last. */
  publish(hint: number): void {
    this.#rings[this.#written - 1]!.publish(hint);
  }

  /** Producer: the new order counts, and the old one no more. */
  commit(): void {
    this.#words.store(this.#address + CURRENT, this.#written);
    this.#empty(3 - this.#written);
  }

  /** Producer: there are no more hints. */
  end(): void {
    this.#words.store(this.#address + CURRENT, 0);
    this.#empty(this.#written);
  }

  #current(): number {
    return this.#words.load(this.#address + CURRENT);
  }

  #empty(which: number): void {
    const ring = this.#rings[which - 1]!;
    while (ring.peekHint() !== 0) ring.advance();
  }
}
