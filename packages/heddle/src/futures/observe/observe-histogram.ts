/**
 * How long calls wait and run, by the name of their function.
 *
 * Source: log-linear buckets, as in HdrHistogram (G. Tene).
 *
 * @packageDocumentation
 */

/** Each power of two is cut into so many parts: a duration is known to 1/16 of itself. */
const PARTS_BITS = 4;
const PARTS = 1 << PARTS_BITS;
/** Durations are counted in microseconds, from less than one to the longest that fits, about 19 hours. */
const US_PER_MS = 1000;
const POWERS = 36;
const BUCKETS = (POWERS - PARTS_BITS + 1) * PARTS;

/** Names that come later are counted together: one that is made up for each call would fill the memory. */
const MAX_NAMES = 256;
const OTHERS = "(others)";

/** Durations in milliseconds, as of when they were asked for. */
export interface Durations {
  readonly count: number;
  /** 0 when there are none; so are the other figures. */
  readonly meanMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /**
   * What so much of them did not exceed, to 6 %: `quantileMs(0.99)` is the 99th percentile.
   *
   * @throws `RangeError` when `part` is not from 0 to 1.
   */
  quantileMs(part: number): number;
}

/** What is known of the calls of one name. */
export interface FunctionStatistics {
  /** From being submitted to being begun, of those that have ended. */
  readonly wait: Durations;
  /** From being begun to the end. */
  readonly run: Durations;
  /** How many of them failed. */
  readonly rejected: number;
  /** How many were cancelled, begun or not. */
  readonly cancelled: number;
}

/** Counts durations. Costs some 10 ns for each, and 2 KB. */
export class Histogram {
  readonly #buckets = new Uint32Array(BUCKETS);
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = 0;

  add(durationMs: number): void {
    this.#buckets[bucketOf(durationMs * US_PER_MS)]!++;
    this.#count++;
    this.#sum += durationMs;
    this.#min = Math.min(this.#min, durationMs);
    this.#max = Math.max(this.#max, durationMs);
  }

  snapshot(): Durations {
    const buckets = this.#buckets.slice();
    const [count, minMs, maxMs] = [this.#count, this.#count === 0 ? 0 : this.#min, this.#max];
    return {
      count,
      meanMs: count === 0 ? 0 : this.#sum / count,
      minMs,
      maxMs,
      quantileMs(part) {
        if (!(part >= 0 && part <= 1))
          throw new RangeError(`Cannot give the quantile: ${String(part)} is not a number from 0 to 1`);
        let left = Math.max(1, Math.ceil(part * count));
        const bucket = buckets.findIndex((n) => (left -= n) <= 0);
        return bucket < 0 ? 0 : Math.min(maxMs, Math.max(minMs, upperUs(bucket) / US_PER_MS));
      },
    };
  }
}

/** The first {@link PARTS} buckets are a microsecond each; then each power of two has so many. */
function bucketOf(us: number): number {
  const whole = Math.floor(Math.max(0, us));
  if (whole < PARTS) return whole;
  const power = Math.floor(Math.log2(whole));
  const part = Math.floor(whole / 2 ** (power - PARTS_BITS)) - PARTS;
  return Math.min(BUCKETS - 1, (power - PARTS_BITS + 1) * PARTS + part);
}

function upperUs(bucket: number): number {
  if (bucket < PARTS) return bucket + 1;
  const power = Math.floor(bucket / PARTS) + PARTS_BITS - 1;
  return (PARTS + (bucket % PARTS) + 1) * 2 ** (power - PARTS_BITS);
}

class FunctionTimes {
  readonly wait = new Histogram();
  readonly run = new Histogram();
  rejected = 0;
  cancelled = 0;
}

/** The histograms of one executor. */
export class Times {
  readonly #functions = new Map<string, FunctionTimes>();

  /** A call has ended. What never began has no times. */
  ended(task: string, outcome: string, waitMs: number | undefined, runMs: number | undefined): void {
    const times = this.#of(task);
    if (waitMs !== undefined) times.wait.add(waitMs);
    if (runMs !== undefined) times.run.add(runMs);
    if (outcome === "rejected") times.rejected++;
    else if (outcome === "cancelled") times.cancelled++;
  }

  snapshot(): Map<string, FunctionStatistics> {
    const of = ({ wait, run, rejected, cancelled }: FunctionTimes): FunctionStatistics => ({
      wait: wait.snapshot(),
      run: run.snapshot(),
      rejected,
      cancelled,
    });
    return new Map(Array.from(this.#functions, ([name, times]) => [name, of(times)]));
  }

  #of(task: string): FunctionTimes {
    const known = this.#functions.get(task);
    if (known !== undefined) return known;
    if (this.#functions.size >= MAX_NAMES && task !== OTHERS) return this.#of(OTHERS);
    const times = new FunctionTimes();
    this.#functions.set(task, times);
    return times;
  }
}
