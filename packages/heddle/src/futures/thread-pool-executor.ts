import { pools } from "./pools-later.ts";
import { ExecutorView } from "./executor-view.ts";
import type { PoolOptions } from "./pool/pool-options.ts";

/**
 * Runs functions on worker threads.
 *
 * Functions are given as they are: the variables they capture, the helpers they call and the modules they import
 * travel with them. Arguments and results are copied, unless wrapped by `transfer` or shared. Workers start when
 * there is work for them, serve their own timers and sockets while idle, and do not keep the program alive; calls
 * under way do. A worker that ends is replaced; the call it ran fails, and runs no second time unless
 * `retries` asks for it. One that is dropped without a shutdown finishes what was submitted, and lets its workers go when it is
 * collected.
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
    const { coreOf, Pool, threadPlace } = pools();
    super(coreOf(new Pool(options, threadPlace)), {});
  }
}
