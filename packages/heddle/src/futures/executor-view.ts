/**
 * What all executors do alike, over the part that each does its own way.
 *
 * @packageDocumentation
 */
import { checkFunction, type Executor, type ExecutorStatistics, type ShutdownOptions } from "./executor.ts";
import type { Future } from "./future.ts";
import { mapOver } from "./map.ts";
import type { MapOptions, MapResult } from "./map-options.ts";
import { checkTaskOptions, type TaskOptions } from "./task-options.ts";

/** An executor, as all its views by `with` share it. */
export interface ExecutorCore {
  readonly name: string;
  readonly maxWorkers: number;
  submit(fn: Function, args: readonly unknown[], options: TaskOptions): Future<unknown>;
  /** One call on every worker. */
  broadcast(fn: Function, args: readonly unknown[], options: TaskOptions): Future<unknown>[];
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

  submit<A extends unknown[], R>(fn: (...args: A) => R | PromiseLike<R>, ...args: A): Future<R> {
    checkFunction(fn, "submit");
    return this.#core.submit(fn, args, this.#options) as Future<R>;
  }

  map<T, R>(
    fn: (item: T, index: number) => R | PromiseLike<R>,
    items: Iterable<T> | AsyncIterable<T>,
    options: MapOptions = {},
  ): MapResult<R> {
    const submit = (call: Function, args: unknown[]): Future<unknown> =>
      this.#core.submit(call, args, this.#options);
    return mapOver(submit, this.maxWorkers, fn, items, options);
  }

  async broadcast<A extends unknown[], R>(fn: (...args: A) => R | PromiseLike<R>, ...args: A): Promise<R[]> {
    checkFunction(fn, "broadcast");
    return await Promise.all(this.#core.broadcast(fn, args, this.#options) as Future<R>[]);
  }

  with(options: TaskOptions): Executor {
    checkTaskOptions(options);
    return new ExecutorView(this.#core, { ...this.#options, ...options });
  }

  shutdown(options: ShutdownOptions = {}): Promise<void> {
    return this.#core.shutdown(options);
  }

  statistics(): ExecutorStatistics {
    return this.#core.statistics();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }
}
