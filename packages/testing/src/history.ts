/**
 * What threads did with a shared object, and when: the input of the linearizability checker.
 *
 * @packageDocumentation
 */

/** One call of an operation. */
export interface Operation {
  /** Who called it. */
  readonly thread: number;
  readonly name: string;
  readonly args: readonly unknown[];
  /** When it was called, and when it returned, on one clock for all threads; Infinity if it never did. */
  readonly start: number;
  readonly end: number;
  /** What it gave, or {@link Thrown}; undefined as long as it has not returned. */
  readonly result?: unknown;
}

/** Stands in the place of a result where an operation threw: by the error's `code`, or else its `name`. */
export interface Thrown {
  readonly threw: string;
}

/** Whether something is one, as far as the order of a history goes by it. */
export function isOperation(value: unknown): value is Operation {
  const { name, args, start, end } = (value ?? {}) as Partial<Operation>;
  return typeof name === "string" && Array.isArray(args) && start! <= end!;
}

export function isPending(operation: Operation): boolean {
  return operation.end === Infinity;
}

/** An operation on a line, as in `thread 1: get() gave 7`. */
export function tell(operation: Operation): string {
  const { thread, name, args, result } = operation;
  const call = `thread ${thread}: ${name}(${args.map(show).join(", ")})`;
  if (isPending(operation)) return `${call} did not return`;
  return isThrown(result) ? `${call} threw ${result.threw}` : `${call} gave ${show(result)}`;
}

/** A value in a report. */
export function show(value: unknown): string {
  if (isThrown(value)) return `${value.threw} (thrown)`;
  return typeof value === "bigint" ? `${value}n` : (JSON.stringify(value) ?? String(value));
}

export function isThrown(value: unknown): value is Thrown {
  return typeof value === "object" && value !== null && "threw" in value && Object.keys(value).length === 1;
}
