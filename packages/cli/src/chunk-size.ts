/**
 * How many items to hand over at once.
 *
 * @packageDocumentation
 */
import { LANE_BYTES } from "./lane.ts";

/**
 * How long a chunk should take. Handing one over costs some 20 µs, so this makes it 0.4 %; and a slow item then holds
 * back at most this much of its neighbours' finished work.
 */
export const TARGET_MS = 5;
/** A chunk that takes this many times what it should hands back what it has not begun. */
const OVERRUN = 4;
/** Never more items than this at once, however fast they are. */
const MOST_ITEMS = 16_384;
/** Never more chunks than this in waiting for a worker, however fast they are. */
const MOST_WAITING = 63;
/** Items below this many milliseconds have their time sampled, as reading the clock costs a tenth of a microsecond. */
const TINY_MS = 0.005;
const TINY_SAMPLE_EVERY = 16;
/**
 * How much of an estimate survives a chunk that was faster. Rising at once and falling slowly keeps chunks small where a
 * few items are much slower than the others.
 */
const MEMORY = 0.7;
/** How full a lane may be expected to get. */
const LANE_SHARE = 0.5;

/** What is needed of a chunk to plan the next one. */
export interface ChunkCost {
  readonly done: number;
  readonly elapsedMs: number;
  readonly lines: string;
}

/** Gives the size of the next chunk: fixed, or learnt from what the last ones took. */
export class ChunkSize {
  readonly #fixed: number | undefined;
  /** Milliseconds an item is expected to take; `undefined` until one was measured. */
  #itemMs: number | undefined;
  #lineLength = 0;

  constructor(chunk: number | "auto") {
    this.#fixed = chunk === "auto" ? undefined : chunk;
  }

  /** How many items the next chunk should have, at least 1. */
  get items(): number {
    if (this.#fixed !== undefined) return this.#fixed;
    if (this.#itemMs === undefined) return 1;
    const inTime = TARGET_MS / Math.max(this.#itemMs, TARGET_MS / MOST_ITEMS);
    const inLane = (LANE_BYTES * LANE_SHARE) / Math.max(1, this.#lineLength);
    return Math.max(1, Math.floor(Math.min(inTime, inLane)));
  }

  /** When a chunk should hand back the rest. A size that the user fixed stays as it is. */
  get budgetMs(): number {
    return this.#fixed === undefined ? TARGET_MS * OVERRUN : Infinity;
  }

  /** Every how many items a worker should read the clock. */
  get sampleEvery(): number {
    return this.#itemMs !== undefined && this.#itemMs < TINY_MS ? TINY_SAMPLE_EVERY : 1;
  }

  /**
   * How many chunks a worker should have at hand, the one that it runs included: enough for the time that a chunk should
   * take. A worker that has to sleep between two chunks costs more than the chunks.
   */
  get atHand(): number {
    if (this.#itemMs === undefined) return 1;
    return 1 + Math.min(MOST_WAITING, Math.floor(TARGET_MS / (this.#itemMs * this.items)));
  }

  /** Learns from a chunk. */
  learn({ done, elapsedMs, lines }: ChunkCost): void {
    if (done === 0) return;
    const itemMs = elapsedMs / done;
    this.#itemMs = Math.max(itemMs, (this.#itemMs ?? 0) * MEMORY);
    this.#lineLength = Math.max(lines.length / done, this.#lineLength * MEMORY);
  }
}
