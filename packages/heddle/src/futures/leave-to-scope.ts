import type { Scope } from "../scopes/index.ts";
import { type Future, markObserved, noteOf, outcomeOf } from "./future.ts";

/**
 * The call `name` has failed that was made in `scope`. If that comes to a bad end before anybody asks the future, nobody will: then
 * whoever closes the scope answers for the call as well.
 *
 * The scope may go on for long: it keeps nothing of a call that somebody has asked for, nor of one that nobody can any more.
 */
export function leaveToScope(scope: Scope, future: Future<unknown>, name: string): void {
  const note = noteOf(future);
  if (note === undefined) return;
  const held = new WeakRef(future);
  const answer = (): void => {
    const failed = held.deref();
    if (failed === undefined || noteOf(failed) === undefined) return;
    markObserved(failed);
    scope.addLateFailure({ name, error: outcomeOf(failed) });
  };
  if (scope.isCancelled) answer();
  else note.over = scope.onCancel(answer);
}
