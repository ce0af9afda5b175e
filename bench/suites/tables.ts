/** The words that the tables of the suites are written in. */
import type { ContenderSpec, MetricSpec, TargetSpec } from "../harness/types.ts";

/** The names of contenders, for a case or a target. */
export const ids = (...contenders: readonly ContenderSpec[]): readonly string[] =>
  contenders.map(({ id }) => id);

/** A figure that is the better the lower it is. */
export const lower = (name: string, unit: string): MetricSpec => ({ name, unit, better: "lower" });
/** One that is the better the higher it is. */
export const higher = (name: string, unit: string): MetricSpec => ({ name, unit, better: "higher" });

/** Some figures: those of a case, by the first of which the contenders are ranked. */
export type Metrics = readonly [MetricSpec, ...MetricSpec[]];

/** How much of a core all threads of a program took together: neither good nor bad, it says how the others came about. */
export const CPU: MetricSpec = { name: "cpu", unit: "% of a core", better: "neither" };
/** How long something takes, mostly and at worst. */
export const LATENCY: Metrics = [lower("p50", "µs"), lower("p99", "µs"), CPU];
/** What one time costs that is done over and over. */
export const COST: Metrics = [lower("ns", "ns")];

/** Which figure is judged, and beside whose. */
type Judged = Pick<TargetSpec, "case" | "metric" | "text"> & {
  readonly than?: readonly ContenderSpec[];
  readonly subject?: string;
};

const target = (relation: TargetSpec["relation"], factor: number, judged: Judged): TargetSpec => {
  const { than, subject, ...rest } = judged;
  return {
    ...rest,
    relation,
    factor,
    ...(than !== undefined && { reference: { contenders: ids(...than) } }),
    ...(subject !== undefined && { subject }),
  };
};

/** Heddle's figure is to be at most so many times that of the others. */
export const atMost = (factor: number, judged: Judged): TargetSpec => target("at most", factor, judged);
/** At least so many times. */
export const atLeast = (factor: number, judged: Judged): TargetSpec => target("at least", factor, judged);
