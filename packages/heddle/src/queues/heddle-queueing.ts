/** What queues and channels do their work by: a part, see `parts/load-part.ts`. */
export { copy } from "../parts/index.ts";
/** They stand on it. */
export { LockCore } from "../sync/heddle-cores.ts";
export * from "./queueing.ts";
