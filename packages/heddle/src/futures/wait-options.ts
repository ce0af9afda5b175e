/** The options of waits for futures. The scope around is seen to where they are waited for. */
export { checkWait as checkWaitOptions, type WaitOptions } from "../sync/index.ts";
