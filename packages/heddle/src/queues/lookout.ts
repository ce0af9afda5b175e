/**
 * Looking for some microseconds before a blocking wait stands in line: while somebody stands there all go through the gate,
 * and have to wake him if he sleeps, which takes about as long.
 *
 * @packageDocumentation
 */
import { availableParallelism } from "node:os";
import type { Heap } from "#heap";
import { Patience } from "../sync/index.ts";

/** For some ten microseconds, in which most values are made. */
const LOOKS = availableParallelism() > 1 ? 20 : 0;
/** Between two looks: each takes a line of memory from the other side, which is writing there. */
const PAUSES = 10;

/** One side of a queue or a channel, in one thread. */
export class Lookout {
  readonly #heap: Heap;
  readonly #patience = new Patience(LOOKS);

  constructor(heap: Heap) {
    this.#heap = heap;
  }

  /** Tries again whenever it is worth it, until it goes well. False when it is time to stand in line. */
  tryAgain(isWorthTrying: () => boolean, tryNow: () => boolean): boolean {
    const heap = this.#heap;
    for (let { looks } = this.#patience; looks > 0; looks--) {
      for (let pauses = PAUSES; pauses > 0; pauses--) heap.pause();
      if (!isWorthTrying() || !tryNow()) continue;
      this.#patience.learn(true);
      return true;
    }
    this.#patience.learn(false);
    return false;
  }
}
