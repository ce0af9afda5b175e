/**
 * The word by which the owner of a stream tells the worker how to go on.
 *
 * ```text
 * bit 0      turned over with each batch that the owner has taken          written by the owner only, once the stream
 * bit 1      nobody reads any more                                         is open; by the worker, 0, before that
 * bits 2-31  how many values the generator may have yielded, modulo 2³⁰
 *
 *                    hand over                  acknowledge, or credits, or left: ring
 * worker has slot ───────────────▶ owner has it ─────────────────────────────────────▶ worker has slot
 *       │  ▲                                                                                │
 *       └──┴── steps, while there are credits and nobody has left ◀──────────────────────────┘
 * ```
 *
 * - F1: the slot is written by the worker only while bit 0 is as it was left by the acknowledgement of the last batch.
 * - F2: what is yielded and was not read never exceeds the capacity.
 * - F3: a worker that waits has looked at the word before it decided to, and waits for another value than that: so it misses
 *   nothing. The owner rings with every change.
 *
 * @packageDocumentation
 */
import type { Words } from "#heap";

const ACKNOWLEDGED = 1;
const LEFT = 2;
const CREDIT_SHIFT = 2;

/** How many values may be unread where nobody says. */
export const DEFAULT_BUFFER = 256;
/** A reader may be behind by so many values at most. */
export const LARGEST_BUFFER: number = 2 ** 24;

/** The worker's side. */
export class WorkerFlow {
  readonly #words: Words;
  /** Where the word is. */
  readonly address: number;
  /** Modulo 2³⁰, as the word has it. */
  #yielded = 0;
  /** What bit 0 is when the slot is the worker's. */
  #awaited = 0;

  /** Begins a stream. The slot is the worker's. */
  constructor(words: Words, address: number) {
    this.#words = words;
    this.address = address;
    words.store(address, 0);
  }

  get word(): number {
    return this.#words.load(this.address);
  }

  /** F1. Whether the slot may be written. */
  get isFree(): boolean {
    return (this.word & ACKNOWLEDGED) === this.#awaited;
  }

  /** Whether nobody reads any more. */
  get isLeft(): boolean {
    return (this.word & LEFT) !== 0;
  }

  /** F2. How many more values may be yielded now. */
  get room(): number {
    return (this.word - (this.#yielded << CREDIT_SHIFT)) >>> CREDIT_SHIFT;
  }

  noteYield(): void {
    this.#yielded++;
  }

  /** The slot is the owner's, from its being put into the done list on. */
  noteHandOver(): void {
    this.#awaited ^= ACKNOWLEDGED;
  }
}

/** The owner's side. */
export class OwnerFlow {
  readonly #words: Words;
  readonly #address: number;
  readonly #capacity: number;
  #read = 0;
  /** What the worker knows of that: not each value is worth a change of the word. */
  #readKnown = 0;
  #isLeft = false;
  #acknowledged = 0;

  constructor(words: Words, address: number, capacity: number) {
    this.#words = words;
    this.#address = address;
    this.#capacity = capacity;
  }

  /** A batch has been taken out of the slot. */
  acknowledge(): void {
    this.#acknowledged ^= ACKNOWLEDGED;
    this.#tell();
  }

  /** A value was read. Gives whether the worker should be told, as half a buffer was. */
  noteRead(): boolean {
    this.#read++;
    return 2 * (this.#read - this.#readKnown) >= this.#capacity;
  }

  /** Raises the credits to what was read. */
  grant(): void {
    this.#tell();
  }

  leave(): void {
    this.#isLeft = true;
    this.#tell();
  }

  /** F3. */
  #tell(): void {
    this.#readKnown = this.#read;
    const credits = (this.#read + this.#capacity) << CREDIT_SHIFT;
    this.#words.store(this.#address, credits | (this.#isLeft ? LEFT : 0) | this.#acknowledged);
    this.#words.notify(this.#address);
  }
}
