/**
 * Puts advice into words: a table, a sentence with its reason, a line of code.
 *
 * @packageDocumentation
 */
import { counted, shortTime } from "../figures.ts";
import type { Measurements } from "./measure.ts";
import { median, type Prediction, serialShare } from "./predict.ts";
import type { Nature } from "./probe.ts";

/** All that is known in the end. */
export interface Advice {
  /** What the function is called in code. */
  readonly name: string;
  readonly target: string;
  readonly input: string;
  readonly total: number;
  readonly nature: Nature;
  readonly measurements: Measurements;
  readonly predictions: readonly Prediction[];
  readonly choice: Prediction;
}

/** A function that waits for more than this is there to wait. */
const WAITING = 0.5;
/** One that takes longer to be handed over than to run. */
const CARRYING = 1;
/** Shares of serial work that are as good as none, or all. */
const NOTHING_SERIAL = 0.02;
const ALL_SERIAL = 0.95;
const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** `threads, 2 at a time`. */
export function nameOfWay({ way, jobs }: Pick<Prediction, "way" | "jobs">): string {
  if (way === "loop") return "a plain loop";
  if (way === "event loop") return `the event loop, ${jobs} at a time`;
  return `${jobs} ${jobs === 1 ? way.replace(/(e?)s$/, "") : way}`;
}

/** The advice in one sentence. */
export function sentence({ choice, nature, measurements, predictions }: Advice): string {
  const { waits, msPerItem } = nature;
  const loop = predictions.find(({ way }) => way === "loop")!;
  const gain = `${(loop.ms / choice.ms).toFixed(1)} times as fast as a plain loop`;
  if (choice.way === "event loop") {
    return `Run it on ${nameOfWay(choice)}: it waits ${percent(waits)} of the time, which costs no core, and is ${gain}.`;
  }
  if (choice.way !== "loop") {
    return `Run it on ${nameOfWay(choice)}: it computes ${percent(1 - waits)} of the time, and is ${gain}.`;
  }
  const carried = median(measurements.oneThread.msPerItem) - msPerItem;
  if (carried > CARRYING * msPerItem) {
    return `Run it in a plain loop: an item takes ${shortTime(msPerItem)}, and handing it to a worker and its result back ${shortTime(carried)}.`;
  }
  const several = predictions.find(({ way }) => way === "threads");
  if (several !== undefined && several.startUpMs > loop.ms / 2) {
    return `Run it in a plain loop: all of it takes ${shortTime(loop.ms)}, and starting workers alone ${shortTime(several.startUpMs)}.`;
  }
  return "Run it in a plain loop: nothing else is faster by enough to be worth its trouble.";
}

/** The line of code that does it. */
export function codeFor({ name, choice }: Pick<Advice, "name" | "choice">): string {
  const { way, jobs } = choice;
  if (way === "loop")
    return `for (const [index, item] of items.entries()) results.push(await ${name}(item, index));`;
  const executor =
    way === "event loop"
      ? `new InlineExecutor({ concurrencyPerWorker: ${jobs} })`
      : way === "threads"
        ? "new ThreadPoolExecutor()"
        : "new ProcessPoolExecutor()";
  return `const results = await ${executor}.map(${name}, items).toArray();`;
}

/** What is said about the function itself. */
export function natureLines({ nature, measurements, total }: Advice): string[] {
  const { msPerItem, waits, isAsync } = nature;
  const { oneThread, ways } = measurements;
  const several = ways.find(({ way, jobs }) => way === "threads" && jobs > 1);
  const lines = [
    `an item takes ${shortTime(msPerItem)} on one thread${isAsync && waits >= 0.01 ? `, of which it waits ${percent(waits)}` : ""}; there ${total === 1 ? "is" : "are"} ${counted(total, "item")}`,
  ];
  if (several === undefined || waits > WAITING) return lines;
  const share = serialShare(median(oneThread.msPerItem), median(several.msPerItem), several.jobs);
  const serial = `from 1 thread to ${several.jobs}, ${percent(share)} of the work is not shared out`;
  // Beyond this, what was measured says nothing of more cores.
  if (share < NOTHING_SERIAL || share > ALL_SERIAL) return [...lines, serial];
  return [...lines, `${serial}: more cores make it ${(1 / share).toFixed(1)} times as fast at most`];
}

/** The table: each way, what the whole input would take, and the range of that. */
function table({ predictions, choice }: Advice): string[] {
  const rows = predictions
    .toSorted((a, b) => a.ms - b.ms)
    .map((prediction) => [
      nameOfWay(prediction),
      shortTime(prediction.ms),
      `${shortTime(prediction.leastMs)} to ${shortTime(prediction.mostMs)}`,
      prediction === choice ? "advised" : "",
    ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 1 ? cell.padStart(widths[1]!) : cell.padEnd(widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}

/** All of it, for a terminal. */
export function explain(advice: Advice): string {
  return [
    `${advice.target} over ${advice.input}`,
    ...natureLines(advice),
    "",
    "the whole input would take",
    ...table(advice).map((line) => `  ${line}`),
    "",
    sentence(advice),
    "",
    `  ${codeFor(advice)}`,
  ].join("\n");
}
