/** What a worker of a pool runs, where the toolkit is not part of a bundle. */
import { managing } from "#managing";
import { workerData } from "node:worker_threads";
import type { Beginning } from "../../workers/index.ts";
import { type Assignment, runWorker } from "./worker-entry.ts";
import { loadTicketsBy, REMOTE_TICKET } from "../../wire/index.ts";

/** Used at once. */
export { FunctionTable } from "../../portable/heddle-functions.ts";
export { LockCore } from "../../sync/heddle-cores.ts";

loadTicketsBy(REMOTE_TICKET, () => managing().redeem);
runWorker(workerData as Beginning<Assignment>);
