/**
 * What ends a run from outside. Ctrl-C and its like: once to stop in good order, twice to stop at once.
 *
 * @packageDocumentation
 */
import { CANNOT_GO_ON, INTERRUPTED } from "./exit-status.ts";

const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Calls `onFirst` at the first signal; the second one ends the process there and then.
 *
 * @returns Lets go of the signals.
 */
export function onInterruption(onFirst: () => void): Disposable {
  let isFirst = true;
  const listener = (): void => {
    if (!isFirst) process.exit(INTERRUPTED);
    isFirst = false;
    onFirst();
  };
  for (const signal of SIGNALS) process.on(signal, listener);
  return {
    [Symbol.dispose](): void {
      for (const signal of SIGNALS) process.off(signal, listener);
    },
  };
}

/**
 * Says so, and gives a status that is no success, if the process is ended while the run goes on: inline, a function that
 * calls `process.exit` takes the command with it.
 *
 * @param isExpected - Whether it was the user who ended it.
 * @returns Ends the watch.
 */
export function onEarlyExit(isExpected: () => boolean): Disposable {
  const listener = (): void => {
    if (isExpected()) return;
    process.stderr.write("heddle: Cannot finish: the function ended the process\n");
    process.exitCode = CANNOT_GO_ON;
  };
  process.once("exit", listener);
  return { [Symbol.dispose]: () => void process.off("exit", listener) };
}
