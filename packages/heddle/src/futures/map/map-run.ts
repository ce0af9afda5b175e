/**
 * Sends the chunks of a map, and puts what comes back in order.
 *
 * @packageDocumentation
 */
import { TimeoutError } from "#heap";
import { currentContext, madeLate, runIn, throwIfCancelled, withCaller } from "../../scopes/index.ts";
import { WireError } from "../../wire/index.ts";
import { type ChunkOutcome, runChunk } from "./chunk.ts";
import { ChunkSize } from "./chunk-size.ts";
import { siteOfUser } from "../doors.ts";
import { Fifo } from "../fifo.ts";
import type { Future } from "../future.ts";
import type { MapProgress } from "./map-options.ts";
import type { MapSource } from "./map-source.ts";
import { tellSite } from "../pool/submission-sites.ts";
import { limitWait, throwIfEnded } from "../wait-limits.ts";

/**
 * So many chunks are under way for each worker: one that runs, one that waits for it, one on the way back. Where they wait, as many
 * as may.
 */
const CHUNKS_PER_WORKER = 3;

/** What a map needs of its executor. */
export interface MapSession {
  /** Sends one call. */
  submit(fn: Function, args: readonly unknown[], name: string): Future<unknown>;
  /** From now on a shutdown waits for the map. Throws when the executor takes no new work. */
  hold(): void;
  /** A shutdown waits no more: the map has ended, or does not go on before somebody reads. */
  release(): void;
}

export interface MapRunOptions {
  workers: number;
  /** How many calls may be under way at once on each of them. */
  concurrency: number;
  chunkSize: number | "auto";
  ordered: boolean;
  /** Whether a chunk ends at its first failure. */
  failFast: boolean;
  /** Items sent or done and not yet read, at most. */
  buffer: number;
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** A chunk under way, or done and waiting for an earlier one. */
interface Chunk {
  readonly first: number;
  readonly items: readonly unknown[];
  sendMs: number;
  future: Future<unknown> | undefined;
  outcome: ChunkOutcome | undefined;
}

/**
 * One pass over a source.
 *
 * - I1: items sent or done and not yet read never exceed the buffer, but for the first chunk of an empty one, and for
 *   what was put back.
 * - I2: each item is sent once. A chunk that could not be encoded was not sent, and is sent again item by item, so
 *   that the item at fault fails alone.
 */
export class MapRun {
  readonly #session: MapSession;
  readonly #fn: Function;
  readonly #source: MapSource<unknown>;
  readonly #options: MapRunOptions;
  readonly #chunkSize: ChunkSize;
  /** So many chunks may be under way. Grows when it turns out that they wait. */
  #width: number;
  /** Where the map was made. There it goes on, whoever reads: its source is asked, and its calls are made and waited for. */
  readonly #context = currentContext();
  readonly #site = siteOfUser();
  /** In the order of their items. */
  readonly #chunks = new Set<Chunk>();
  readonly #ready = new Fifo<ChunkOutcome>();
  readonly progress: MapProgress;
  #underWay = 0;
  #unread = 0;
  #nextIndex = 0;
  /** The source is being asked for items. */
  #asking = false;
  /** Nothing more comes from the source. */
  #exhausted = false;
  /** What the source threw. Given after all results. */
  #sourceError: { error: unknown } | undefined;
  /** Ended early, with this error if there is one: nothing more is given. */
  #ended: { error?: unknown } | undefined;
  #wakeReader: (() => void) | undefined;
  #release: () => void = () => {};

  constructor(session: MapSession, fn: Function, source: MapSource<unknown>, options: MapRunOptions) {
    this.#session = session;
    this.#fn = fn;
    this.#source = source;
    this.#options = options;
    this.#chunkSize = new ChunkSize(options.workers);
    this.#width = CHUNKS_PER_WORKER * options.workers;
    this.progress = { done: 0, failed: 0, ...(source.total !== undefined && { total: source.total }) };
    session.hold();
    this.#limit();
    this.#pump();
  }

  /** The next chunk, if it is here. */
  take(): ChunkOutcome | undefined {
    return this.#ended === undefined ? this.#ready.shift() : undefined;
  }

  /** Whether nothing more is given, but for the error that ended it. */
  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  /**
   * The next chunk, or `undefined` at the end. Throws what ended the run early, once; and the reason of the scope around, which ends
   * this wait only.
   */
  async next(): Promise<ChunkOutcome | undefined> {
    for (;;) {
      const outcome = this.take();
      if (outcome !== undefined) return outcome;
      if (this.#ended === undefined && this.#exhausted && this.#chunks.size === 0)
        this.#end(this.#sourceError ?? {});
      if (this.#ended !== undefined) {
        const { error } = this.#ended;
        const failed = "error" in this.#ended;
        this.#ended = {};
        if (failed) throw withCaller(error);
        return undefined;
      }
      throwIfCancelled();
      await new Promise<void>((resolve, reject) => {
        // The reader may run in another scope than the one that the map was made in.
        const cancelled = (reason: unknown): void => {
          this.#wakeReader = undefined;
          release();
          reject(reason);
        };
        const release = limitWait({}, "map", { timedOut: () => {}, cancelled });
        this.#wakeReader = () => {
          release();
          resolve();
        };
      });
    }
  }

  /** So many items of a chunk were read: others may be sent. */
  wasRead(count: number): void {
    this.#unread -= count;
    this.#inPlace(() => this.#pump());
  }

  /** So many items that were read are to be read again. */
  wasPutBack(count: number): void {
    this.#unread += count;
  }

  /** Ends the run: what has not begun never runs. What else has ended it is no longer told. */
  cancel(): void {
    this.#end({});
    this.#ended = {};
  }

  #end(how: { error?: unknown }): void {
    if (this.#ended !== undefined) return;
    this.#ended = how;
    this.#release();
    for (const chunk of this.#chunks) chunk.future?.cancel();
    this.#chunks.clear();
    this.#session.release();
    this.#wake();
    try {
      this.#inPlace(() => this.#source.close());
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : `The source of a map threw ${String(error)}`);
    }
  }

  #limit(): void {
    try {
      throwIfEnded(this.#options);
    } catch (error) {
      return this.#end({ error });
    }
    this.#release = limitWait(this.#options, "map", {
      timedOut: (timeoutMs) => this.#end({ error: madeLate(new TimeoutError("map", timeoutMs)) }),
      cancelled: (error) => this.#end({ error }),
    });
  }

  /** Sends as many chunks as there is room for. */
  #pump(): void {
    this.#fill();
    if (this.#underWay > 0 || this.#asking) return;
    // Nothing goes on before somebody reads, or at all.
    this.#session.release();
    if (this.#exhausted) this.#release();
  }

  #fill(): void {
    const { buffer, chunkSize } = this.#options;
    while (!this.#asking && !this.#exhausted && this.#ended === undefined) {
      if (this.#underWay >= this.#width || this.#unread >= buffer) return;
      try {
        this.#session.hold();
      } catch (error) {
        return this.#end({ error });
      }
      const size = chunkSize === "auto" ? this.#chunkSize.next(this.#source.left ?? Infinity) : chunkSize;
      let items: unknown[] | Promise<unknown[]>;
      try {
        items = this.#source.take(Math.min(size, buffer - this.#unread));
      } catch (error) {
        return this.#exhaust({ error });
      }
      if (Array.isArray(items)) this.#take(items);
      else this.#takeLater(items);
    }
  }

  #takeLater(asked: Promise<unknown[]>): void {
    this.#asking = true;
    asked.then(
      (items) => {
        this.#asking = false;
        this.#take(items);
        this.#pump();
      },
      (error: unknown) => {
        this.#asking = false;
        this.#exhaust({ error });
        this.#pump();
      },
    );
  }

  #take(items: unknown[]): void {
    if (this.#ended !== undefined) return;
    if (items.length === 0) return this.#exhaust(undefined);
    this.#unread += items.length;
    this.#underWay++;
    const chunk: Chunk = { first: this.#nextIndex, items, sendMs: 0, future: undefined, outcome: undefined };
    this.#nextIndex += items.length;
    this.#chunks.add(chunk);
    this.#send(chunk);
  }

  #exhaust(sourceError: { error: unknown } | undefined): void {
    this.#exhausted = true;
    this.#sourceError = sourceError;
    this.#wake();
  }

  #send(chunk: Chunk): void {
    const start = performance.now();
    try {
      chunk.future = this.#call(chunk.first, chunk.items);
    } catch (error) {
      return this.#finish(chunk, failed(chunk, error));
    }
    chunk.sendMs = performance.now() - start;
    void chunk.future.then(
      (outcome) => this.#finish(chunk, outcome as ChunkOutcome),
      (error: unknown) => this.#fail(chunk, error),
    );
  }

  #call(first: number, items: readonly unknown[]): Future<unknown> {
    const args = [this.#fn, first, items, this.#options.failFast, throwIfCancelled];
    return this.#session.submit(runChunk, args, this.#fn.name || "(anonymous)");
  }

  #inPlace<T>(step: () => T): T {
    return currentContext() === this.#context ? step() : runIn(this.#context, step);
  }

  #fail(chunk: Chunk, error: unknown): void {
    // I2. Only what is thrown before a chunk is sent names an argument.
    if (!(error instanceof WireError && error.path.startsWith("args")))
      this.#finish(chunk, failed(chunk, error));
    else if (chunk.items.length === 1) this.#finish(chunk, failed(chunk, ofItem(error, chunk.first)));
    else void this.#sendOneByOne(chunk);
  }

  async #sendOneByOne(chunk: Chunk): Promise<void> {
    const whole: ChunkOutcome = { values: [], errors: [], elapsedMs: 0, waited: false, "heddle.chunk": true };
    for (const [place, item] of chunk.items.entries()) {
      const index = chunk.first + place;
      try {
        const { values, errors } = (await this.#call(index, [item])) as ChunkOutcome;
        whole.values.push(...values);
        for (const [, error] of errors) whole.errors.push([place, error]);
      } catch (error) {
        whole.values.push(undefined);
        whole.errors.push([place, ofItem(error, index)]);
      }
      if (this.#ended !== undefined || (this.#options.failFast && whole.errors.length > 0)) break;
    }
    this.#finish(chunk, whole);
  }

  #finish(chunk: Chunk, outcome: ChunkOutcome): void {
    if (this.#ended !== undefined) return;
    chunk.outcome = outcome;
    for (const [, error] of outcome.errors) tellSite(error, this.#site);
    this.#underWay--;
    if (outcome.waited) this.#widen();
    this.progress.failed += outcome.errors.length;
    this.progress.done += outcome.values.length - outcome.errors.length;
    if (outcome.elapsedMs > 0) this.#chunkSize.learn(outcome.values.length, outcome, chunk.sendMs);
    if (this.#options.ordered) {
      for (const next of this.#chunks) {
        if (next.outcome === undefined) break;
        this.#ready.push(next.outcome);
        this.#chunks.delete(next);
      }
    } else {
      this.#chunks.delete(chunk);
      this.#ready.push(outcome);
    }
    this.#wake();
    this.#pump();
  }

  #widen(): void {
    const { workers, concurrency } = this.#options;
    this.#width = Math.max(this.#width, Math.min(2 * this.#width, workers * concurrency));
  }

  #wake(): void {
    const wake = this.#wakeReader;
    this.#wakeReader = undefined;
    wake?.();
  }
}

/** The outcome of a chunk that failed as a whole. */
function failed(chunk: Chunk, error: unknown): ChunkOutcome {
  return {
    values: chunk.items.map(() => undefined),
    errors: chunk.items.map((_, place) => [place, error]),
    elapsedMs: 0,
    waited: false,
    "heddle.chunk": true,
  };
}

/** What keeps the only item of a chunk from being sent names a place in the call; users know the place in the items. */
function ofItem(error: unknown, index: number): unknown {
  const ITEM = "args[2][0]";
  if (!(error instanceof WireError) || !error.path.startsWith(ITEM)) return error;
  const path = `items[${index}]${error.path.slice(ITEM.length)}`;
  return Object.assign(error, { message: error.message.replace(error.path, path), path });
}
