/** Futures, the executors that give them, and what other layers make futures with. */
export { tellCalledOff, wasCalledOff } from "./called-off.ts";
export { checkDuration, checkInteger, checkKnown, checkObject } from "./checks.ts";
export { BrokenExecutorError, ExecutorShutdownError, QueueFullError } from "./errors.ts";
export type { Executor, ExecutorStatistics, ShutdownOptions } from "./executor.ts";
export {
  type CancelOptions,
  cancelledFuture,
  fulfil,
  Future,
  controlOf,
  markCalledOff,
  markObserved,
  reject,
  settleCancelled,
  type TaskControl,
} from "./future.ts";
export { InlineExecutor, type InlineOptions } from "./inline/inline-executor.ts";
export type { MapOptions, MapProgress, MapResult } from "./map/map-options.ts";
export type { TaskEvent, WorkerEvent } from "./observe/observe-channels.ts";
export type { Durations, FunctionStatistics } from "./observe/observe-histogram.ts";
export type { PoolOptions } from "./pool/pool-options.ts";
export type { TaskOptions } from "./task-options.ts";
export type { TaskOutput } from "./worker/task-output.ts";
export type { Streamed, StreamOf, TaskStream } from "./streams/task-stream.ts";
export { ProcessPoolExecutor } from "./process-pool-executor.ts";
export { ThreadPoolExecutor } from "./thread-pool-executor.ts";
export { toThread } from "./to-thread.ts";
export { asCompleted, type Completions, type ReturnWhen, wait } from "./wait.ts";
export { limitWait, throwIfEnded } from "./wait-limits.ts";
export { checkWaitLimits, type WaitOptions } from "./wait-options.ts";
