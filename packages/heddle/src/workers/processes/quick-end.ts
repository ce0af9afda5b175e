/**
 * The end of a process that has nothing left to do.
 *
 * @packageDocumentation
 */

/**
 * Has this process end at once when nothing is left to do in it: Node would first take apart what it is made of, all of which the
 * operating system takes away anyway. Who listens for the end is told before, and what is written then (profiles, coverage, compiled
 * code) is written all the same.
 */
export function endQuickly(): void {
  let isInOrder = true;
  // What nobody catches is told of after the listeners for the end.
  process.on("uncaughtExceptionMonitor", () => (isInOrder = false));
  const end = (): void => {
    // Whoever came to listen meanwhile is behind this.
    if (isInOrder && process.listeners("exit").at(-1) === end) process.exit();
  };
  process.on("beforeExit", () => {
    process.off("exit", end);
    process.on("exit", end);
  });
}
