/**
 * Futures, and the executors that give them.
 *
 * @packageDocumentation
 */
import "./runtime.ts";
export {
  asCompleted,
  BrokenExecutorError,
  type CancelOptions,
  type Completions,
  type Durations,
  type Executor,
  ExecutorShutdownError,
  type ExecutorStatistics,
  type FunctionStatistics,
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
  type StreamOf,
  type TaskEvent,
  type TaskOptions,
  type TaskOutput,
  type TaskStream,
  ProcessPoolExecutor,
  ThreadPoolExecutor,
  toThread,
  wait,
  type WaitOptions,
  type WorkerEvent,
} from "./futures/index.ts";
