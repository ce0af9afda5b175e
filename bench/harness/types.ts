/** The vocabulary of the benches: what a suite asks, who answers, and what an answer looks like. */

/** One figure of one case, as the table and the JSON name it. */
export interface MetricSpec {
  readonly name: string;
  readonly unit: string;
  readonly better: "lower" | "higher" | "neither";
}

/** One question of a suite. */
export interface CaseSpec {
  readonly id: string;
  /** The function in `cases/` that does it; two cases may differ in their load only. */
  readonly run: string;
  /** What is asked, in one sentence. */
  readonly question: string;
  /** Figures in the order of the table's columns; contenders are ranked by the first. */
  readonly metrics: readonly [MetricSpec, ...MetricSpec[]];
  /** The contenders that can answer, by id. */
  readonly contenders: readonly string[];
  /** Worker counts that make sense; absent: all that the user asks for. */
  readonly workers?: readonly number[];
  /** What each run of it does, as numbers that the child understands. */
  readonly load: Readonly<Record<string, number>>;
  /** The same under `--quick`. */
  readonly quickLoad?: Readonly<Record<string, number>>;
}

/**
 * Which part a contender plays: a target may ask for "the fastest pool".
 *
 * ours: Heddle. pool: a worker pool from npm. peer: another library from npm. raw: bare `postMessage` and `Atomics`. floor:
 * what cannot be avoided. mark: another language.
 */
export type Role = "ours" | "pool" | "peer" | "raw" | "floor" | "mark";

/** Another language's implementation, which a machine may not have. */
export type ProgramName = "python" | "java" | "go";

/** One way to do the work. */
export interface ContenderSpec {
  readonly id: string;
  readonly role: Role;
  /** The settings it runs with, in words. */
  readonly settings: string;
  /** A module in `contenders/` that exports `open`; or a program of another language. */
  readonly run:
    | { readonly module: string; readonly options?: PoolSettings }
    | { readonly program: ProgramName; readonly way: string };
  readonly environment?: Readonly<Record<string, string>>;
}

/** What a contender's module is told of its settings: only plain values, for they travel to the child as JSON. */
export type PoolSettings = Readonly<Record<string, string | number | boolean>>;

/** What must hold between Heddle's figure and the others'. */
export interface TargetSpec {
  readonly case: string;
  readonly metric: string;
  /** The sentence of the contract. */
  readonly text: string;
  readonly relation: "at most" | "at least";
  /** Heddle's figure against `factor` times the reference's; without a reference, against `factor` itself. */
  readonly factor: number;
  readonly reference?: { readonly roles: readonly Role[] } | { readonly contenders: readonly string[] };
  /** Whose figure is judged; "heddle" unless it says otherwise. */
  readonly subject?: string;
  /** What stands in the way where it is missed. */
  readonly why?: string;
  /** Does the work itself on one thread: shared out evenly, that is what nobody can be faster than. */
  readonly bound?: string;
}

/** One bench: cases × contenders. */
export interface Suite {
  readonly name: string;
  readonly question: string;
  readonly doesNotShow: string;
  readonly workers: readonly number[];
  /** What the number of workers counts; "worker" unless it says otherwise. */
  readonly unit?: string;
  readonly cases: readonly CaseSpec[];
  readonly contenders: readonly ContenderSpec[];
  readonly targets: readonly TargetSpec[];
  /** The npm packages whose versions the report names. */
  readonly packages: readonly string[];
}

/** What a child process is asked to do: one case, one contender, one number of workers. */
export interface Order {
  readonly run: string;
  readonly load: Readonly<Record<string, number>>;
  readonly workers: number;
  readonly module: string;
  readonly options: PoolSettings;
}

/** What it answers. */
export interface Answer {
  readonly metrics: Readonly<Record<string, number>>;
  /** Results that every contender must agree on, by what they are of. */
  readonly checks: Readonly<Record<string, number>>;
  /** Metrics that were scaled up from a smaller input: "50,000 of 1,000,000 items". */
  readonly scaled?: string;
}
