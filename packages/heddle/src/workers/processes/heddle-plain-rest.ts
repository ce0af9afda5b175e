/** What a process with a plain function loads when it turns out to need the toolkit. */
import { managing } from "#managing";
import { loadTicketsBy, REMOTE_TICKET } from "../../wire/index.ts";

/** Used at once. */
export { FunctionTable } from "../../portable/heddle-functions.ts";

export { refusedEntry, takeUp } from "./plain-rest.ts";

loadTicketsBy(REMOTE_TICKET, () => managing().redeem);
