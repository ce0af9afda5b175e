/** Where portable functions run: starting workers, and how many of them make sense. */
export { cpuCount } from "./cpu-count.ts";
export { startThread, type ThreadEnd, type ThreadStart, type WorkerThread } from "./worker-thread.ts";
export { Connection, Pipe, type PipeOptions } from "./pipe/connection.ts";
export { ConnectionClosedError, ConnectionStateError } from "./pipe/errors.ts";
export { AuthenticationError } from "./net/handshake.ts";
