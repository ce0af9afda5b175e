/** What Node finds as `#functions`, `#managing`, `#parser` and `#pools` in what is published: one file in place of four. */
export { functions } from "./portable/functions-later.ts";
export { managing } from "./managers/managing-later.ts";
export { parser } from "./portable/parser-later.ts";
export { pools } from "./futures/pools-later.ts";
