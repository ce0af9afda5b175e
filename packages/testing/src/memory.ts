/**
 * The words of a model's heap: what they hold, who has touched them, and a way back.
 *
 * @packageDocumentation
 */

/** What each thread knows of the others: how many of their steps happened before its own next one. */
export type Clock = readonly number[];

/** A word, as it is at one moment. Never changed, only replaced. */
export interface Word {
  readonly value: number;
  /** Which step of which history wrote the value. */
  readonly origin: number;
  /** What an atomic read of the value learns; nothing when it was written plainly, or before the threads began. */
  readonly released: Clock | undefined;
  /** When each thread last touched the word: four numbers for each. */
  readonly times: readonly number[];
}

const TIMES_PER_THREAD = 4;
const PLAIN_READ = 0;
const PLAIN_WRITE = 1;
const ATOMIC_READ = 2;
const ATOMIC_WRITE = 3;

const UNTOUCHED: readonly number[] = [];
const ZERO: Word = { value: 0, origin: 0, released: undefined, times: UNTOUCHED };

/** A way back to how the memory was. */
export interface MemoryMark {
  readonly logLength: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Words by address, zero until written, with a log of what was replaced, and two hashes over all of them.
 */
export class Memory {
  readonly #words = new Map<number, Word>();
  readonly #log: (readonly [address: number, before: Word | undefined])[] = [];
  #low = 0;
  #high = 0;

  at(address: number): Word {
    return this.#words.get(address) ?? ZERO;
  }

  put(address: number, word: Word): void {
    const before = this.#words.get(address);
    this.#log.push([address, before]);
    this.#words.set(address, word);
    if (before !== undefined) this.#toggle(address, before);
    this.#toggle(address, word);
  }

  /** Writes from outside all threads: before they begin, or to look around after they have ended. */
  write(address: number, value: number): void {
    this.put(address, { ...ZERO, value });
  }

  /** Equal for two memories of equal content and origins, and hardly for others. */
  get hash(): readonly [low: number, high: number] {
    return [this.#low, this.#high];
  }

  mark(): MemoryMark {
    return { logLength: this.#log.length, low: this.#low, high: this.#high };
  }

  rewind(mark: MemoryMark): void {
    while (this.#log.length > mark.logLength) {
      const [address, before] = this.#log.pop()!;
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

/** The later of two clocks, thread by thread. */
export function later(one: Clock, other: Clock | undefined): Clock {
  return other === undefined ? one : one.map((time, thread) => Math.max(time, other[thread]!));
}

/** How a thread touches a word. */
export interface Access {
  readonly thread: number;
  readonly plain: boolean;
  readonly reads: boolean;
  readonly writes: boolean;
}

/**
 * Which other thread's access this one races with; -1 for none.
 *
 * Two accesses race when one of them writes, one of them is plain, and neither happened before the other.
 */
export function racesWith(word: Word, access: Access, clock: Clock): number {
  for (let other = 0; other < clock.length; other++) {
    if (other === access.thread) continue;
    const known = clock[other]!;
    const after = (kind: number): boolean => (word.times[other * TIMES_PER_THREAD + kind] ?? 0) > known;
    if (after(PLAIN_WRITE)) return other;
    if (access.plain && after(ATOMIC_WRITE)) return other;
    if (access.writes && after(PLAIN_READ)) return other;
    if (access.writes && access.plain && after(ATOMIC_READ)) return other;
  }
  return -1;
}

/** The times of a word after an access. */
export function touched(word: Word, access: Access, clock: Clock): readonly number[] {
  const times =
    word.times.length > 0
      ? word.times.slice()
      : Array.from({ length: clock.length * TIMES_PER_THREAD }, () => 0);
  const first = access.thread * TIMES_PER_THREAD;
  const now = clock[access.thread]!;
  if (access.reads) times[first + (access.plain ? PLAIN_READ : ATOMIC_READ)] = now;
  if (access.writes) times[first + (access.plain ? PLAIN_WRITE : ATOMIC_WRITE)] = now;
  return times;
}
