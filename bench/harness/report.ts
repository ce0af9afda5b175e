/** The tables on a terminal, and the one JSON object. */
import type { Machine } from "./machine.ts";
import type { Entry, Result } from "./results.ts";
import type { Summary } from "./statistics.ts";
import { timesBetter } from "./statistics.ts";
import type { Verdict } from "./targets.ts";
import type { CaseSpec, MetricSpec, Suite } from "./types.ts";

/** Everything about a run, as `--json` prints it. */
export interface Report {
  readonly format: "heddle-bench/1";
  readonly suite: string;
  readonly question: string;
  readonly startedAt: string;
  readonly rounds: number;
  readonly quick: boolean;
  readonly machine: Machine;
  readonly contenders: Readonly<Record<string, string>>;
  readonly results: readonly Result[];
  readonly targets: readonly Verdict[];
  /** Answers that differ between contenders, and contenders that could not run. */
  readonly problems: readonly string[];
}

/** Three significant digits, and thousands for what is large: 1.23, 45.6, 789, 12.3 k, 4.56 M. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 999_500) return `${digits(value / 1e6)} M`;
  if (size >= 9_995) return `${digits(value / 1e3)} k`;
  return digits(value);
}

function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 99.95) return value.toFixed(0);
  if (size >= 9.995) return value.toFixed(1);
  return size >= 0.995 ? value.toFixed(2) : value.toFixed(3);
}

function formatSummary(summary: Summary | undefined): string {
  if (summary === undefined) return "";
  const spread =
    summary.rounds.length > 1 ? ` (${formatNumber(summary.min)} … ${formatNumber(summary.max)})` : "";
  return formatNumber(summary.median) + spread;
}

/** How many times better Heddle is on the case's first metric; below 1 it is worse. */
function ratioTo(ours: Entry | undefined, entry: Entry, metric: MetricSpec): string {
  const mine = ours?.metrics[metric.name]?.median;
  const theirs = entry.metrics[metric.name]?.median;
  if (mine === undefined || theirs === undefined || metric.better === "neither") return "";
  return formatNumber(timesBetter(mine, theirs, metric.better));
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join("   ")}`.trimEnd(),
    )
    .join("\n");
}

function resultTable(spec: CaseSpec, result: Result, unit = "worker"): string {
  const [first] = spec.metrics;
  const ours = result.entries.find((entry) => entry.contender === "heddle");
  const head = [
    "",
    ...(ours === undefined ? [] : ["Heddle ×"]),
    ...spec.metrics.map((metric) => `${metric.name} ${metric.unit}`),
  ];
  const rows = result.entries.map((entry) => [
    entry.contender + (entry.scaled === undefined ? "" : " ~"),
    ...(ours === undefined ? [] : [ratioTo(ours, entry, first)]),
    ...spec.metrics.map((metric) => formatSummary(entry.metrics[metric.name])),
  ]);
  const notes = result.entries
    .filter((entry) => entry.scaled !== undefined)
    .map((entry) => `  ~ ${entry.contender}: ${entry.scaled}`);
  const failures = result.entries
    .filter((entry) => entry.failure !== undefined)
    .map((entry) => `  ! ${entry.contender}: ${entry.failure}`);
  const heading = `${result.case}, ${result.workers} ${result.workers === 1 ? unit : `${unit}s`}: ${result.question}`;
  return [heading, table([head, ...rows]), ...notes, ...failures].join("\n");
}

/** Below the figures of a verdict. */
const NOTE_INDENT = 27;

/** One line a target: what was promised, what came out; below that what stands in the way. */
function formatVerdict(verdict: Verdict): string {
  const against =
    verdict.reference === undefined
      ? ""
      : ` (${verdict.reference.contender}: ${formatNumber(verdict.reference.figure)})`;
  const line = `${verdict.reached ? "reached" : "MISSED "}  ${verdict.margin.toFixed(2).padStart(6)} of it  ${verdict.case} × ${verdict.workers}, ${verdict.metric}: ${verdict.text}: ${formatNumber(verdict.figure)}, asked ${formatNumber(verdict.limit)}${against}`;
  const bound = verdict.bound === undefined ? [] : [`the work alone: ${formatNumber(verdict.bound)}`];
  const notes = [...bound, ...(verdict.why === undefined ? [] : [verdict.why])];
  return [line, ...notes.map((note) => `${" ".repeat(NOTE_INDENT)}${note}`)].join("\n");
}

/** The report for people. */
export function formatReport(suite: Suite, report: Report): string {
  const { machine } = report;
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return [
    suite.question,
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}; load before: ${machine.loadBefore.toFixed(2)}`,
    versions.join(", "),
    `Medians of ${report.rounds} ${report.rounds === 1 ? "round" : "rounds"} by turns (least … most), each in a fresh process.${report.quick ? " Quick: a look, not a measurement." : ""}`,
    suite.doesNotShow,
    "",
    ...report.results.flatMap((result) => [
      resultTable(
        suite.cases.find((spec) => spec.id === result.case)!,
        result,
        suite.unit,
      ),
      "",
    ]),
    ...(report.targets.length > 0
      ? ["Targets", ...report.targets.map((verdict) => `  ${formatVerdict(verdict)}`)]
      : []),
    ...report.problems.map((problem) => `Problem: ${problem}`),
  ].join("\n");
}
