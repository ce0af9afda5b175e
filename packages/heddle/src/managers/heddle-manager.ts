/** What the thread of a manager runs, where the toolkit is not part of a bundle. */
import { workerData } from "node:worker_threads";
import type { Beginning } from "../workers/index.ts";
import { runManagerThread, type ThreadAssignment } from "./thread-host.ts";

/** Used at once. */
export { FunctionTable } from "../portable/heddle-functions.ts";

runManagerThread(workerData as Beginning<ThreadAssignment>);
