/** The words that the tables of the suites are written in. */
import type {
  ContenderSpec,
  MetricSpec,
  PoolSettings,
  ProgramName,
  Role,
  TargetSpec,
} from "../harness/types.ts";

type InJavaScript = (id: string, settings: string, module: string, options?: PoolSettings) => ContenderSpec;

const inRole =
  (role: Role): InJavaScript =>
  (id, settings, module, options) => ({
    id,
    role,
    settings,
    run: { module, ...(options !== undefined && { options }) },
  });

/** Who answers, by the part that it plays: its name, its settings in words, its module, and what that is told of them. */
export const contender: Readonly<Record<Exclude<Role, "mark">, InJavaScript>> = {
  ours: inRole("ours"),
  pool: inRole("pool"),
  peer: inRole("peer"),
  raw: inRole("raw"),
  floor: inRole("floor"),
};

/** An answer in another language, and by which of its ways. */
export const mark = (id: string, settings: string, program: ProgramName, way: string): ContenderSpec => ({
  id,
  role: "mark",
  settings,
  run: { program, way },
});

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
/** How long a call of a pool takes, and what it costs the thread that calls. */
export const CALL: Metrics = [lower("p50", "µs"), lower("p99", "µs"), lower("main", "µs CPU/task"), CPU];
/** How many tasks a pool does, and what each costs the thread that calls, and all threads. */
export const RATE: Metrics = [
  higher("rate", "tasks/s"),
  lower("main", "µs CPU/task"),
  lower("total", "µs CPU/task"),
];
/** How long all of a job takes, and what it costs the thread that has it done. */
export const DURATION: Metrics = [lower("ms", "ms"), lower("main", "ms CPU")];

/** Which figure is judged, and beside whose: certain contenders, or all in a role. */
type Judged = Omit<TargetSpec, "relation" | "factor" | "reference"> & {
  readonly than?: readonly ContenderSpec[] | { readonly roles: readonly Role[] };
};

const target = (relation: TargetSpec["relation"], factor: number, judged: Judged): TargetSpec => {
  const { than, ...rest } = judged;
  const reference = than !== undefined && ("roles" in than ? than : { contenders: ids(...than) });
  return { ...rest, relation, factor, ...(reference !== false && { reference }) };
};

/** Heddle's figure is to be at most so many times that of the others. */
export const atMost = (factor: number, judged: Judged): TargetSpec => target("at most", factor, judged);
/** At least so many times. */
export const atLeast = (factor: number, judged: Judged): TargetSpec => target("at least", factor, judged);
