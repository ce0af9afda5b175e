/** What a worker process of a pool runs, where the toolkit is not part of a bundle. */
import { runProcess } from "./process-worker.ts";

/** Used at once. */
export { FunctionTable } from "../../portable/heddle-functions.ts";

runProcess();
