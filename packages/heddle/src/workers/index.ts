/** Where portable functions run: threads, how they are started, and how many of them make sense. */
export { begin, stayDetached } from "./begin.ts";
export type { ThreadCore } from "./threads/thread-core.ts";
export { cpuCount } from "./cpu-count.ts";
export { currentThread, mainThread, threads } from "./threads/current.ts";
export { type Beginning, findEntry, takeOver, takeOverAs, type WorkerEntry } from "./entry.ts";
export { ThreadEndedError, ThreadStateError } from "./errors.ts";
export { Connection, Pipe, type PipeOptions } from "./pipe/connection.ts";
export { ConnectionClosedError, ConnectionStateError } from "./pipe/errors.ts";
export { FrameTooLongError } from "./net/frames.ts";
export { AuthenticationError } from "./net/authentication-error.ts";
export { keepAlive } from "./net/keep-alive.ts";
export { inheritedFlags } from "./processes/inherited-flags.ts";
export { Process } from "./processes/process.ts";
export { ProcessEndedError, ProcessStateError } from "./processes/process-errors.ts";
export { callSiteOf, type Site, tellOrigin, thisSite } from "./sites.ts";
export type { ThreadInfo } from "./threads/thread-info.ts";
export { ThreadLocal } from "./threads/thread-local.ts";
export type { ThreadOptions } from "./threads/thread-options.ts";
export { Timer, type TimerOptions } from "./threads/timer.ts";
export { onUncaught, type UncaughtError } from "./threads/uncaught.ts";
export { forgetUnobserved, noteUnobserved, type Unobserved } from "./threads/unobserved.ts";
export { argumentsFor, beginProcess, startProcess, takeOverProcessAs } from "./processes/worker-process.ts";
export { startThread, type ThreadEnd, type WorkerThread } from "./threads/worker-thread.ts";
// The last: in a bundle, threads take over there.
export { Thread } from "./threads/thread.ts";
