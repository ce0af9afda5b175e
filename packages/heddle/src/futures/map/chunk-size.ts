import type { ChunkOutcome } from "./chunk.ts";

/** A chunk should take about this long: long next to what a call costs, short next to a user's patience. */
const TARGET_MS = 4;
/** And where its items wait, only so long: those of one chunk wait one after the other, those of several together. */
const WAITING_TARGET_MS = 0.25;
/** Sizes grow by at most this factor at a time: the next items may cost more. */
const GROWTH = 8;
/** Beyond this a chunk gains nothing, and its results take memory. */
const LARGEST = 65536;
/** In smaller chunks, what is done once for each is most of what sending takes. */
const TELLING_COUNT = 8;
/** Of what is left, a chunk takes at most this share of a worker's part, so that all workers end together. */
const SHARE = 3;

/** Learns from chunks that are done how large the next ones should be. */
export class ChunkSize {
  readonly #workers: number;
  #size = 1;
  #itemMs = 0;
  #sendItemMs = 0;

  constructor(workers: number) {
    this.#workers = workers;
  }

  /** For the next chunk, when `left` items are known to be left. */
  next(left: number): number {
    return Math.max(1, Math.min(this.#size, Math.ceil(left / (SHARE * this.#workers))));
  }

  /**
   * A chunk of `count` items took `elapsedMs`, and to be sent `sendMs`: where items are large, that is what keeps a chunk
   * from being larger than memory.
   */
  learn(
    count: number,
    { elapsedMs, waited }: Pick<ChunkOutcome, "elapsedMs" | "waited">,
    sendMs: number,
  ): void {
    this.#itemMs = averaged(this.#itemMs, elapsedMs / count);
    if (count >= TELLING_COUNT || this.#sendItemMs > 0)
      this.#sendItemMs = averaged(this.#sendItemMs, sendMs / count);
    const targetMs = waited ? WAITING_TARGET_MS : TARGET_MS;
    const wanted = Math.min(targetMs / this.#itemMs, TARGET_MS / this.#sendItemMs);
    this.#size = Math.max(1, Math.min(Math.round(wanted), this.#size * GROWTH, LARGEST));
  }
}

const averaged = (before: number, now: number): number => (before === 0 ? now : (before + now) / 2);
