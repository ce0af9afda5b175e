/** Medians, percentiles and ratios: the few numbers that the benches report. */

/** A metric over the rounds: its median, and how far the rounds lie apart. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly rounds: readonly number[];
}

/**
 * The value below which `fraction` of the samples lie, by linear interpolation between the two nearest ranks.
 *
 * @throws {@link RangeError} when there are no samples, or the fraction is outside 0 … 1.
 */
export function percentile(samples: ArrayLike<number>, fraction: number): number {
  if (samples.length === 0) throw new RangeError("Cannot take a percentile: there are no samples");
  if (!(fraction >= 0 && fraction <= 1))
    throw new RangeError(`Cannot take a percentile: ${fraction} is not in 0 … 1`);
  const sorted = Float64Array.from(samples).sort();
  const rank = fraction * (sorted.length - 1);
  const below = sorted[Math.floor(rank)]!;
  const above = sorted[Math.ceil(rank)]!;
  return below + (above - below) * (rank - Math.floor(rank));
}

/** The middle value, or the mean of the two middle ones. */
export function median(samples: ArrayLike<number>): number {
  return percentile(samples, 0.5);
}

/** Median and spread of one metric over its rounds. */
export function summarise(rounds: readonly number[]): Summary {
  return { median: median(rounds), min: Math.min(...rounds), max: Math.max(...rounds), rounds };
}

/**
 * How many times better the first value is: above 1 it wins, below 1 it loses.
 *
 * @param better - Whether a lower or a higher value is the better one.
 */
export function timesBetter(value: number, reference: number, better: "lower" | "higher"): number {
  return better === "lower" ? reference / value : value / reference;
}

/** The better of two values, whichever is defined. */
export function best(values: readonly number[], better: "lower" | "higher"): number | undefined {
  if (values.length === 0) return undefined;
  return better === "lower" ? Math.min(...values) : Math.max(...values);
}
