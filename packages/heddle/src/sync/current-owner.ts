/**
 * Who runs right now, among the tasks of this thread.
 *
 * @packageDocumentation
 */
import { currentContext } from "../scopes/index.ts";

const LARGEST = 0x7fff_ffff;

/** The number of the task that runs; 0 outside of tasks. No two tasks of a thread that live at the same time share one. */
export function currentOwner(): number {
  const { task } = currentContext();
  // It has to fit into a word. A thread that has had so many tasks begins anew.
  return task === undefined ? 0 : ((task.id - 1) % LARGEST) + 1;
}
