/**
 * What runs in a worker: some consecutive items through the function, their results as JSON lines.
 *
 * Results become text where they arise: that work is then shared among the workers too, and a result need not be
 * able to cross to another thread.
 *
 * @packageDocumentation
 */
import { errorText, helpOf, jsonText } from "./json-text.ts";
import { Lane } from "./lane.ts";
import { oneLine } from "./errors.ts";
import { WorkClock } from "./work-clock.ts";

/** By this address a worker imports {@link runChunk}. */
export const MODULE_URL: string = import.meta.url;

/** The function that the user named. Given an item and its index. */
export type Target = (item: unknown, index: number) => unknown;

/** How a chunk is to be run. */
export interface ChunkOrder {
  /** The index of the first item. */
  readonly first: number;
  /** How often an item that failed runs again. */
  readonly retries: number;
  /** Attempts that these items have behind them, in workers that died. */
  readonly attemptsBefore: number;
  /** Whether the first failure ends the chunk. */
  readonly stopAtFailure: boolean;
  /** After so long no further item is begun. */
  readonly budgetMs: number;
  /** Every how many items the clock is read: 1, or more where reading it would cost as much as the item. */
  readonly sampleEvery: number;
  /** The bytes of the `Lane`; absent for a single item. */
  readonly lane?: SharedArrayBuffer;
}

/** An item that failed, for people. */
export interface Failure {
  readonly index: number;
  readonly input: string;
  readonly error: string;
  /** Where that is explained, if it is an error of the toolkit. */
  readonly help?: string;
}

/** What became of a chunk. Items past `done` were not begun. */
export interface ChunkReport {
  readonly done: number;
  readonly failed: number;
  /** The first few that failed. */
  readonly failures: readonly Failure[];
  /** One JSON line for each item done. */
  readonly lines: string;
  /** How long the chunk took its worker. */
  readonly elapsedMs: number;
  /** For how much of that it waited for a core. */
  readonly delayMs: number;
  /** How long the function itself would have taken one thread with a core of its own. */
  readonly workMs: number;
}

/** How many failures a report names; the others are only counted. */
export const NAMED_FAILURES = 10;
/** How much of an input a message shows. */
const SHOWN_INPUT = 60;

/** Calls `target` for each item, one after another, until all are done or the order says to stop. */
export async function runChunk(
  target: Target,
  items: readonly unknown[],
  order: ChunkOrder,
): Promise<ChunkReport> {
  const lane = order.lane === undefined ? undefined : new Lane(order.lane);
  const clock = new WorkClock();
  const failures: Failure[] = [];
  let lines = "";
  let failed = 0;
  let waited = false;
  let done = 0;
  let paperworkMs = 0;
  let samples = 0;

  while (done < items.length) {
    if (lane?.stopped === true) break;
    const item = items[done];
    const index = order.first + done;
    lane?.begin();
    let outcome = attempt(target, item, index, order);
    if (outcome instanceof Promise) {
      waited = true;
      outcome = await outcome;
    }

    const sampled = done % order.sampleEvery === 0;
    const finishedMs = sampled ? clock.elapsedMs : 0;
    const line = lineOf(index, item, outcome);
    lines += line.text;
    done++;
    if (line.failure !== undefined) {
      failed++;
      if (failures.length < NAMED_FAILURES) failures.push(line.failure);
    }
    const kept = lane === undefined || lane.keep(line.text);
    if (sampled) {
      const nowMs = clock.elapsedMs;
      paperworkMs += nowMs - finishedMs;
      samples++;
      if (nowMs > order.budgetMs) break;
    }
    if (!kept || (line.failure !== undefined && order.stopAtFailure)) break;
  }

  const { elapsedMs, delayMs, share } = clock.stop(waited);
  const functionMs = samples === 0 ? 0 : Math.max(0, elapsedMs - (paperworkMs * done) / samples);
  return { done, failed, failures, lines, elapsedMs, delayMs, workMs: functionMs * share };
}

/** How the last attempt at an item ended. */
type Outcome = { readonly result: unknown } | { readonly thrown: unknown; readonly attempts: number };

/** Calls the function until it succeeds or has no attempt left. A promise only if the function gave one. */
function attempt(
  target: Target,
  item: unknown,
  index: number,
  order: ChunkOrder,
): Outcome | Promise<Outcome> {
  for (let attempts = order.attemptsBefore + 1; ; attempts++) {
    try {
      const result = target(item, index);
      return isThenable(result) ? settle(result, attempts, target, item, index, order) : { result };
    } catch (thrown) {
      if (attempts > order.retries) return { thrown, attempts };
    }
  }
}

async function settle(
  pending: PromiseLike<unknown>,
  attempts: number,
  target: Target,
  item: unknown,
  index: number,
  order: ChunkOrder,
): Promise<Outcome> {
  try {
    return { result: await pending };
  } catch (thrown) {
    if (attempts > order.retries) return { thrown, attempts };
    return attempt(target, item, index, { ...order, attemptsBefore: attempts });
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    value !== null && typeof value === "object" && typeof (value as { then?: unknown }).then === "function"
  );
}

interface Line {
  readonly text: string;
  readonly failure?: Failure;
}

function lineOf(index: number, item: unknown, outcome: Outcome): Line {
  if ("thrown" in outcome) return failureLine(index, item, outcome.thrown, outcome.attempts);
  try {
    const result = jsonText(outcome.result, "result");
    return { text: `${linePrefix(index, item)}${result === undefined ? "" : `,"result":${result}`}}\n` };
  } catch (thrown) {
    return failureLine(index, item, thrown, 1);
  }
}

/** The line of an item that has no result, and what people are told of it. */
export function failureLine(
  index: number,
  item: unknown,
  thrown: unknown,
  attempts: number,
): Line & { failure: Failure } {
  const input = jsonText(item, "input") ?? "null";
  const help = helpOf(thrown);
  return {
    text: `${linePrefix(index, item)},"error":${errorText(thrown, attempts)}}\n`,
    failure: {
      index,
      input: shortened(input),
      error: described(thrown),
      ...(help !== undefined && { help }),
    },
  };
}

/** How the line of an item begins. A journal's line that begins otherwise was written for another input. */
export function linePrefix(index: number, item: unknown): string {
  return `{"index":${index},"input":${jsonText(item, "input") ?? "null"}`;
}

/** Cuts what is too long for a message. */
export function shortened(input: string): string {
  return input.length <= SHOWN_INPUT ? input : `${input.slice(0, SHOWN_INPUT - 1)}…`;
}

function described(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${oneLine(thrown)}` : oneLine(thrown);
}
