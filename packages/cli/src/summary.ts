/**
 * What is said at the end.
 *
 * @packageDocumentation
 */
import type { Place } from "./arguments.ts";
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
  /** How long the workers took to start. */
  readonly startUpMs: number;
  readonly on: Place;
  readonly jobs: number;
  readonly ending: Ending | undefined;
}

/** Why a run ended before its input did: a failed item, Ctrl-C, or something that made going on impossible. */
export type Ending = keyof typeof ENDINGS;

/** From here on two runs differ by more than chance. */
const LEAST_GAIN = 1.1;

/** The failed inputs, then items, failures, time, rate, and what the workers gained. */
export function summary(figures: RunFigures): string {
  return [...failureLines(figures), totalLine(figures), ...gainLines(figures)].join("\n");
}

function failureLines({ failures, failed }: RunFigures): string[] {
  if (failed === 0) return [];
  const lines = failures
    .toSorted((a, b) => a.index - b.index)
    .map(({ index, input, error }) => `failed: item ${index}, ${input}: ${error}`);
  if (failed > failures.length)
    lines.push(`failed: ${count(failed - failures.length)} more; their errors are in the output`);
  return lines;
}

function totalLine(figures: RunFigures): string {
  const { done, failed, recorded, total, elapsedMs, on, jobs, ending } = figures;
  const ran = done - recorded;
  const where = on === "inline" ? "inline" : `on ${counted(jobs, "thread")}`;
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

/** Says what running on threads gained, or that it gained nothing, and why. Inline there is only one thread. */
function gainLines({ done, recorded, elapsedMs, workMs, startUpMs, on, jobs }: RunFigures): string[] {
  if (on === "inline" || done === recorded) return [];
  const gain = workMs / elapsedMs;
  const work = `the work itself is ${duration(workMs)} on one thread`;
  if (gain >= LEAST_GAIN) return [`${work}: ${gain.toFixed(2)} times as fast`];
  if (workMs <= startUpMs)
    return [`${work}; starting workers (${duration(startUpMs)}) cost more than they gained`];
  if (jobs === 1) return [`${work}; one worker is no faster than that`];
  return [`${work}; reading, handing over and writing took what they gained`];
}
