/**
 * Who takes part: each thread that uses a heap has a seat, and a name that no other thread ever has had.
 *
 * @packageDocumentation
 */
import type { Words } from "./heap.ts";
import { leaseWord, seatAt, SEATS_WORD } from "./layout.ts";

const IDENTITY = 0;
const GENERATION = 4;
const RECORD = 8;
const NATIVE_ID = 12;

const SEAT_BITS = 11;
const SEAT_MASK = (1 << SEAT_BITS) - 1;
/** What is left of 30 bits, so that an identity and two flags fit a word. */
const GENERATION_MASK = (1 << 19) - 1;

/** The seat of a thread, by its identity. */
export const seatOf = (identity: number): number => identity & SEAT_MASK;

/**
 * The seats of a heap. The seat of a thread has the number of its arena.
 *
 * ```text
 * bytes  name        values                                                        written by
 * 0      identity    generation (19 bits) | seat (11 bits); 0: nobody sits here    who sits; who settles its end
 * 4      generation  how many have sat here                                        who sits
 * 8      record      address of the seat's record, 0: none; stays with the seat    who sits
 * 12     native id   the operating system's number of the thread, 0: not known     who sits
 *
 *       lease               claimEnd                     vacate, freed
 * free ───────▶ taken ──────────────────▶ being settled ───────────────▶ free
 *                                           │       ▲
 *                                           └───────┘ inherit, when the one who settles has ended as well
 * ```
 *
 * - I1: from the moment a thread sits until its end is settled, the identity is its own; no other thread has it
 *   before 2¹⁹ more have sat on that seat.
 * - I2: one thread settles an end. If it ends in the middle, whoever settles its end begins with those it left.
 */
export class Seats {
  readonly #words: Words;

  constructor(words: Words) {
    this.#words = words;
  }

  /** Takes the seat of an arena that was leased just now. Gives the identity: not 0, and below 2³⁰. */
  sit(seat: number, nativeId: number): number {
    const words = this.#words;
    const place = seatAt(seat);
    let generation = (words.load(place + GENERATION) + 1) & GENERATION_MASK;
    if (generation === 0) generation = 1;
    const identity = (generation << SEAT_BITS) | seat;
    words.store(place + GENERATION, generation);
    words.store(place + NATIVE_ID, nativeId);
    for (let count = words.load(SEATS_WORD); count <= seat; count = words.load(SEATS_WORD)) {
      words.compareExchange(SEATS_WORD, count, seat + 1);
    }
    words.store(place + IDENTITY, identity);
    return identity;
  }

  /** Who sits there; 0 for nobody. */
  identityAt(seat: number): number {
    return identityAt(this.#words, seat);
  }

  /** Whether that thread runs, as far as is known. */
  isSeated(identity: number): boolean {
    return this.identityAt(seatOf(identity)) === identity;
  }

  nativeIdAt(seat: number): number {
    return this.#words.load(seatAt(seat) + NATIVE_ID);
  }

  /** The record of a seat; 0 for none. */
  recordAt(seat: number): number {
    return this.#words.load(seatAt(seat) + RECORD) >>> 0;
  }

  setRecord(seat: number, record: number): void {
    this.#words.store(seatAt(seat) + RECORD, record | 0);
  }

  /** All seats on which somebody sits. */
  *[Symbol.iterator](): Iterator<number> {
    const count = this.#count;
    for (let seat = 0; seat < count; seat++) if (this.identityAt(seat) !== 0) yield seat;
  }

  /**
   * Takes it on to settle the end of a thread, which must run no more.
   *
   * @param token - Of its lease.
   * @param by - The seat of who settles.
   * @returns The seat of the ended thread; -1 if it had none, or somebody else settles its end.
   */
  claimEnd(token: number, by: number): number {
    const count = this.#count;
    for (let seat = 0; seat < count; seat++) {
      if (this.#words.load(leaseWord(seat)) === token) return this.#claim(seat, token, by) ? seat : -1;
    }
    return -1;
  }

  /** As {@link claimEnd}, by the seat. */
  claimEndOf(seat: number, by: number): boolean {
    const token = this.#words.load(leaseWord(seat));
    return token > 0 && this.#claim(seat, token, by);
  }

  /** Takes over an end that a thread was settling when it ended itself. Gives the seat; -1 for none. */
  inherit(ended: number, by: number): number {
    const count = this.#count;
    for (let seat = 0; seat < count; seat++) {
      if (this.#words.load(leaseWord(seat)) !== settlingBy(ended)) continue;
      if (this.#claim(seat, settlingBy(ended), by)) return seat;
    }
    return -1;
  }

  /** From now on the thread is known to have ended. */
  vacate(seat: number): void {
    this.#words.store(seatAt(seat) + IDENTITY, 0);
  }

  /** The end is settled: another thread may have the seat. */
  free(seat: number): void {
    this.#words.store(leaseWord(seat), 0);
  }

  get #count(): number {
    return this.#words.load(SEATS_WORD);
  }

  #claim(seat: number, before: number, by: number): boolean {
    return this.#words.compareExchange(leaseWord(seat), before, settlingBy(by)) === before;
  }
}

/** Who sits on a seat; 0 for nobody. */
export function identityAt(words: Pick<Words, "load">, seat: number): number {
  return words.load(seatAt(seat) + IDENTITY);
}

const settlingBy = (seat: number): number => -1 - seat;
