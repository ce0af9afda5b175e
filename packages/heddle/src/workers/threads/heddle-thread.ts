/** What a thread of its own runs, where the toolkit is not part of a bundle. */
import { managing } from "#managing";
import { workerData } from "node:worker_threads";
import type { Beginning } from "../entry.ts";
import { runThread, type ThreadTask } from "./thread-body.ts";
import { loadTicketsBy, REMOTE_TICKET } from "../../wire/index.ts";

/** Used at once. */
export { FunctionTable } from "../../portable/heddle-functions.ts";
export { LockCore } from "../../sync/heddle-cores.ts";

/** What is declared to be in every thread has to be loaded. */
export { currentThread, Thread, ThreadLocal } from "../index.ts";

loadTicketsBy(REMOTE_TICKET, () => managing().redeem);
runThread(workerData as Beginning<ThreadTask>);
