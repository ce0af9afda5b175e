/**
 * Ctrl-C and its like: once to stop in good order, twice to stop at once.
 *
 * @packageDocumentation
 */

const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/** The exit status of a run that was interrupted. */
export const INTERRUPTED_STATUS = 130;

/**
 * Calls `onFirst` at the first signal; the second one ends the process there and then.
 *
 * @returns Lets go of the signals.
 */
export function onInterruption(onFirst: () => void): Disposable {
  let isFirst = true;
  const listener = (): void => {
    if (!isFirst) process.exit(INTERRUPTED_STATUS);
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
