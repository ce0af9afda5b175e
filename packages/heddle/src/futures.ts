/**
 * Futures, and the executors that give them.
 *
 * @packageDocumentation
 */
export {
  asCompleted,
  BrokenExecutorError,
  type CancelOptions,
  type Completions,
  type Executor,
  ExecutorShutdownError,
  type ExecutorStatistics,
  Future,
  InlineExecutor,
  type InlineOptions,
  type MapOptions,
  type MapProgress,
  type MapResult,
  type PoolOptions,
  QueueFullError,
  type ReturnWhen,
  type ShutdownOptions,
  type Streamed,
  type TaskOptions,
  type TaskStream,
  ThreadPoolExecutor,
  toThread,
  wait,
  type WaitOptions,
} from "./futures/index.ts";
