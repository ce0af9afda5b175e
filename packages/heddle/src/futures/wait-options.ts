/** What a wait takes: a future can be waited for in a cancelled scope, which is told of what comes of it all the same. */
export { checkWaitLimits, type WaitOptions } from "../sync/index.ts";
