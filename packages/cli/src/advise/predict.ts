/**
 * From what was measured to what can be expected, and to the choice.
 *
 * @packageDocumentation
 */

/** Where a function can run. */
export type Way = "loop" | "event loop" | "threads" | "processes";

/** One way, measured. */
export interface Measured {
  readonly way: Way;
  /** Workers, or calls at a time on the event loop. */
  readonly jobs: number;
  /** Until the first result was there; 0 where nothing starts. */
  readonly startUpMs: number;
  /** Milliseconds an item, in each round. */
  readonly msPerItem: readonly number[];
}

/** What the whole input would take. */
export interface Prediction extends Measured {
  readonly ms: number;
  readonly leastMs: number;
  readonly mostMs: number;
}

/** By how much a way must be faster than a plain loop to be worth its trouble; processes cost memory, and share nothing. */
const TROUBLE: Readonly<Record<Way, number>> = { loop: 1, "event loop": 1.15, threads: 1.15, processes: 1.6 };
/** Standard errors within which 95 of 100 means are. */
const CONFIDENCE = 1.96;

/**
 * What the whole input would take, with a range: the rounds differ, and the items measured are not the others.
 *
 * @param total - Items of the whole input.
 * @param itemsSpread - The standard error of the mean of the items measured, as a share of the mean.
 */
export function predict(measured: Measured, total: number, itemsSpread: number): Prediction {
  const { startUpMs, msPerItem } = measured;
  const margin = CONFIDENCE * itemsSpread;
  const of = (each: number): number => startUpMs + total * each;
  return {
    ...measured,
    ms: of(median(msPerItem)),
    leastMs: of(Math.min(...msPerItem) * Math.max(0, 1 - margin)),
    mostMs: of(Math.max(...msPerItem) * (1 + margin)),
  };
}

/** The one to take: the fastest, its trouble counted in. */
export function choose(predictions: readonly Prediction[]): Prediction {
  const costOf = ({ ms, way }: Prediction): number => ms * TROUBLE[way];
  return predictions.toSorted((a, b) => costOf(a) - costOf(b))[0]!;
}

/**
 * The share of the work that more workers do not speed up, from what one worker takes and what several take.
 *
 * Source: G. M. Amdahl, "Validity of the single processor approach to achieving large scale computing capabilities" (1967).
 */
export function serialShare(oneMs: number, severalMs: number, workers: number): number {
  if (workers <= 1 || oneMs <= 0) return 0;
  const share = (severalMs / oneMs - 1 / workers) / (1 - 1 / workers);
  return Math.min(1, Math.max(0, share));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The standard error of the mean of some values, as a share of that mean. */
export function spreadOf(values: readonly number[]): number {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count < 2 || mean === 0) return 0;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  return Math.sqrt(variance / count) / mean;
}
