/**
 * The ends of rings and the like: words that one thread at a time takes, and leaves as they were, or moved on.
 *
 * ```text
 * bits 31-20  owner     the seat of the owner + 1; 0: nobody
 * bits 19-0   position  what it means is the ring's to say
 *
 *             CAS, by whoever comes                 one store
 * position p ──────────────────────▶ p, taken by t ───────────▶ position q
 *     ▲                                   │ t dies: by who settles its end
 *     └───────────────────────────────────┘
 * ```
 *
 * - T1: a thread's record names an end from before it is taken until after it was left, so it is found if its owner dies.
 * - T2: the position changes by the store that leaves the end. So what an owner was about when it died has not happened.
 * - T3: within a section the new position stands in the record, which the journal restores, and the end is left once the
 *   section is committed. So others never see what may yet be undone.
 *
 * Who takes an end does so for some nanoseconds, and neither waits nor runs user code meanwhile.
 *
 * @packageDocumentation
 */
import type { Words } from "#heap";
import { END, ENDS, MAX_ENDS } from "./record.ts";

const OWNER_SHIFT = 20;
/** Of the word of an end: the position alone. */
export const POSITION_MASK: number = (1 << OWNER_SHIFT) - 1;

/** The seat of the thread that has taken an end; -1 for none. */
export const ownerOfEnd = (word: number): number => (word >>> OWNER_SHIFT) - 1;

/** A word and a position. */
const PAIR_BYTES = 8;

/** The ends that one thread takes. */
export class EndWords {
  readonly #words: Words;
  readonly #mark: number;
  readonly #note: number;
  readonly #places: number;
  /** How often it is tried again to take an end that another thread has. */
  readonly #spins: number;
  /** How many are taken in the present section. */
  #count = 0;

  constructor(words: Words, record: number, seat: number, spins: number) {
    this.#spins = spins;
    this.#words = words;
    this.#mark = (seat + 1) << OWNER_SHIFT;
    this.#note = record + END;
    this.#places = record + ENDS;
  }

  /**
   * Takes an end, outside of a section, and gives its position; -1 if other threads have it, one after the other.
   *
   * @param guess - Where it may be: the nearer to the truth, the less it costs.
   */
  tryTake(word: number, guess: number): number {
    const position = this.#tryOnce(word, guess);
    return position >= 0 ? position : this.#tryAgain(word);
  }

  /** -1 if another thread has it. */
  #tryOnce(word: number, guess: number): number {
    const words = this.#words;
    // T1.
    words.poke(this.#note, word | 0);
    for (let position = guess; ;) {
      const found = words.compareExchange(word, position, position | this.#mark);
      if (found === position) return position;
      if (ownerOfEnd(found) >= 0) break;
      position = found;
    }
    words.poke(this.#note, 0);
    return -1;
  }

  #tryAgain(word: number): number {
    for (let spins = this.#spins; spins > 0; spins--) {
      this.#words.pause();
      const seen = this.#words.load(word);
      if (ownerOfEnd(seen) >= 0) continue;
      const position = this.#tryOnce(word, seen);
      if (position >= 0) return position;
    }
    return -1;
  }

  /** Leaves the end that {@link tryTake} gave, at a position. */
  leave(word: number, position: number): void {
    const words = this.#words;
    words.store(word, position);
    words.poke(this.#note, 0);
  }

  /** As {@link tryTake}, once, and until {@link leaveAll}. */
  tryTakeInSection(word: number): number {
    if (this.#count === MAX_ENDS) throw new RangeError(`A section can take ${MAX_ENDS} ends at most`);
    const words = this.#words;
    const place = this.#places + PAIR_BYTES * this.#count;
    for (;;) {
      const position = words.load(word);
      if (position >>> OWNER_SHIFT !== 0) return -1;
      words.poke(place + 4, position);
      // T1.
      words.poke(place, word | 0);
      if (words.compareExchange(word, position, position | this.#mark) === position) {
        this.#count++;
        return position;
      }
      words.poke(place, 0);
    }
  }

  /** Where the position stands that an end of this section will have. */
  placeOf(word: number): number {
    let place = this.#places;
    while (this.#words.peek(place) !== (word | 0)) place += PAIR_BYTES;
    return place + 4;
  }

  /** T3. */
  leaveAll(): void {
    const words = this.#words;
    for (let place = this.#places; this.#count > 0; this.#count--, place += PAIR_BYTES) {
      words.store(words.peek(place) >>> 0, words.peek(place + 4));
      words.poke(place, 0);
    }
  }
}

/** Leaves the ends that a dead thread had taken. Its section was undone, if it was not committed. */
export function settleEndWords(words: Words, record: number, seat: number): void {
  const leave = (place: number, moved?: number): void => {
    const word = words.load(place) >>> 0;
    if (word === 0) return;
    const found = words.load(word);
    if (ownerOfEnd(found) === seat) words.store(word, moved ?? found & POSITION_MASK);
    words.store(place, 0);
  };
  leave(record + END);
  for (let i = 0; i < MAX_ENDS; i++) {
    const place = record + ENDS + PAIR_BYTES * i;
    leave(place, words.load(place + 4));
  }
}
