/**
 * What all executors do alike, over the part that each does its own way.
 *
 * @packageDocumentation
 */
import { inspect, type InspectOptions } from "node:util";
import { explainStaying } from "../portable/index.ts";
import { pools } from "./pools-later.ts";
import { unheard } from "../scopes/index.ts";
import { checkDuration, checkFunction, checkKnown, checkObject } from "./checks.ts";
import { declareDoors } from "./doors.ts";
import type { Executor, ExecutorStatistics, ShutdownOptions } from "./executor.ts";
import type { Future } from "./future.ts";
import type { MapOptions, MapResult } from "./map/map-options.ts";
import type { MapSession } from "./map/map-run.ts";
import type { WaitOptions } from "./wait-options.ts";
import { checkTaskOptions, type TaskOptions } from "./task-options.ts";
import type { Streamed, StreamOf } from "./streams/task-stream.ts";

/** An executor, as all its views by `with` share it. */
export interface ExecutorCore {
  readonly name: string;
  readonly maxWorkers: number;
  /** How many calls may be under way at once on each worker. */
  readonly concurrency: number;
  /** @param begun - The call is part of work that `begin` let in. */
  submit(fn: Function, args: readonly unknown[], options: TaskOptions, begun: boolean): Future<unknown>;
  /** Lets in work that will submit more calls, and that a shutdown waits for until what this gives is called. */
  begin(): () => void;
  /** One call on every worker. */
  broadcast(fn: Function, args: readonly unknown[], options: TaskOptions): Future<unknown>[];
  ready(options: WaitOptions | undefined): Promise<void>;
  shutdown(options: ShutdownOptions): Promise<void>;
  statistics(): ExecutorStatistics;
}

/** An executor, with options for the calls made through it. */
export class ExecutorView implements Executor {
  readonly #core: ExecutorCore;
  readonly #options: TaskOptions;

  constructor(core: ExecutorCore, options: TaskOptions) {
    this.#core = core;
    this.#options = options;
  }

  get name(): string {
    return this.#core.name;
  }

  get maxWorkers(): number {
    return this.#core.maxWorkers;
  }

  submit<A extends any[], T = never, R = never>(
    fn: (...args: A) => Streamed<T, R> | PromiseLike<Streamed<T, R>>,
    ...args: A
  ): Future<StreamOf<T, R>>;
  submit<A extends any[], R>(fn: (...args: A) => R | PromiseLike<R>, ...args: A): Future<R>;
  submit(fn: Function, ...args: unknown[]): Future<never> {
    checkFunction(fn, "submit");
    return this.#core.submit(fn, args, this.#options, false) as Future<never>;
  }

  map<T, R>(
    fn: (item: T, index: number) => R | PromiseLike<R>,
    items: Iterable<T> | AsyncIterable<T>,
    options: MapOptions = {},
  ): MapResult<R> {
    checkObject(options, "the options of map");
    const session = new Session(this.#core, this.#options);
    return pools().mapOver(session, this.#core, fn, items, this.#chunked(options));
  }

  /** A limit on the run is meant for each item, and so are retries: each is a call of its own. */
  #chunked(options: MapOptions): MapOptions {
    const { timeoutMs, retries = 0 } = this.#options;
    if (retries === 0) return timeoutMs === undefined ? options : { chunkSize: 1, ...options };
    const { chunkSize = "auto" } = options;
    if (typeof chunkSize !== "number" || chunkSize <= 1)
      return { ...options, chunkSize: chunkSize === "auto" ? 1 : chunkSize };
    throw new RangeError(
      `Cannot take the option chunkSize: a call of ${chunkSize} items that is tried again, as retries asks, would repeat those that were done`,
    );
  }

  broadcast<A extends any[], R>(fn: (...args: A) => R | PromiseLike<R>, ...args: A): Promise<R[]> {
    return unheard(this.#broadcast(fn, args));
  }

  async #broadcast<R>(fn: Function, args: readonly unknown[]): Promise<R[]> {
    checkFunction(fn, "broadcast");
    return await Promise.all(this.#core.broadcast(fn, args, this.#options) as Future<R>[]);
  }

  with(options: TaskOptions): Executor {
    checkTaskOptions(options);
    return new ExecutorView(this.#core, { ...this.#options, ...options });
  }

  ready(options?: WaitOptions): Promise<void> {
    return unheard(this.#core.ready(options));
  }

  shutdown(options: ShutdownOptions = {}): Promise<void> {
    checkShutdownOptions(options);
    return this.#core.shutdown(options);
  }

  /** How many tasks and workers there are, and what has become of those that were; see {@link ExecutorStatistics}. */
  statistics(): ExecutorStatistics {
    return this.#core.statistics();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }
}

/** `ThreadPoolExecutor "pool-1" { workers: 2, queued: 0, … }`. */
Object.defineProperty(ExecutorView.prototype, inspect.custom, {
  configurable: true,
  value(this: ExecutorView, depth: number, options: InspectOptions): string {
    const kind = this.constructor === ExecutorView ? "Executor" : this.constructor.name;
    if (depth < 0) return `[${kind}]`;
    return `${kind} ${JSON.stringify(this.name)} ${inspect(this.statistics(), { ...options, depth: depth - 1 })}`;
  },
});

explainStaying(
  ExecutorView,
  "its workers answer to the thread that made it",
  "make an executor there, or leave the calls to this thread",
);

for (const door of ["submit", "map", "broadcast"])
  declareDoors(Reflect.get(ExecutorView.prototype, door) as Function);

function checkShutdownOptions(options: ShutdownOptions): void {
  checkObject(options, "the options of shutdown()");
  checkKnown(options, ["wait", "cancelPending", "graceMs"], "shutdown()");
  const { graceMs } = options;
  if (graceMs !== undefined) checkDuration("graceMs", graceMs);
  for (const name of ["wait", "cancelPending"] as const) {
    const value: unknown = options[name];
    if (value === undefined || typeof value === "boolean") continue;
    throw new TypeError(`Cannot take the option ${name} of shutdown(): it is not a boolean`);
  }
}

/** The calls of one map. A shutdown waits for them while the session is held. */
class Session implements MapSession {
  readonly #core: ExecutorCore;
  readonly #options: TaskOptions;
  #release: (() => void) | undefined;

  constructor(core: ExecutorCore, options: TaskOptions) {
    this.#core = core;
    this.#options = options;
  }

  submit(fn: Function, args: readonly unknown[], name: string): Future<unknown> {
    return this.#core.submit(fn, args, { name, ...this.#options }, true);
  }

  hold(): void {
    this.#release ??= this.#core.begin();
  }

  release(): void {
    this.#release?.();
    this.#release = undefined;
  }
}
