/** What a worker of a pool runs, where the toolkit is not part of a bundle. */
import { workerData } from "node:worker_threads";
import type { Beginning } from "../../workers/index.ts";
import { type Assignment, runWorker } from "./worker-entry.ts";

runWorker(workerData as Beginning<Assignment>);
