/**
 * A function over many items, on any executor.
 *
 * @packageDocumentation
 */
import { unheard } from "../../scopes/index.ts";
import type { ChunkOutcome } from "./chunk.ts";
import { checkFunction, checkInteger } from "../checks.ts";
import type { ExecutorCore } from "../executor-view.ts";
import { MapRun, type MapSession } from "./map-run.ts";
import { mapSource } from "./map-source.ts";
import type { MapOptions, MapProgress, MapResult } from "./map-options.ts";
import { checkWaitLimits } from "../wait-options.ts";

/** So many results wait to be read, at most, where the source has no length. */
const DEFAULT_BUFFER = 100_000;

const KNOWN = ["chunkSize", "buffer", "ordered", "onError"];

/** Where a map runs. */
export type MapPlace = Pick<ExecutorCore, "maxWorkers" | "concurrency">;

/** Begins a map. */
export function mapOver<T, R>(
  session: MapSession,
  { maxWorkers, concurrency }: MapPlace,
  fn: (item: T, index: number) => R | PromiseLike<R>,
  items: Iterable<T> | AsyncIterable<T>,
  options: MapOptions,
): MapResult<R> {
  checkFunction(fn, "map");
  const { timeoutMs, signal } = checkWaitLimits(options, "map", KNOWN);
  const { chunkSize = "auto", ordered = true, onError = "throw", buffer } = options;
  if (chunkSize !== "auto") checkInteger("chunkSize", chunkSize, 1, Number.MAX_SAFE_INTEGER);
  if (buffer !== undefined && buffer !== Infinity) checkInteger("buffer", buffer, 1, Number.MAX_SAFE_INTEGER);
  if (typeof ordered !== "boolean")
    throw new TypeError("Cannot take the option ordered: it is not a boolean");
  if (onError !== "throw" && onError !== "collect") {
    throw new RangeError(
      `Cannot take the option onError: ${String(onError)} is neither "throw" nor "collect"`,
    );
  }
  const source = mapSource(items);
  const failFast = onError === "throw";
  const run = new MapRun(session, fn, source, {
    workers: maxWorkers,
    concurrency,
    chunkSize,
    ordered,
    failFast,
    buffer: buffer ?? (source.total === undefined ? DEFAULT_BUFFER : Infinity),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(signal !== undefined && { signal }),
  });
  return new MapReader<R>(run, failFast);
}

/** Reads a run chunk by chunk, and gives it out item by item. */
class MapReader<R> implements MapResult<R> {
  readonly #run: MapRun;
  readonly #failFast: boolean;
  #failures: unknown[] = [];
  #chunk: ChunkOutcome | undefined;
  /** The next item of the chunk, and the next of its errors. */
  #place = 0;
  #error = 0;
  /** The last of the reads under way; they are made one after the other, in the order of their calls. */
  #last: Promise<void> | undefined;

  constructor(run: MapRun, failFast: boolean) {
    this.#run = run;
    this.#failFast = failFast;
  }

  get progress(): MapProgress {
    return this.#run.progress;
  }

  next(): Promise<IteratorResult<R>> {
    return this.#last === undefined && this.#isAtItem()
      ? Promise.resolve({ done: false, value: this.#takeItem() })
      : unheard(this.#inTurn(() => this.#next()));
  }

  async return(): Promise<IteratorResult<R>> {
    // First, for a read under way may wait for what is cancelled here.
    this.#run.cancel();
    await this.#last;
    this.#leave();
    return { done: true, value: undefined };
  }

  toArray(): Promise<R[]> {
    return unheard(this.#inTurn(() => this.#toArray()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #inTurn<T>(read: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const turn = Promise.withResolvers<void>();
    this.#last = turn.promise;
    try {
      if (before !== undefined) await before;
      return await read();
    } finally {
      if (this.#last === turn.promise) this.#last = undefined;
      turn.resolve();
    }
  }

  async #next(): Promise<IteratorResult<R>> {
    while (await this.#hasChunk()) {
      if (this.#hasItem()) return { done: false, value: this.#takeItem() };
    }
    return { done: true, value: undefined };
  }

  async #toArray(): Promise<R[]> {
    const results: R[] = [];
    try {
      while (await this.#hasChunk()) {
        const { values, errors } = this.#chunk!;
        // Nearly all chunks have no failures, and need no look at each item.
        if (errors.length === 0) {
          for (; this.#place < values.length; this.#place++) results.push(values[this.#place] as R);
        }
        while (this.#hasItem()) results.push(this.#takeItem());
      }
    } catch (error) {
      this.#putBack(results);
      throw error;
    }
    return results;
  }

  /** Only the wait has ended: who reads on has these first. */
  #putBack(results: R[]): void {
    if (this.#run.hasEnded) return;
    this.#run.wasPutBack(results.length);
    this.#enter({ values: results, errors: [], elapsedMs: 0, waited: false, "heddle.chunk": true });
  }

  #enter(chunk: ChunkOutcome | undefined): void {
    this.#chunk = chunk;
    this.#place = 0;
    this.#error = 0;
  }

  /** Gives nothing more, and no error. */
  #leave(): void {
    this.#run.cancel();
    this.#chunk = undefined;
    this.#failures = [];
  }

  /** Whether there is another chunk; waits for it, and throws what ended the map early. */
  async #hasChunk(): Promise<boolean> {
    if (this.#chunk !== undefined) return true;
    try {
      this.#enter(this.#run.take() ?? (await this.#run.next()));
    } catch (error) {
      if (this.#run.hasEnded) this.#leave();
      throw error;
    }
    if (this.#chunk !== undefined) return true;
    const failures = this.#failures;
    this.#failures = [];
    if (failures.length === 0) return false;
    const { failed, done } = this.progress;
    throw new AggregateError(failures, `Cannot finish the map: ${failed} of ${failed + done} items failed`);
  }

  /** Passes over failed items to the next good one; throws a failure if that is to end the map. */
  #hasItem(): boolean {
    const { values, errors } = this.#chunk!;
    for (
      ;
      this.#error < errors.length && errors[this.#error]![0] === this.#place;
      this.#error++, this.#place++
    ) {
      const [, error] = errors[this.#error]!;
      if (this.#failFast) {
        this.#leave();
        throw error;
      }
      this.#failures.push(error);
    }
    if (this.#place < values.length) return true;
    this.#chunk = undefined;
    this.#run.wasRead(values.length);
    return false;
  }

  /** Whether the next item is here, and good. */
  #isAtItem(): boolean {
    const chunk = this.#chunk;
    return chunk !== undefined && chunk.errors.length === 0 && this.#place < chunk.values.length;
  }

  #takeItem(): R {
    return this.#chunk!.values[this.#place++] as R;
  }
}
