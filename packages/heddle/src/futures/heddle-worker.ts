/** What a worker runs, where the toolkit is not part of a bundle. */
import { workerData } from "node:worker_threads";
import { type Assignment, runWorker } from "./worker-entry.ts";

runWorker(workerData as Assignment);
