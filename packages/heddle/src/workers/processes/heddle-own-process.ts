/** What a process of its own runs, where the toolkit is not part of a bundle. */
import { runOwnProcess } from "./process-body.ts";

/** Used at once. */
export { FunctionTable } from "../../portable/heddle-functions.ts";

runOwnProcess();
