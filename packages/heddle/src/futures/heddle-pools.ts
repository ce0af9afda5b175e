/** What executors run their calls by: a part, see `parts/load-part.ts`. */
export { copy } from "../parts/index.ts";
export { Loop } from "./inline/loop.ts";
export { mapOver } from "./map/map.ts";
export { coreOf, Pool } from "./pool/pool.ts";
export { threadPlace } from "./pool/recruits.ts";
export { RetryingCore } from "./retries.ts";
export { recruitProcess } from "./worker/process-worker.ts";
