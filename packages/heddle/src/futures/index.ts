/**
 * Futures, and the executors that give them.
 *
 * @packageDocumentation
 */
export { BrokenExecutorError, ExecutorShutdownError, QueueFullError } from "./errors.ts";
export type { Executor, ExecutorStatistics, ShutdownOptions } from "./executor.ts";
export { type CancelOptions, Future } from "./future.ts";
export { InlineExecutor, type InlineOptions } from "./inline-executor.ts";
export type { MapOptions, MapProgress, MapResult } from "./map-options.ts";
export type { PoolOptions } from "./pool-options.ts";
export type { TaskOptions } from "./task-options.ts";
export { ThreadPoolExecutor } from "./thread-pool-executor.ts";
export { toThread } from "./to-thread.ts";
export { asCompleted, type Completions, type ReturnWhen, wait } from "./wait.ts";
export type { WaitOptions } from "./wait-options.ts";
