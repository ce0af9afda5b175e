/**
 * The run itself: slices out to the executor, finished chunks back, until the input ends or somebody stops it.
 *
 * @packageDocumentation
 */
import type { Halt } from "./map-arguments.ts";
import {
  failureLine,
  linePrefix,
  NAMED_FAILURES,
  shortened,
  type ChunkOrder,
  type ChunkReport,
  type Failure,
} from "./chunk.ts";
import { ChunkSize } from "./chunk-size.ts";
import { ItemError, oneLine } from "./errors.ts";
import { mismatch, type Feeder, type Slice } from "./feeder.ts";
import type { Recorded } from "./journal.ts";
import { Lane } from "./lane.ts";

/** How long a chunk took, as its report says. */
export type ChunkTimes = Pick<ChunkReport, "elapsedMs" | "delayMs" | "workMs">;

/** The times of a chunk that this run did not do itself, or whose worker did not live to tell them. */
export const NO_TIME: ChunkTimes = { elapsedMs: 0, delayMs: 0, workMs: 0 };

/** Consecutive items that are done, on their way out. */
export interface FinishedChunk extends Recorded, ChunkTimes {
  readonly failures: readonly Failure[];
  /** Whether the journal had it. */
  readonly wasRecorded: boolean;
}

/** Where chunks run. */
export interface ChunkExecutor {
  /** Has the function called for each of the items, in a place of their own. */
  submit(items: readonly unknown[], order: ChunkOrder): ChunkFuture;
}

/** A chunk under way. */
export interface ChunkFuture extends PromiseLike<ChunkReport> {
  /** Without `graceMs` only what has not begun is cancelled. */
  cancel(reason?: unknown, options?: { graceMs?: number }): boolean;
}

/** Where finished chunks go, and how full it is there. */
export interface Outlet {
  add(chunk: FinishedChunk): void;
  /** Whether so much waits to go out that no more should be made. Calls {@link Runner.pump} when that has changed. */
  readonly isFull: boolean;
}

export interface RunnerOptions {
  readonly feeder: Feeder;
  readonly executor: ChunkExecutor;
  readonly outlet: Outlet;
  /** How many items run at once. */
  readonly jobs: number;
  /** Whether chunks may wait for a worker. */
  readonly inAdvance: boolean;
  readonly chunk: number | "auto";
  /** Whether each item goes alone: it has a time limit of its own, or its worker shares no memory with this process. */
  readonly oneByOne: boolean;
  readonly retries: number;
  readonly halt: Halt;
}

/** A slice that the executor has. */
interface Flight {
  readonly slice: Slice;
  readonly future: ChunkFuture;
  readonly lane: Lane | undefined;
}

/**
 * ```text
 * running ──stop()──▶ stopping ──all under way ended──▶ over
 *    └──────────── input ended, all under way ended ──────▲
 * ```
 */
type State = "running" | "stopping" | "over";

/** How often a chunk that was not begun is sent again after its worker died. */
const MOST_LOST_STARTS = 100;

/** Drives one run. Nothing here waits: every event calls `pump`, which starts what can be started. */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #size: ChunkSize;
  readonly #flights: Set<Flight> = new Set();
  readonly #freeLanes: Lane[] = [];
  readonly #over: PromiseWithResolvers<void> = Promise.withResolvers();
  #state: State = "running";
  #failure: unknown;
  #lostStarts = 0;
  readonly #startMs: number = performance.now();
  #firstResultMs: number | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#size = new ChunkSize(options.oneByOne ? 1 : options.chunk);
  }

  /** Resolves when nothing is under way any more and nothing more will start. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** What ended the run before the input did: a fault of the input, the journal or the output. */
  get failure(): unknown {
    return this.#failure;
  }

  /** How long it took until the first result came, less what making it took: the time that workers need to start. */
  get startUpMs(): number {
    return this.#firstResultMs ?? 0;
  }

  /** Starts no more, and cancels what has not begun. What runs goes on to its end. */
  stop(): void {
    if (this.#state !== "running") return;
    this.#state = "stopping";
    for (const { future, lane } of this.#flights) {
      lane?.stop();
      future.cancel();
    }
    this.pump();
  }

  /** Starts no more, and cancels what runs. */
  abandon(): void {
    this.stop();
    for (const { future } of this.#flights) future.cancel(undefined, { graceMs: 0 });
  }

  /** Ends the run, as it cannot go on. */
  fail(error: unknown): void {
    this.#failure ??= error;
    this.stop();
  }

  /** Starts what can be started now. Called whenever something may have changed. */
  pump(): void {
    while (this.#state === "running" && this.#hasRoom) {
      const slice = this.#options.feeder.take(this.#nextSize, this.#options.chunk !== "auto");
      if (slice === undefined) break;
      if (slice.recorded === undefined) this.#start(slice);
      else this.#replay(slice, slice.recorded);
    }
    const { feeder } = this.#options;
    if (this.#flights.size > 0 || this.#state === "over" || (this.#state === "running" && !feeder.ended))
      return;
    this.#failure ??= feeder.failure;
    this.#state = "over";
    this.#over.resolve();
  }

  get #hasRoom(): boolean {
    const { jobs, inAdvance, outlet, feeder } = this.#options;
    const most = inAdvance ? jobs * this.#size.atHand : jobs;
    return this.#flights.size < most && (!outlet.isFull || feeder.hasReturned);
  }

  /** At the end of the input the rest is shared out, so that all workers end together. */
  get #nextSize(): number {
    const { chunk, feeder, jobs } = this.#options;
    const size = this.#size.items;
    if (chunk !== "auto" || !feeder.allRead) return size;
    return Math.max(1, Math.min(size, Math.ceil(feeder.left / (jobs * 2))));
  }

  #start(slice: Slice): void {
    const lane = slice.items.length > 1 ? (this.#freeLanes.pop() ?? new Lane()) : undefined;
    lane?.reset();
    let future: ChunkFuture;
    try {
      future = this.#options.executor.submit(slice.items, this.#orderFor(slice, lane));
    } catch (error) {
      return this.fail(error);
    }
    const flight: Flight = { slice, future, lane };
    this.#flights.add(flight);
    future.then(
      (report) => this.#landed(flight, report),
      (error: unknown) => this.#lost(flight, error),
    );
  }

  #orderFor(slice: Slice, lane: Lane | undefined): ChunkOrder {
    return {
      first: slice.first,
      retries: this.#options.retries,
      attemptsBefore: slice.attemptsBefore,
      stopAtFailure: this.#options.halt !== "never",
      budgetMs: this.#size.budgetMs,
      sampleEvery: this.#size.sampleEvery,
      ...(lane !== undefined && { lane: lane.shared }),
    };
  }

  #landed(flight: Flight, report: ChunkReport): void {
    const { slice, lane } = flight;
    this.#flights.delete(flight);
    if (lane !== undefined) this.#freeLanes.push(lane);
    this.#firstResultMs ??= performance.now() - this.#startMs - report.elapsedMs;
    this.#size.learn(report);
    this.#giveBack(restOf(slice, report.done));
    this.#passOn({ first: slice.first, count: report.done, wasRecorded: false, ...report });
    this.pump();
  }

  /** A chunk came to nothing: cancelled, out of time, its worker died, or it could not be sent. */
  #lost(flight: Flight, error: unknown): void {
    const { slice, lane } = flight;
    this.#flights.delete(flight);
    if (this.#state !== "running" && isCancellation(error)) this.#giveBack(slice);
    else if (lane !== undefined && isDeath(error)) this.#salvage(slice, lane, error);
    else if (slice.items.length === 1) this.#failFirst(slice, error);
    else this.#failAll(slice, error);
    this.pump();
  }

  /** The worker of several items died: the lines of those it had finished are in the lane, and one was running. */
  #salvage(slice: Slice, lane: Lane, error: unknown): void {
    const { begun, finished, lines } = lane.left();
    const wasRunning = begun > finished;
    const rest = restOf(slice, finished);
    this.#giveBack(wasRunning && rest !== undefined ? restOf(rest, 1) : rest);
    if (finished > 0) this.#passOn(chunkOf(slice, finished, lines, failuresIn(lines)));
    if (wasRunning && rest !== undefined) this.#failFirst(rest, error);
    // Nobody had begun these: the worker died of the chunk before, or never got to work.
    else if (++this.#lostStarts > MOST_LOST_STARTS) this.fail(error);
  }

  /** The first item of the slice failed without a report: its worker was lost, or its time was up. */
  #failFirst(slice: Slice, error: unknown): void {
    const attempts = slice.attemptsBefore + 1;
    const [item] = slice.items;
    if (attempts <= this.#options.retries) {
      this.#giveBack({ first: slice.first, items: [item], attemptsBefore: attempts });
      return;
    }
    const { text, failure } = failureLine(slice.first, item, explained(error), attempts);
    this.#passOn(chunkOf(slice, 1, text, [failure]));
  }

  #failAll(slice: Slice, error: unknown): void {
    const failed = slice.items.map((item, offset) => failureLine(slice.first + offset, item, error, 1));
    const lines = failed.map(({ text }) => text).join("");
    this.#passOn(
      chunkOf(
        slice,
        failed.length,
        lines,
        failed.map(({ failure }) => failure),
      ),
    );
  }

  #giveBack(slice: Slice | undefined): void {
    if (slice !== undefined) this.#options.feeder.giveBack(slice);
  }

  #passOn(chunk: FinishedChunk): void {
    if (chunk.count > 0) this.#options.outlet.add(chunk);
    if (chunk.failed === 0 || chunk.wasRecorded) return;
    if (this.#options.halt === "soon") this.stop();
    if (this.#options.halt === "now") this.abandon();
  }

  /** Lets out what the journal has, if it belongs to these items. */
  #replay(slice: Slice, recorded: Recorded): void {
    const lines = recorded.lines.split("\n");
    const wrong = slice.items.findIndex(
      (item, offset) => !lines[offset]!.startsWith(linePrefix(slice.first + offset, item)),
    );
    if (wrong !== -1) {
      return this.fail(mismatch(`there, item ${slice.first + wrong} is ${shortened(lines[wrong]!)}`));
    }
    const failures = recorded.failed === 0 ? [] : failuresIn(recorded.lines);
    this.#passOn({ ...recorded, failures, ...NO_TIME, wasRecorded: true });
  }
}

function restOf(slice: Slice, from: number): Slice | undefined {
  if (from >= slice.items.length) return undefined;
  return {
    first: slice.first + from,
    items: slice.items.slice(from),
    attemptsBefore: from === 0 ? slice.attemptsBefore : 0,
  };
}

function chunkOf(slice: Slice, count: number, lines: string, failures: readonly Failure[]): FinishedChunk {
  const named = failures.slice(0, NAMED_FAILURES);
  return {
    first: slice.first,
    count,
    lines,
    failed: failures.length,
    failures: named,
    ...NO_TIME,
    wasRecorded: false,
  };
}

/** The failed items among JSON lines. */
function failuresIn(lines: string): Failure[] {
  return lines
    .split("\n")
    .slice(0, -1)
    .map(
      (line) =>
        JSON.parse(line) as { index: number; input: unknown; error?: { name: string; message: string } },
    )
    .filter(({ error }) => error !== undefined)
    .map(
      ({ index, input, error }) => failureLine(index, input, Object.assign(new Error(), error), 1).failure,
    );
}

/** The death of a worker, in words for somebody who never asked for one. */
function explained(error: unknown): unknown {
  if (!isDeath(error)) return error;
  const { exitCode, cause } = error as { exitCode?: number; cause?: unknown };
  const how = cause === undefined ? `with exit code ${exitCode}` : `by ${oneLine(cause)}`;
  return new ItemError("ERR_HEDDLE_WORKER_DIED", `Cannot finish this item: its worker ended ${how}`);
}

function isDeath(error: unknown): boolean {
  return (error as { code?: unknown } | null | undefined)?.code === "ERR_HEDDLE_BROKEN_EXECUTOR";
}

function isCancellation(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
