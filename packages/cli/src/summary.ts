/**
 * What is said at the end.
 *
 * @packageDocumentation
 */
import type { Place } from "./map-arguments.ts";
import type { Failure } from "./chunk.ts";
import { count, counted, duration, rate } from "./figures.ts";

/** What a run has come to. */
export interface RunFigures {
  readonly done: number;
  readonly failed: number;
  /** Of those done, how many the journal had. */
  readonly recorded: number;
  /** How many there are, if all were read. */
  readonly total: number | undefined;
  readonly failures: readonly Failure[];
  readonly elapsedMs: number;
  /** How long the function would have taken one thread, for what this run did itself. */
  readonly workMs: number;
  /** How long the workers were at it, and for how much of that they waited for a core. */
  readonly busyMs: number;
  readonly delayMs: number;
  /** How long the workers took to start. */
  readonly startUpMs: number;
  readonly on: Place;
  readonly jobs: number;
  readonly ending: Ending | undefined;
  /** Whether items are text because nobody named a format. */
  readonly isTextByDefault: boolean;
}

/** Why a run ended before its input did: a failed item, Ctrl-C, or something that made going on impossible. */
export type Ending = keyof typeof ENDINGS;

/** From here on two runs differ by more than chance. */
const LEAST_GAIN = 1.1;
/** When workers wait for a core so often, it explains what they gained. */
const CROWDED_SHARE = 0.15;

/** The failed inputs, then items, failures, time, rate, and what the workers gained. */
export function summary(figures: RunFigures): string {
  return [...failureLines(figures), totalLine(figures), ...gainLines(figures)].join("\n");
}

function failureLines(figures: RunFigures): string[] {
  const { failures, failed } = figures;
  if (failed === 0) return [];
  const lines = failures
    .toSorted((a, b) => a.index - b.index)
    .map(({ index, input, error }) => `failed: item ${index}, ${input}: ${error}`);
  for (const help of new Set(failures.map((failure) => failure.help)))
    if (help !== undefined) lines.push(`  see ${help}`);
  if (failed > failures.length)
    lines.push(`failed: ${count(failed - failures.length)} more; their errors are in the output`);
  if (isMistakenFormat(figures))
    lines.push("all items are text that looks like numbers; --format numbers reads them so");
  return lines;
}

/** Whether numbers were read as text, which nobody had asked for, and the function would have none of it. */
function isMistakenFormat({ done, failed, failures, isTextByDefault }: RunFigures): boolean {
  if (!isTextByDefault || failed !== done) return false;
  return failures.every(({ input, help }) => help === undefined && QUOTED_NUMBER.test(input));
}

const QUOTED_NUMBER = /^"-?\d+(\.\d+)?"$/;

function totalLine(figures: RunFigures): string {
  const { done, failed, recorded, total, elapsedMs, on, jobs, ending } = figures;
  const ran = done - recorded;
  const where =
    on === "inline"
      ? "inline"
      : `on ${on === "threads" ? counted(jobs, "thread") : counted(jobs, "process", "es")}`;
  const parts = [
    `${counted(ran, "item")} in ${duration(elapsedMs)} ${where}`,
    ...(ran > 0 ? [rate((ran / elapsedMs) * 1000)] : []),
    failed === 0 ? "none failed" : `${count(failed)} failed`,
    ...(recorded > 0 ? [`${count(recorded)} were in the journal`] : []),
  ];
  const of = total === undefined ? "" : ` of ${count(total)}`;
  const stopped = ending === undefined ? "" : `; ${ENDINGS[ending]} after ${count(done)}${of}`;
  return `${parts.join(", ")}${stopped}`;
}

const ENDINGS = { failure: "stopped at a failure", signal: "interrupted", fault: "could not go on" } as const;

/** Says what running on workers gained, or that it gained nothing, and why. Inline there is only one thread. */
function gainLines(figures: RunFigures): string[] {
  const { done, recorded, elapsedMs, workMs, busyMs, startUpMs, on, jobs } = figures;
  // Where no worker lived to tell, nobody knows.
  if (on === "inline" || done === recorded || busyMs === 0) return [];
  const gain = workMs / elapsedMs;
  const work = `the work itself is ${duration(workMs)} on one thread`;
  const crowd = crowdOf(figures);
  if (gain >= LEAST_GAIN)
    return [`${work}: ${gain.toFixed(2)} times as fast${crowd === "" ? "" : `; ${crowd}`}`];
  if (workMs <= startUpMs) {
    return [`${work}; starting workers (${duration(startUpMs)}) cost more than they gained`];
  }
  if (crowd !== "") return [`${work}, so nothing was gained; ${crowd}`];
  if (jobs === 1) return [`${work}; one worker is no faster than that`];
  return [`${work}; reading, handing over and writing took what they gained`];
}

/** Says that there were fewer free cores than workers, if that is why they gained little. */
function crowdOf({ busyMs, delayMs }: RunFigures): string {
  const share = busyMs > 0 ? delayMs / busyMs : 0;
  return share < CROWDED_SHARE ? "" : `the workers waited for a core ${Math.round(share * 100)}% of the time`;
}
