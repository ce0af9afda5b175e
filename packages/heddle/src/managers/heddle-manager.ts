/** What the thread of a manager runs, where the toolkit is not part of a bundle. */
import { managing } from "./managing-later.ts";
import { workerData } from "node:worker_threads";
import type { Beginning } from "../workers/index.ts";
import { runManagerThread, type ThreadAssignment } from "./thread-host.ts";
import { loadTicketsBy, REMOTE_TICKET } from "../wire/index.ts";

/** Used at once. */
export { FunctionTable } from "../portable/heddle-functions.ts";
export { LockCore } from "../sync/heddle-cores.ts";

loadTicketsBy(REMOTE_TICKET, () => managing().redeem);
runManagerThread(workerData as Beginning<ThreadAssignment>);
