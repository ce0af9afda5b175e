/** Where portable functions run: threads, how they are started, and how many of them make sense. */
export { begin, stayDetached } from "./begin.ts";
export type { ThreadCore } from "./thread-core.ts";
export { cpuCount } from "./cpu-count.ts";
export { currentThread, mainThread, threads } from "./current.ts";
export { type Beginning, findEntry, takeOverAs, type WorkerEntry } from "./entry.ts";
export { ThreadEndedError, ThreadStateError } from "./errors.ts";
export { AuthenticationError } from "./net/handshake.ts";
export { Connection, Pipe, type PipeOptions } from "./pipe/connection.ts";
export { ConnectionClosedError, ConnectionStateError } from "./pipe/errors.ts";
export { type Site, tellOrigin, thisSite } from "./sites.ts";
export { Thread } from "./thread.ts";
export type { ThreadInfo } from "./thread-info.ts";
export type { ThreadOptions } from "./thread-options.ts";
export { onUncaught, type UncaughtError } from "./uncaught.ts";
export { forgetUnobserved, noteUnobserved, type Unobserved } from "./unobserved.ts";
export { startThread, type ThreadEnd, type WorkerThread } from "./worker-thread.ts";
