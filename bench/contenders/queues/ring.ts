/**
 * A ring of integers between one sender and one receiver, on bare `Atomics`: how fast two threads, or processes, can be. No several
 * senders, no objects, no end, no fairness.
 *
 * | word     | what                                                        |
 * | -------- | ----------------------------------------------------------- |
 * | 0        | how many were sent; written by the sender                   |
 * | 16       | how many were received; written by the receiver             |
 * | 32, 48   | 1 while the sender, or the receiver, sleeps or is about to: |
 * |          | it sleeps on this word, which the other sets to 0           |
 * | 64 …     | the items, by their number modulo the capacity              |
 */
const SENT = 0;
const RECEIVED = 16;
const SENDER_SLEEPS = 32;
const RECEIVER_SLEEPS = 48;
const ITEMS = 64;

/** Bytes of the memory that the two threads of a bare contender share, without what records take. */
export const SIDE_BYTES: number = 16 * 1024;

/** How a side sleeps on a word of the ring, and is woken. */
export interface Sleep {
  wait(words: Int32Array, word: number, expected: number): void;
  wake(words: Int32Array, word: number): void;
}

const BETWEEN_THREADS: Sleep = {
  wait: (words, word, expected) => void Atomics.wait(words, word, expected),
  wake: (words, word) => void Atomics.notify(words, word, 1),
};

/** One side's view of the ring. */
export class Ring {
  readonly #words: Int32Array;
  readonly #sleep: Sleep;
  readonly #mask: number;
  /** This side's own count. */
  #own = 0;
  /** The other side's count when it was last read. */
  #other = 0;

  /** @param capacity - A power of two, for which `memory` has room. */
  constructor(memory: ArrayBufferLike, capacity: number, sleep: Sleep = BETWEEN_THREADS) {
    this.#words = new Int32Array(memory);
    this.#sleep = sleep;
    this.#mask = capacity - 1;
  }

  send(item: number): void {
    this.#words[ITEMS + this.awaitRoom()] = item;
    this.sent();
  }

  receive(): number {
    const item = this.#words[ITEMS + this.awaitItem()]!;
    this.received();
    return item;
  }

  /** Waits for room. Gives the place of the next item, of as many as the ring has; to be followed by {@link sent}. */
  awaitRoom(): number {
    const number = this.#own;
    if (((number - this.#other) | 0) > this.#mask) this.#awaitOther(RECEIVED, SENDER_SLEEPS, this.#mask);
    return number & this.#mask;
  }

  /** The item is in its place. */
  sent(): void {
    this.#own = (this.#own + 1) | 0;
    this.#publish(SENT, RECEIVER_SLEEPS);
  }

  /** Waits for an item. Gives its place; to be followed by {@link received}. */
  awaitItem(): number {
    const number = this.#own;
    if (number === this.#other) this.#awaitOther(SENT, RECEIVER_SLEEPS, undefined);
    return number & this.#mask;
  }

  /** The item is no longer needed in its place. */
  received(): void {
    this.#own = (this.#own + 1) | 0;
    this.#publish(RECEIVED, SENDER_SLEEPS);
  }

  #publish(count: number, sleeper: number): void {
    Atomics.store(this.#words, count, this.#own);
    if (Atomics.load(this.#words, sleeper) === 1) {
      Atomics.store(this.#words, sleeper, 0);
      this.#sleep.wake(this.#words, sleeper);
    }
  }

  /** Waits until the other side's count leaves room (for a sender), or differs from ours (for a receiver). */
  #awaitOther(count: number, sleeper: number, mask: number | undefined): void {
    const words = this.#words;
    const mustWait = (other: number): boolean =>
      mask === undefined ? other === this.#own : ((this.#own - other) | 0) > mask;
    let other = Atomics.load(words, count);
    for (let turn = 0; turn < 200 && mustWait(other); turn++) other = Atomics.load(words, count);
    while (mustWait(other)) {
      Atomics.store(words, sleeper, 1);
      if (mustWait(Atomics.load(words, count))) this.#sleep.wait(words, sleeper, 1);
      Atomics.store(words, sleeper, 0);
      other = Atomics.load(words, count);
    }
    this.#other = other;
  }
}
