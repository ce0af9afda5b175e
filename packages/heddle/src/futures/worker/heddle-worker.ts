/** What a worker of a pool runs, where the toolkit is not part of a bundle. */
import { workerData } from "node:worker_threads";
import type { Beginning } from "../../workers/index.ts";
import { type Assignment, runWorker } from "./worker-entry.ts";

/** Used at once. */
export { FunctionTable } from "../../portable/heddle-functions.ts";

runWorker(workerData as Beginning<Assignment>);
