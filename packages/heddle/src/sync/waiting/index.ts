/** How threads wait: what parts of other layers take of it. */
export { POSITION_MASK } from "./end-words.ts";
export { hasCores } from "./has-cores.ts";
export { Patience } from "./patience.ts";
