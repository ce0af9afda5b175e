/** What queues and channels do their work by: a part, see `portable/load-part.ts`. */
export { copy } from "../portable/index.ts";
/** They stand on it. */
export { LockCore } from "../sync/heddle-cores.ts";
export * from "./queueing.ts";
