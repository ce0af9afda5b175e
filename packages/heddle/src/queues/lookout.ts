/**
 * Looking for some microseconds before a blocking wait stands in line: while somebody stands there all go through the gate,
 * and have to wake him if he sleeps, which takes about as long.
 *
 * Who looks takes lines of memory from the other side, which is writing there. So where values come faster than it looks, it looks less often,
 * and then finds several; where they come one by one, as when two threads answer one another, it looks as often as it can.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { hasCores, Patience } from "../sync/waiting/index.ts";
import { Naps } from "./naps.ts";

/** For some ten microseconds, in which most values are made. */
const LOOKS = 20;
/** Between two looks: at least, and at most. */
const PAUSES = 10;
const MOST_PAUSES = 100;

/** One side of a queue or a channel, in one thread. */
export class Lookout {
  readonly #heap: Pick<Heap, "pause" | "load" | "wait">;
  readonly #patience: Patience;
  readonly #naps: Naps;
  /** How many values, or how much room, there can be. */
  readonly #most: number;
  #pauses = PAUSES;

  /** @param bed - A word that stays as it is, and at which nobody is woken. */
  constructor(
    heap: Pick<Heap, "pause" | "load" | "wait">,
    bed: number,
    most: number,
    looks: number = hasCores() ? LOOKS : 0,
  ) {
    this.#heap = heap;
    this.#naps = new Naps(heap, bed, most);
    this.#most = most;
    this.#patience = new Patience(looks);
  }

  /**
   * Tries again whenever it is worth it, until it goes well. False when it is time to stand in line.
   *
   * @param left - How many more values, or how much more room, there is then.
   */
  tryAgain(isWorthTrying: () => boolean, tryNow: () => boolean, left: () => number): boolean {
    if (this.#naps.tryNap()) {
      const isFound = isWorthTrying() && tryNow();
      this.#naps.learn(isFound ? left() + 1 : 0);
      if (isFound) return true;
    }
    const heap = this.#heap;
    const pauses = this.#pauses;
    for (let time = PAUSES * this.#patience.looks; time > 0; time -= pauses) {
      for (let pause = pauses; pause > 0; pause--) heap.pause();
      if (!isWorthTrying() || !tryNow()) continue;
      this.#patience.learn(true);
      this.#learn(left());
      return true;
    }
    this.#patience.learn(false);
    this.#naps.stands();
    this.#pauses = PAUSES;
    return false;
  }

  /** Where half of what there can be is there already, the other side may soon wait for this one. */
  #learn(left: number): void {
    const isStream = left > 0 && 2 * left < this.#most;
    this.#pauses = isStream ? Math.min(MOST_PAUSES, 2 * this.#pauses) : Math.max(PAUSES, this.#pauses >> 1);
  }
}
