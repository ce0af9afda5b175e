/**
 * A ring of integers between any number of senders and receivers, on bare `Atomics`: what the duties of a queue cost at least. Each end is
 * taken by an exchange and left by a store, as those of Heddle's queues are; the items are as far apart as theirs. No objects, no end, no
 * fairness, and a thread that dies with an end stops all others.
 *
 * | word       | what                                                                           |
 * | ---------- | ------------------------------------------------------------------------------ |
 * | 0, 16      | how many were sent, and received; TAKEN while a thread has that end            |
 * | 1, 17      | how many may be sent, and received, as far as who took that end last had seen  |
 * | 32, 48     | 1 while a sender, or a receiver, sleeps or is about to                         |
 * | 64 + 4 · i | the items, by their number modulo the capacity                                 |
 */
const SENT = 0;
const RECEIVED = 16;
/** From the word of an end on. */
const SEEN = 1;
const SENDER_SLEEPS = 32;
const RECEIVER_SLEEPS = 48;
const ITEMS = 64;
const ITEM_WORDS = 4;

const TAKEN = 1 << 30;
const COUNT = TAKEN - 1;

/** How many looks before it sleeps, and how long it sleeps: another may be woken in its place. */
const LOOKS = 200;
const SLEEP_MS = 1;

/** Bytes of the memory that the threads share. */
export const SHARED_SIDE_BYTES: number = 32 * 1024;

/** One thread's view of the ring. */
export class SharedRing {
  readonly #words: Int32Array;
  readonly #capacity: number;
  /** Where this thread left an end. */
  #guess = 0;

  /** @param capacity - A power of two, for which `memory` has room. */
  constructor(memory: ArrayBufferLike, capacity: number) {
    this.#words = new Int32Array(memory);
    this.#capacity = capacity;
  }

  send(item: number): void {
    const number = this.#take(SENT, RECEIVED, this.#capacity, SENDER_SLEEPS);
    this.#words[this.#placeOf(number)] = item;
    this.#leave(SENT, number, RECEIVER_SLEEPS);
  }

  receive(): number {
    const number = this.#take(RECEIVED, SENT, 0, RECEIVER_SLEEPS);
    const item = this.#words[this.#placeOf(number)]!;
    this.#leave(RECEIVED, number, SENDER_SLEEPS);
    return item;
  }

  #placeOf(number: number): number {
    return ITEMS + ITEM_WORDS * (number & (this.#capacity - 1));
  }

  /** Takes an end once it may move on: it is at most `ahead` before the other one. Gives where it is. */
  #take(end: number, other: number, ahead: number, sleeper: number): number {
    const words = this.#words;
    for (let looks = 0; ; looks++) {
      const found = Atomics.compareExchange(words, end, this.#guess, this.#guess | TAKEN);
      if (found !== this.#guess) {
        this.#guess = found & COUNT;
        continue;
      }
      if (words[end + SEEN]! !== found) return found;
      const limit = (Atomics.load(words, other) + ahead) & COUNT;
      words[end + SEEN] = limit;
      if (limit !== found) return found;
      Atomics.store(words, end, found);
      if (looks > LOOKS) this.#sleep(other, (found - ahead) & COUNT, sleeper);
    }
  }

  #leave(end: number, number: number, sleeper: number): void {
    const words = this.#words;
    this.#guess = (number + 1) & COUNT;
    Atomics.store(words, end, this.#guess);
    if (Atomics.load(words, sleeper) === 0) return;
    Atomics.store(words, sleeper, 0);
    Atomics.notify(words, sleeper);
  }

  #sleep(other: number, stuck: number, sleeper: number): void {
    const words = this.#words;
    Atomics.store(words, sleeper, 1);
    if ((Atomics.load(words, other) & COUNT) === stuck) Atomics.wait(words, sleeper, 1, SLEEP_MS);
  }
}
