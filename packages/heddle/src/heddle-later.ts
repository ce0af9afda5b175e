/** What Node finds as `#functions`, `#managing`, `#parser`, `#piping` and `#pools` in what is published: one file in place of five. */
export { functions } from "./portable/functions-later.ts";
export { managing } from "./managers/managing-later.ts";
export { parser } from "./portable/parser-later.ts";
export { piping } from "./workers/piping-later.ts";
export { pools } from "./futures/pools-later.ts";
