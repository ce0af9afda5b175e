/**
 * Workers, how many of them make sense, and what joins processes: memory that they share, and pipes.
 *
 * @packageDocumentation
 */
export { SharedHeap, SharedHeapError } from "#heap";
export {
  Connection,
  ConnectionClosedError,
  ConnectionStateError,
  cpuCount,
  Pipe,
  type PipeOptions,
} from "./workers/index.ts";
