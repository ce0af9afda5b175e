/** A chunk should take about this long: long next to what a call costs, short next to a user's patience. */
const TARGET_MS = 4;
/** Sizes grow by at most this factor at a time: the next items may cost more. */
const GROWTH = 8;
/** Beyond this a chunk gains nothing, and its results take memory. */
const LARGEST = 65536;
/** Of what is left, a chunk takes at most this share of a worker's part, so that all workers end together. */
const SHARE = 3;

/** Learns from chunks that are done how large the next ones should be. */
export class ChunkSize {
  readonly #workers: number;
  #size = 1;
  #itemMs = 0;

  constructor(workers: number) {
    this.#workers = workers;
  }

  /** For the next chunk, when `left` items are known to be left. */
  next(left: number): number {
    return Math.max(1, Math.min(this.#size, Math.ceil(left / (SHARE * this.#workers))));
  }

  /** A chunk of `count` items took `elapsedMs`. */
  learn(count: number, elapsedMs: number): void {
    const itemMs = elapsedMs / count;
    this.#itemMs = this.#itemMs === 0 ? itemMs : (this.#itemMs + itemMs) / 2;
    const wanted = this.#itemMs === 0 ? LARGEST : TARGET_MS / this.#itemMs;
    this.#size = Math.max(1, Math.min(Math.round(wanted), this.#size * GROWTH, LARGEST));
  }
}
