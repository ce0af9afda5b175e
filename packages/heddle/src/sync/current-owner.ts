/**
 * Who runs right now, among the tasks of this thread.
 *
 * @packageDocumentation
 */
import { currentContext } from "../scopes/index.ts";

/** The number of the task that runs; 0 outside of tasks. No two tasks of a thread that live at the same time share one. */
export function currentOwner(): number {
  return currentContext().task?.id ?? 0;
}
