/**
 * Short sleeps of a side that is quicker than the other one, instead of looking.
 *
 * Where values of some size come one after the other, and are taken quicker than they are made, who takes them finds one at each
 * look, and has used up a core by looking: if there is a core to spare it shares its cache and its memory with the one that makes
 * them, and if there is none it takes it from that. And the two write to the same lines all the time. After a nap it finds many.
 *
 * Whether that is so is found out by a nap now and then. One that finds little costs as much as to be woken does.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";

/** So long it is to be: to fall asleep and to be woken takes about as long. */
const NAP_MS = 0.05;
/** A nap that finds so many was worth it. */
const WORTHWHILE = 4;
/** One wait of so many is a trial: at first, and at most. */
const WAITS_PER_TRIAL = 32;
const MOST_WAITS_PER_TRIAL = 4096;
/** A wait in line costs as much as so many that looking ends. */
const IN_LINE = 16;

/** The naps of one side of a queue or a channel, in one thread. */
export class Naps {
  readonly #heap: Pick<Heap, "load" | "wait">;
  readonly #bed: number;
  readonly #most: number;
  #waitsPerTrial = WAITS_PER_TRIAL;
  #waits = 0;
  #isWorthwhile = false;

  /**
   * @param bed - A word that stays as it is, and at which nobody is woken.
   * @param most - How many values, or how much room, there can be.
   */
  constructor(heap: Pick<Heap, "load" | "wait">, bed: number, most: number) {
    this.#heap = heap;
    this.#bed = bed;
    this.#most = most;
  }

  /** Sleeps, if it is time to. After it, {@link learn}. */
  tryNap(): boolean {
    if (!this.#isWorthwhile && ++this.#waits < this.#waitsPerTrial) return false;
    this.#waits = 0;
    const heap = this.#heap;
    heap.wait(this.#bed, heap.load(this.#bed), NAP_MS);
    return true;
  }

  /** Nothing came before it had to stand in line. */
  stands(): void {
    this.#waits += IN_LINE;
  }

  /** @param found - How many values, or how much room, there was after a nap: of a quarter the other side might run out. */
  learn(found: number): void {
    this.#isWorthwhile = found >= WORTHWHILE && 4 * found < this.#most;
    this.#waitsPerTrial = this.#isWorthwhile
      ? WAITS_PER_TRIAL
      : Math.min(MOST_WAITS_PER_TRIAL, 2 * this.#waitsPerTrial);
  }
}
