/**
 * Threads and processes, how many of them make sense, and what joins processes: memory that they share, and pipes.
 *
 * @packageDocumentation
 */
import "./runtime.ts";
export { SharedHeap, SharedHeapError } from "#heap";
export {
  Connection,
  ConnectionClosedError,
  ConnectionStateError,
  cpuCount,
  currentThread,
  mainThread,
  onUncaught,
  Pipe,
  type PipeOptions,
  Process,
  ProcessEndedError,
  ProcessStateError,
  Thread,
  ThreadEndedError,
  type ThreadInfo,
  ThreadLocal,
  type ThreadOptions,
  threads,
  ThreadStateError,
  Timer,
  type TimerOptions,
  type UncaughtError,
} from "./workers/index.ts";
