/**
 * What was learned about a model while it was explored: which words matter, and what about them.
 *
 * @packageDocumentation
 */

/** Only grows. What was explored with less of it is worth nothing: it left out switches, or took two states for one. */
export class Knowledge {
  /** Which threads ever touched a word atomically: readers in the low half, writers in the high one. */
  readonly #touchers = new Map<number, number>();
  /** Words that two threads touch, one of them writing: the only ones where an order of steps matters. */
  readonly #contended = new Set<number>();
  /** Words that are accessed plainly: the only ones where it matters when they were accessed. */
  readonly #plain = new Set<number>();
  /** Words that an invariant has read: it may tell the state before a step that changes one from the state after it. */
  readonly #watched = new Set<number>();
  readonly #expectsPlain: boolean;
  #hasPlain: boolean;
  #size = 0;

  /** @param expectsPlain - Whether any word may be accessed plainly. */
  constructor(expectsPlain: boolean) {
    this.#expectsPlain = expectsPlain;
    this.#hasPlain = expectsPlain;
  }

  /** How much is known. */
  get size(): number {
    return this.#size;
  }

  /** Whether there are plain accesses: only then it matters who wrote what somebody has read. */
  get hasPlain(): boolean {
    return this.#hasPlain;
  }

  isContended(address: number): boolean {
    return this.#contended.has(address);
  }

  isPlain(address: number): boolean {
    return this.#expectsPlain || this.#plain.has(address);
  }

  isWatched(address: number): boolean {
    return this.#watched.has(address);
  }

  watch(address: number): void {
    if (this.#watched.has(address)) return;
    this.#watched.add(address);
    this.#size++;
  }

  usePlain(): void {
    if (this.#hasPlain) return;
    this.#hasPlain = true;
    this.#size++;
  }

  accessPlainly(address: number): void {
    if (this.#plain.has(address)) return;
    this.usePlain();
    this.#plain.add(address);
    // Its atomic accesses until now were not written down.
    if (this.#touchers.has(address)) this.#size++;
  }

  /** An access that others may come between. */
  touch(address: number, thread: number, writes: boolean): void {
    const before = this.#touchers.get(address) ?? 0;
    const now = before | (1 << thread) | (writes ? 0x10000 << thread : 0);
    if (now === before) return;
    this.#touchers.set(address, now);
    const threads = now & 0xffff;
    if (now >>> 16 === 0 || (threads & (threads - 1)) === 0 || this.#contended.has(address)) return;
    this.#contended.add(address);
    this.#size++;
  }
}
