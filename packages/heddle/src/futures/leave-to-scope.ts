import type { Scope } from "../scopes/index.ts";
import { type Future, isObserved, markObserved } from "./future.ts";

/**
 * The call `name` has failed that was made in `scope`. If that comes to a bad end before anybody asks the future, nobody will: then
 * whoever closes the scope answers for the call as well.
 */
export function leaveToScope(scope: Scope, future: Future<unknown>, name: string, error: unknown): void {
  if (isObserved(future)) return;
  const answer = (): void => {
    if (isObserved(future)) return;
    markObserved(future);
    scope.addLateFailure({ name, error });
  };
  if (scope.isCancelled) answer();
  else scope.onCancel(answer);
}
