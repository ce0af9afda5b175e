/**
 * Workers, and how many of them make sense.
 *
 * @packageDocumentation
 */
export {
  Connection,
  ConnectionClosedError,
  ConnectionStateError,
  cpuCount,
  Pipe,
  type PipeOptions,
} from "./workers/index.ts";
