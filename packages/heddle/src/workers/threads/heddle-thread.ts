/** What a thread of its own runs, where the toolkit is not part of a bundle. */
import { workerData } from "node:worker_threads";
import type { Beginning } from "../entry.ts";
import { runThread, type ThreadTask } from "./thread-body.ts";

/** Used at once. */
export { FunctionTable } from "../../portable/heddle-functions.ts";

/** What is declared to be in every thread has to be loaded. */
export { currentThread, Thread, ThreadLocal } from "../index.ts";

runThread(workerData as Beginning<ThreadTask>);
