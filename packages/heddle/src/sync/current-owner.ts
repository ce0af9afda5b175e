/**
 * Who runs right now, among the tasks of this thread.
 *
 * @packageDocumentation
 */

let ask: () => number = () => 0;

/** The number of the task that runs; 0 outside of tasks. No two tasks of a thread that live at the same time share one. */
export function currentOwner(): number {
  return ask();
}

/** For the layer that knows tasks: says how the current one is found out. */
export function setCurrentOwner(find: () => number): void {
  ask = find;
}
