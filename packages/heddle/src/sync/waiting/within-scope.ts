/**
 * What the scope of the running code does to its waits.
 *
 * @packageDocumentation
 */
import { currentContext } from "../../scopes/index.ts";

/**
 * How long the scope of the running code lets a wait last that blocks the thread: no timer of the scope can fire
 * meanwhile. Throws its reason if it is over.
 */
export function timeLeft(): number {
  const { scope } = currentContext();
  if (scope === undefined) return Infinity;
  scope.look();
  if (scope.isCancelled) throw scope.reason;
  const { deadlineMs } = scope;
  return deadlineMs === Infinity ? Infinity : Math.max(0, deadlineMs - performance.now());
}

/**
 * Whether the scope of the running code is over, or the signal has aborted, though the thread has not been told: it blocks. A
 * signal that has come from another thread aborts when it is looked at.
 */
export function isOver(signal: AbortSignal | undefined): boolean {
  if (signal?.aborted === true) return true;
  const { scope } = currentContext();
  if (scope === undefined) return false;
  scope.look();
  return scope.isCancelled;
}

/**
 * Ties a wait to the scope that the running code is in: that may end it; and its task says what it waits for.
 *
 * @returns What unties it; `undefined` outside any scope.
 */
export function tieToScope(operation: string, end: (reason: unknown) => void): (() => void) | undefined {
  const { scope, task } = currentContext();
  if (scope === undefined) return undefined;
  const forget = scope.onCancel(end);
  if (task !== undefined) task.waitsFor = operation;
  return () => {
    forget();
    if (task?.waitsFor === operation) task.waitsFor = undefined;
  };
}
