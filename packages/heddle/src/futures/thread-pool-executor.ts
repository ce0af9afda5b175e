import { threadHeap } from "#heap";
import { Dispatcher } from "./dispatcher.ts";
import {
  checkFunction,
  defaultName,
  type Executor,
  type ExecutorStatistics,
  type ShutdownOptions,
} from "./executor.ts";
import type { Future } from "./future.ts";
import { type MapOptions, type MapResult, mapOver } from "./map.ts";
import { checkPoolOptions, type PoolOptions } from "./pool-options.ts";
import { checkTaskOptions, type TaskOptions } from "./task-options.ts";

/** The part that a pool and its views by `with` share. */
class Pool {
  readonly name: string;
  readonly maxWorkers: number;
  readonly dispatcher: Dispatcher;
  #gone: Promise<void> | undefined;

  constructor(options: PoolOptions) {
    const { minWorkers, ...checked } = checkPoolOptions(options);
    this.name = options.name || defaultName("pool");
    this.maxWorkers = checked.maxWorkers;
    this.dispatcher = new Dispatcher(threadHeap(), {
      ...checked,
      name: this.name,
      initialize: checked.initializer !== undefined,
    });
    this.dispatcher.crew.ensure(minWorkers);
  }

  async shutdown(options: ShutdownOptions): Promise<void> {
    const { wait = true, cancelPending = false } = options;
    this.dispatcher.close();
    if (cancelPending) this.dispatcher.cancelPending();
    this.#gone ??= this.dispatcher.idle().then(() => this.dispatcher.stop());
    if (wait) await this.#gone;
  }
}

/** A pool, with options for the calls made through it. */
class PooledExecutor implements Executor {
  readonly #pool: Pool;
  readonly #options: TaskOptions;

  constructor(pool: Pool, options: TaskOptions) {
    this.#pool = pool;
    this.#options = options;
  }

  get name(): string {
    return this.#pool.name;
  }

  get maxWorkers(): number {
    return this.#pool.maxWorkers;
  }

  submit<A extends unknown[], R>(fn: (...args: A) => R | PromiseLike<R>, ...args: A): Future<R> {
    checkFunction(fn, "submit");
    return this.#pool.dispatcher.submit(fn, args, this.#options, -1) as Future<R>;
  }

  map<T, R>(
    fn: (item: T, index: number) => R | PromiseLike<R>,
    items: Iterable<T> | AsyncIterable<T>,
    options: MapOptions = {},
  ): MapResult<R> {
    const { dispatcher, maxWorkers } = this.#pool;
    return mapOver(
      (call, args) => dispatcher.submit(call, args, this.#options, -1),
      maxWorkers,
      fn,
      items,
      options,
    );
  }

  async broadcast<A extends unknown[], R>(fn: (...args: A) => R | PromiseLike<R>, ...args: A): Promise<R[]> {
    checkFunction(fn, "broadcast");
    const { dispatcher } = this.#pool;
    dispatcher.crew.ensure(this.maxWorkers);
    return await Promise.all(
      Array.from(
        dispatcher.crew,
        (worker) => dispatcher.submit(fn, args, this.#options, worker) as Future<R>,
      ),
    );
  }

  with(options: TaskOptions): Executor {
    checkTaskOptions(options);
    return new PooledExecutor(this.#pool, { ...this.#options, ...options });
  }

  shutdown(options: ShutdownOptions = {}): Promise<void> {
    return this.#pool.shutdown(options);
  }

  statistics(): ExecutorStatistics {
    return this.#pool.dispatcher.statistics();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }
}

/**
 * Runs functions on worker threads.
 *
 * Functions are given as they are: the variables they capture, the helpers they call and the modules they import
 * travel with them. Arguments and results are copied, unless wrapped by `transfer` or shared. Workers start when
 * there is work for them, serve their own timers and sockets while idle, and do not keep the program alive; calls
 * under way do. A worker that ends is replaced; the call it ran fails, and runs no second time.
 *
 * @remarks
 * Cost: a call and its result take a few microseconds one by one and a fraction of one in bulk; a worker, about
 * 50 ms to start.
 * Source: PEP 3148, `concurrent.futures.ThreadPoolExecutor`.
 *
 * @example
 * ```ts
 * import { ThreadPoolExecutor } from "heddle";
 *
 * const rate = 0.19;
 * await using pool = new ThreadPoolExecutor();
 * await pool.submit((net: number) => net * (1 + rate), 100); // => 119
 * ```
 */
export class ThreadPoolExecutor extends PooledExecutor {
  /** @throws `RangeError` or `TypeError`, naming the option that is not what it should be. */
  constructor(options: PoolOptions = {}) {
    super(new Pool(options), {});
  }
}
