/**
 * What the scope of the running code does to waits that block the thread.
 *
 * @packageDocumentation
 */
import { currentContext, isAborted } from "../../scopes/index.ts";

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
  if (signal !== undefined && isAborted(signal)) return true;
  const { scope } = currentContext();
  if (scope === undefined) return false;
  scope.look();
  return scope.isCancelled;
}
