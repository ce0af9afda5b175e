/** What the process of a manager runs, where the toolkit is not part of a bundle. */
import { managing } from "./managing-later.ts";
import { runManagerProcess } from "./process-host.ts";
import { loadHandlesBy, loadTicketsBy, REMOTE_TICKET } from "../wire/index.ts";

/** Used at once. */
export { FunctionTable } from "../portable/heddle-functions.ts";

loadHandlesBy(() =>
  Promise.all([import("../sync/index.ts"), import("../queues/index.ts"), import("../workers/index.ts")]),
);

loadTicketsBy(REMOTE_TICKET, () => managing().redeem);
runManagerProcess();
