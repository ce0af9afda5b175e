/** What all executors have in common. */
import type { Future } from "./future.ts";
import type { MapOptions, MapResult } from "./map/map-options.ts";
import type { FunctionStatistics } from "./observe/observe-histogram.ts";
import type { TaskOptions } from "./task-options.ts";
import type { WaitOptions } from "./wait-options.ts";
import type { Streamed, StreamOf } from "./streams/task-stream.ts";

/**
 * A place that runs functions: the event loop, threads, and later processes and clusters, behind one interface.
 *
 * Moving a program from one to another changes the line that makes the executor.
 */
export interface Executor extends AsyncDisposable {
  /**
   * Has the values of a generator, or of another iterator, streamed: `fn` goes on while they are read, and counts as running
   * until it has ended.
   *
   * @returns The future of the stream, from when `fn` has begun.
   */
  submit<A extends any[], T = never, R = never>(
    fn: (...args: A) => Streamed<T, R> | PromiseLike<Streamed<T, R>>,
    ...args: A
  ): Future<StreamOf<T, R>>;
  /**
   * Has `fn(...args)` called.
   *
   * @returns The future of its result. It rejects with what `fn` throws, as the same class, or with why the call
   * could not be sent: `PortabilityError` for the function, `WireError` for an argument.
   * @throws `TypeError` when `fn` is not a function; `ExecutorShutdownError`, `BrokenExecutorError` and
   * `QueueFullError` when the executor takes no call.
   */
  submit<A extends any[], R>(fn: (...args: A) => R | PromiseLike<R>, ...args: A): Future<R>;
  /**
   * Has `fn(item, index)` called for every item, several items to a call where they are cheap.
   *
   * Begins at once, and reads the items as there is room for results.
   */
  map<T, R>(
    fn: (item: T, index: number) => R | PromiseLike<R>,
    items: Iterable<T> | AsyncIterable<T>,
    options?: MapOptions,
  ): MapResult<R>;
  /** Has `fn(...args)` called once on every worker. Gives the results in the order of the workers. */
  broadcast<A extends any[], R>(fn: (...args: A) => R | PromiseLike<R>, ...args: A): Promise<R[]>;
  /** The same workers, with other options for the calls made through the result. */
  with(options: TaskOptions): Executor;
  /**
   * Waits until another call would be taken: with `maxQueued`, while that many wait. Who waits is told in order, and finds room if it
   * submits at once.
   *
   * @throws `ExecutorShutdownError` and `BrokenExecutorError` when none will be taken any more; `TimeoutError`, or the reason of the
   * signal or of the scope around, when the wait ends early.
   */
  ready(options?: WaitOptions): Promise<void>;
  /**
   * Takes no more calls. Those under way are finished, unless `cancelPending` cancels the queued ones, or `graceMs` all.
   *
   * @returns When all are done and the workers are gone; at once if `wait` is false.
   */
  shutdown(options?: ShutdownOptions): Promise<void>;
  /** How many calls can run at once. */
  readonly maxWorkers: number;
  statistics(): ExecutorStatistics;
}

/** How an executor ends. */
export interface ShutdownOptions {
  /** Whether to wait for the calls under way, and the workers. True by default. */
  wait?: boolean;
  /** Whether the calls that no worker has begun are cancelled. False by default. */
  cancelPending?: boolean;
  /**
   * All calls are cancelled: queued ones never run, running ones are told to stop, and those that have not ended after so long, in
   * milliseconds, end with their workers. 0: all ends now. Without it running calls are finished, however long that takes.
   */
  graceMs?: number;
}

/** Counts, as of now. */
export interface ExecutorStatistics {
  /** Workers there are. */
  workers: number;
  /** Calls that wait for a worker. */
  queued: number;
  /** Calls that a worker has begun. */
  running: number;
  /** Calls that gave a value, since the executor was made. */
  fulfilled: number;
  /** Calls that failed. */
  rejected: number;
  /** Calls that were cancelled. */
  cancelled: number;
  /** How long calls have waited and run, by the names of their functions; where the executor measures that. */
  functions?: ReadonlyMap<string, FunctionStatistics>;
}

let count = 0;

/** A name for an executor that was given none. */
export function defaultName(kind: string): string {
  return `${kind}-${++count}`;
}
