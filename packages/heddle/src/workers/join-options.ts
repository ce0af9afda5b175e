import { checkKnown, checkWaitOptions, type WaitOptions } from "../sync/index.ts";

const KNOWN = ["timeoutMs", "signal"];

/** Gives the options of a wait for a thread or a process, checked. */
export function checkJoinOptions(options: WaitOptions | undefined, operation: string): WaitOptions {
  const checked = checkWaitOptions(options, operation);
  checkKnown(checked, KNOWN, operation);
  return checked;
}
