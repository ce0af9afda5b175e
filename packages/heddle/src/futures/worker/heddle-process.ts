/** What a worker process of a pool runs, where the toolkit is not part of a bundle. */
import { managing } from "#managing";
import { runProcess } from "./process-worker.ts";
import { loadTicketsBy, REMOTE_TICKET } from "../../wire/index.ts";

/** Used at once. */
export { FunctionTable } from "../../portable/heddle-functions.ts";
export { LockCore } from "../../sync/heddle-cores.ts";

loadTicketsBy(REMOTE_TICKET, () => managing().redeem);
runProcess();
