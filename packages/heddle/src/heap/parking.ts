/**
 * Who of many threads sleeps, who looks for work, and how one of them is woken.
 *
 * Source: the sleep protocols of Go's scheduler (`proc.go`, "spinning" threads) and of rayon-core (`sleep/README.md`).
 * Departs from them: sets of bits instead of counters, so that a thread that is terminated at any step can be
 * taken out afterwards without leaving a count wrong.
 *
 * @packageDocumentation
 */
import type { WaitOutcome, Words } from "./heap.ts";

const WORD_BITS = 32;

/**
 * Places for up to `capacity` threads, each with a bell.
 *
 * ```text
 * bytes (m = ⌈capacity / 32⌉)   name      values                              written by
 * 4·⌊i / 32⌋                    asleep    bit i: thread i sleeps, or will     thread i, by or; any, by and
 * 4·m + 4·⌊i / 32⌋              spinning  bit i: thread i looks for work      thread i, the reaper, by or, and
 * 8·m + 4·i                     bell      how often thread i was woken        whoever woke it, by add
 *
 *         tryStartSpinning            prepareSleep            wake (by another), cancelSleep
 * working ────────────────▶ spinning ─────────────▶ asleep ─────────────────────────────────▶ working
 *    ▲        stopSpinning     │                       ▲
 *    ├─────────────────────────┘                       │
 *    └─────────────────────────────────────────────────┘ prepareSleep, where enough others spin
 * ```
 *
 * - I1: a thread sleeps only after it set its bit, and then looked for work once more, in that order; who
 *   publishes work does so first, and then looks at the bits. So one of the two sees the other.
 * - I2: a wake belongs to the thread whose `and` cleared the bit: one wake, one ring.
 * - I3: who was woken, stops spinning, or cancels its sleep, and found work looks again, and wakes the next one if
 *   there is more: a publisher may have left the waking to it, or spent a wake on it, and its own work may last for ever.
 * - I4: the bell differs from the ticket once the thread was woken, so a ring before the wait is not lost.
 * - I5: a bell may ring without need. A thread whose wait has ended, in whatever way, cancels its sleep.
 */
export class Parking {
  readonly #words: Words;
  readonly #asleep: number;
  readonly #spinning: number;
  readonly #bells: number;
  readonly #capacity: number;
  readonly #maskCount: number;

  /** Zeroed memory of this size is a place where nobody sleeps. */
  static sizeBytes(capacity: number): number {
    return 8 * Math.ceil(capacity / WORD_BITS) + 4 * capacity;
  }

  constructor(words: Words, address: number, capacity: number) {
    this.#words = words;
    this.#capacity = capacity;
    this.#maskCount = Math.ceil(capacity / WORD_BITS);
    this.#asleep = address;
    this.#spinning = address + 4 * this.#maskCount;
    this.#bells = address + 8 * this.#maskCount;
  }

  /** Begins to look for work, unless `limit` threads do already. Threads that ask at the same moment may exceed it. */
  tryStartSpinning(thread: number, limit: number): boolean {
    if (this.spinningCount >= limit) return false;
    this.#words.or(maskOf(this.#spinning, thread), bitOf(thread));
    return true;
  }

  stopSpinning(thread: number): void {
    this.#words.and(maskOf(this.#spinning, thread), ~bitOf(thread));
  }

  get spinningCount(): number {
    let count = 0;
    for (let i = 0; i < this.#maskCount; i++) count += ones(this.#words.load(this.#spinning + 4 * i));
    return count;
  }

  /** I1. Says that `thread` is about to sleep, and gives the ticket to wait with. */
  prepareSleep(thread: number): number {
    const ticket = this.#words.load(this.#bells + 4 * thread);
    this.#words.or(maskOf(this.#asleep, thread), bitOf(thread));
    return ticket;
  }

  /** Stays awake after all. */
  cancelSleep(thread: number): void {
    this.#words.and(maskOf(this.#asleep, thread), ~bitOf(thread));
  }

  /** Waits for the bell, unless it rang since the ticket was given. To be followed by {@link cancelSleep}: I5. */
  waitAsync(
    thread: number,
    ticket: number,
  ): Exclude<WaitOutcome, "ok"> | Promise<Exclude<WaitOutcome, "not-equal">> {
    return this.#words.waitAsync(this.#bells + 4 * thread, ticket);
  }

  /**
   * For whoever has just published work: wakes a sleeper, unless somebody looks for work anyway. Gives whether it did.
   */
  wakeForWork(): boolean {
    if (this.#maskCount > 1) return this.spinningCount === 0 && this.wakeOne();
    // Who sleeps is asked first: while all work, as in a burst of calls, that is the only look.
    return this.#words.load(this.#asleep) !== 0 && this.#words.load(this.#spinning) === 0 && this.wakeOne();
  }

  /** Wakes the first sleeper. Gives whether there was one. */
  wakeOne(): boolean {
    for (let i = 0; i < this.#maskCount; i++) {
      for (let mask = this.#words.load(this.#asleep + 4 * i); mask !== 0; mask &= mask - 1) {
        if (this.wake(i * WORD_BITS + 31 - Math.clz32(mask & -mask))) return true;
      }
    }
    return false;
  }

  /** Wakes one thread. Gives whether it slept. */
  wake(thread: number): boolean {
    const before = this.#words.and(maskOf(this.#asleep, thread), ~bitOf(thread));
    // I2.
    if ((before & bitOf(thread)) === 0) return false;
    this.#ring(thread);
    return true;
  }

  isAsleep(thread: number): boolean {
    return (this.#words.load(maskOf(this.#asleep, thread)) & bitOf(thread)) !== 0;
  }

  isSpinning(thread: number): boolean {
    return (this.#words.load(maskOf(this.#spinning, thread)) & bitOf(thread)) !== 0;
  }

  /**
   * Takes out a thread that runs no more, and lets all others look for work: it may have died between the two
   * halves of a wake, or before it had found the work that publishers left it to find.
   */
  forget(thread: number): void {
    this.stopSpinning(thread);
    for (let other = 0; other < this.#capacity; other++) {
      this.cancelSleep(other);
      this.#ring(other);
    }
  }

  #ring(thread: number): void {
    const bell = this.#bells + 4 * thread;
    this.#words.add(bell, 1);
    this.#words.notify(bell);
  }
}

const maskOf = (base: number, thread: number): number => base + 4 * (thread >>> 5);
const bitOf = (thread: number): number => 1 << (thread & 31);

function ones(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}
