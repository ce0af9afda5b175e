import { threadHeap } from "#heap";
import { Dispatcher } from "./dispatcher.ts";
import { defaultName, type ExecutorStatistics, type ShutdownOptions } from "./executor.ts";
import { type ExecutorCore, ExecutorView } from "./executor-view.ts";
import type { Future } from "./future.ts";
import { checkPoolOptions, type PoolOptions } from "./pool-options.ts";
import { RetryingCore } from "./retries.ts";
import type { TaskOptions } from "./task-options.ts";

/** The threads behind an executor. */
class Pool implements ExecutorCore {
  readonly name: string;
  readonly maxWorkers: number;
  readonly concurrency: number;
  readonly #dispatcher: Dispatcher;
  #gone: Promise<void> | undefined;

  constructor(options: PoolOptions) {
    const checked = checkPoolOptions(options);
    this.name = options.name || defaultName("pool");
    this.maxWorkers = checked.maxWorkers;
    this.concurrency = checked.concurrency;
    this.#dispatcher = new Dispatcher(threadHeap(), {
      ...checked,
      name: this.name,
      initialize: checked.initializer !== undefined,
    });
    this.#dispatcher.crew.ensure(checked.minWorkers);
  }

  submit(fn: Function, args: readonly unknown[], options: TaskOptions, begun: boolean): Future<unknown> {
    return this.#dispatcher.submit(fn, args, options, begun);
  }

  begin(): () => void {
    return this.#dispatcher.begin();
  }

  broadcast(fn: Function, args: readonly unknown[], options: TaskOptions): Future<unknown>[] {
    return this.#dispatcher.broadcast(fn, args, options);
  }

  statistics(): ExecutorStatistics {
    return this.#dispatcher.statistics();
  }

  async shutdown({ wait = true, cancelPending = false }: ShutdownOptions): Promise<void> {
    this.#dispatcher.close();
    if (cancelPending) this.#dispatcher.cancelPending();
    this.#gone ??= this.#dispatcher.idle().then(() => this.#dispatcher.stop());
    if (wait) await this.#gone;
  }
}

/**
 * Runs functions on worker threads.
 *
 * Functions are given as they are: the variables they capture, the helpers they call and the modules they import
 * travel with them. Arguments and results are copied, unless wrapped by `transfer` or shared. Workers start when
 * there is work for them, serve their own timers and sockets while idle, and do not keep the program alive; calls
 * under way do. A worker that ends is replaced; the call it ran fails, and runs no second time unless
 * `retries` asks for it.
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
export class ThreadPoolExecutor extends ExecutorView {
  /** @throws `RangeError` or `TypeError`, naming the option that is not what it should be. */
  constructor(options: PoolOptions = {}) {
    super(new RetryingCore(new Pool(options)), {});
  }
}
