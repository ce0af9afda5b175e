/**
 * What Node has for threads, and what is known of this one without that. It loads its streams for them, which takes as long as compiling a
 * seventh of the toolkit: so it is loaded where it is used, and a program, or a process, that uses no threads does without.
 *
 * @packageDocumentation
 */
import { readlinkSync } from "node:fs";
import type * as module from "node:worker_threads";

let loaded: typeof module | undefined;

/** `node:worker_threads`, loaded at the first call. */
export function workerThreads(): typeof module {
  return (loaded ??= process.getBuiltinModule("node:worker_threads"));
}

/** What in a worker throws, and is marked as such. */
const { abort } = process as { abort: object };

/** Whether this thread is not the main one, told without that module. */
export const isWorkerThread: boolean = "disabled" in abort;

/** The operating system's number of this thread; 0 where there is no way to know it. */
export function nativeThreadId(): number {
  try {
    return Number(readlinkSync("/proc/thread-self").split("/").at(-1)) || 0;
  } catch {
    return 0;
  }
}
