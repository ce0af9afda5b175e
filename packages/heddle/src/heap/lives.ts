/**
 * Who of those that share a heap lives: a lock for each seat that the kernel marks when its thread dies, however it dies.
 *
 * Source: the robust futexes of Linux (I. Molnár, T. Gleixner, U. Drepper, `Documentation/locking/robust-futexes.rst`).
 * Departs from them: the lock guards nothing. It is held as long as the thread takes part, and others wait for its end.
 *
 * ```text
 * bytes  name     values                                        written by
 * 0      mutex    a robust, shared pthread mutex; its lock      the C library; the kernel when the thread dies
 *                 word: thread id | WAITERS, or OWNER_DIED
 * 48     offset   where in the mutex the lock word is           who sits there, once
 * 52     thread   the operating system's number of the thread   the same
 * 56     process  of its process                                the same
 * 60     socket   descriptor of its bell in its process; 0      the same; who closes it, by CAS
 *
 *            take                      release
 * free ────────────▶ id | WAITERS ──────────────▶ free
 *                         │ the thread dies: by the kernel, which wakes one who waits for that word
 *                         └─────────────────────▶ OWNER_DIED
 * ```
 *
 * - V1: WAITERS is set while the thread lives, or the kernel would wake nobody.
 * - V2: the kernel marks the word before it wakes, and wakes one: whoever wakes, for whatever reason, looks at all lives.
 * - V3: a life is taken and released only under the lock by which threads join and leave, so nobody makes a mutex anew that
 *   is on another thread's list.
 *
 * @packageDocumentation
 */
import type { Words } from "./heap.ts";
import type { Libc } from "./native/libc.ts";
import { lifeAt } from "./segment-layout.ts";

const MUTEX_WORDS = 10;
const OFFSET = 48;
const THREAD = 52;
const PROCESS = 56;
const SOCKET = 60;

const WAITERS = 1 << 31;
const OWNER_DIED = 1 << 30;
const THREAD_ID_MASK = OWNER_DIED - 1;

/** The lives of one heap. */
export class Lives {
  readonly #words: Words;
  readonly #libc: Libc;
  /** Where the heap begins in this process. */
  readonly #base: number;

  constructor(words: Words, libc: Libc, base: number) {
    this.#words = words;
    this.#libc = libc;
    this.#base = base;
  }

  /** V3. From now on this thread is known to live, and sits there. */
  take(seat: number): void {
    const words = this.#words;
    const life = lifeAt(seat);
    const thread = this.#libc.threadId();
    this.#libc.lockRobust(this.#base + life);
    let offset = 0;
    while ((words.load(life + offset) & THREAD_ID_MASK) !== thread && offset < 4 * MUTEX_WORDS) offset += 4;
    words.store(life + OFFSET, offset);
    words.store(life + THREAD, thread);
    words.store(life + PROCESS, process.pid);
    words.store(life + SOCKET, 0);
    // V1.
    words.or(life + offset, WAITERS);
  }

  /** V3. */
  release(seat: number): void {
    this.#libc.unlockRobust(this.#base + lifeAt(seat));
  }

  /** Whether whoever has taken a seat runs no more. */
  isOver(seat: number): boolean {
    return isOver(this.#words, seat);
  }

  /** The word that changes when the thread of a seat dies. */
  wordOf(seat: number): number {
    return wordOf(this.#words, seat);
  }

  threadOf(seat: number): number {
    return this.#words.load(lifeAt(seat) + THREAD);
  }

  processOf(seat: number): number {
    return this.#words.load(lifeAt(seat) + PROCESS);
  }

  /** Notes a descriptor of this thread, which its end does not close. */
  setSocket(seat: number, fd: number): void {
    this.#words.store(lifeAt(seat) + SOCKET, fd);
  }

  /** Closes the descriptor of a thread of this process that is no more. */
  closeSocket(seat: number): void {
    if (this.processOf(seat) !== process.pid) return;
    const fd = this.#words.exchange(lifeAt(seat) + SOCKET, 0);
    if (fd !== 0) this.#libc.closeSocket(fd);
  }
}

/** Whether whoever has taken a seat runs no more. */
export function isOver(words: Pick<Words, "load">, seat: number): boolean {
  const word = words.load(wordOf(words, seat));
  return (word & OWNER_DIED) !== 0 || (word & THREAD_ID_MASK) === 0;
}

function wordOf(words: Pick<Words, "load">, seat: number): number {
  const life = lifeAt(seat);
  return life + words.load(life + OFFSET);
}
