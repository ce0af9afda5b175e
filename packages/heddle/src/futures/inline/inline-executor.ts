import { pools } from "../pools-later.ts";
import { ExecutorView } from "../executor-view.ts";
import type { PoolOptions } from "../pool/pool-options.ts";

/** How an inline executor is made: as a pool of one worker that is this thread. */
export type InlineOptions = Pick<PoolOptions, "name" | "maxQueued" | "concurrencyPerWorker" | "measure">;

/**
 * Runs functions on the event loop of the calling thread: for asynchronous work, for tests, and to compare with.
 *
 * Calls begin after the one that submits them has returned, in order, and as many asynchronous ones overlap as
 * `concurrencyPerWorker` allows; by default all. Arguments and results are the very objects, not copies.
 *
 * @remarks
 * Cost: under a microsecond a call. A body that computes holds up the event loop while it does.
 *
 * @example
 * ```ts
 * import { InlineExecutor } from "heddle";
 *
 * await using executor = new InlineExecutor({ concurrencyPerWorker: 2 });
 * await executor.map(async (n: number) => n * n, [1, 2, 3]).toArray(); // => [1, 4, 9]
 * ```
 */
export class InlineExecutor extends ExecutorView {
  /** @throws `RangeError` or `TypeError`, naming the option that is not what it should be. */
  constructor(options: InlineOptions = {}) {
    const { Loop, RetryingCore } = pools();
    super(new RetryingCore(new Loop(options)), {});
  }
}
