import { SharedHeap } from "#heap";
import { pools } from "./pools-later.ts";
import { ExecutorView } from "./executor-view.ts";
import type { PoolOptions } from "./pool/pool-options.ts";

/** Memory is taken as it is needed: this is only what addresses can tell apart. */
const HEAP_BYTES = 2 ** 32;

/**
 * Runs functions in worker processes: what goes wrong there, however badly, ends a worker and no more.
 *
 * In all else it is a `ThreadPoolExecutor`: functions are given as they are, calls and results go through shared memory, and a
 * worker that ends, or is killed, is replaced. What only threads of one process can share cannot be sent: shared memory, ports,
 * and objects that are not kept in a `SharedHeap`. What `transfer` marks is copied, and gone here.
 *
 * @remarks
 * Linux only, with the package `koffi`, as `SharedHeap`.
 * Cost: as a `ThreadPoolExecutor`, with a wake of some microseconds more for workers that sleep; a worker, about twice as much as
 * `child_process.fork`. A worker ends with the thread that made the pool.
 * Source: PEP 3148, `concurrent.futures.ProcessPoolExecutor`.
 *
 * @example
 * ```ts
 * import { ProcessPoolExecutor } from "heddle/futures";
 *
 * await using pool = new ProcessPoolExecutor({ maxWorkers: 2 });
 * const pid = await pool.submit(() => process.pid);
 * pid === process.pid; // => false
 * ```
 */
export class ProcessPoolExecutor extends ExecutorView {
  /**
   * @throws `RangeError` or `TypeError`, naming the option that is not what it should be. `SharedHeapError` where processes cannot
   * share memory.
   */
  constructor(options: PoolOptions = {}) {
    const { coreOf, Pool, recruitProcess } = pools();
    const place = () => {
      const heap = SharedHeap.createNameless(HEAP_BYTES);
      return { heap, recruit: recruitProcess(heap), leave: () => heap.close() };
    };
    super(coreOf(new Pool(options, place)), {});
  }
}
