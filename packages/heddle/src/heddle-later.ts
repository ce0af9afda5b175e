/** What Node finds as `#cores`, `#functions` and the like in what is published: one file in place of seven. */
export { functions } from "./portable/functions-later.ts";
export { managing } from "./managers/managing-later.ts";
export { parser } from "./portable/parser-later.ts";
export { piping } from "./workers/piping-later.ts";
export { pools } from "./futures/pools-later.ts";
export { queueing } from "./queues/queueing-later.ts";
export { cores } from "./sync/cores-later.ts";
