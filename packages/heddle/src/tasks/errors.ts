/** What can go wrong with tasks, apart from what they throw. */
import { helpOn } from "#heap";

/** The group has ended, and takes no tasks. */
export class TaskGroupStateError extends Error {
  override readonly name = "TaskGroupStateError";
  readonly code = "ERR_HEDDLE_TASK_GROUP_STATE";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
}

/** A task was asked for what it cannot do. */
export class TaskStateError extends Error {
  override readonly name = "TaskStateError";
  readonly code = "ERR_HEDDLE_TASK_STATE";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
}

/** One of those that failed in a group. */
export interface Failure {
  /** The name of the task; `undefined` for the body of the group. */
  readonly task: string | undefined;
  readonly error: unknown;
}

/**
 * What a group throws: a single failure as it is, several in one error that says which task threw which.
 *
 * @param what - How the error names the whole.
 */
export function failureOf(failures: readonly Failure[], what = "the task group"): unknown {
  if (failures.length === 1) return failures[0]!.error;
  const list = failures.map(
    ({ task, error }) => `${task === undefined ? "its body" : `"${task}"`}: ${brief(error)}`,
  );
  const shown = list.slice(0, SHOWN);
  if (list.length > SHOWN) shown.push(`and ${list.length - SHOWN} more`);
  return new AggregateError(
    failures.map(({ error }) => error),
    `Cannot finish ${what}: ${failures.length} of its tasks failed (${shown.join("; ")})`,
  );
}

/** So many failures are named in a message. */
const SHOWN = 10;

function brief(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** A reason for a cancellation. */
export function abortError(message: string, cause?: unknown): DOMException {
  return new DOMException(message, { name: "AbortError", cause });
}
