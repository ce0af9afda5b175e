/** What managers do their work by: a part, see `parts/load-part.ts`. */
export { copy } from "../parts/index.ts";
export { redeem } from "./arrivals.ts";
export { connectTo, serveAt } from "./connect.ts";
export { behindProxy } from "./proxies.ts";
export { startManagerProcess } from "./start-process.ts";
export { startManagerThread } from "./start-thread.ts";
export { ROOT } from "./things.ts";
