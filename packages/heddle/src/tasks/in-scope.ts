import { awaitIn, Context, currentContext, needNoHandler, type Scope } from "../scopes/index.ts";
import { type Failure, failureOf } from "./errors.ts";

/**
 * Runs `body` in a scope made for it, and closes that when all that was begun in it has ended. Does not begin in a
 * scope that is cancelled. An error that only wraps the reason of the cancellation is unwrapped. What has gone wrong in calls that
 * were told to stop is thrown, together with what the body threw, if that is more than the cancellation.
 */
export function inScope<T>(scope: Scope, body: () => T | PromiseLike<T>): Promise<T> {
  const promise: Promise<T> = enter(scope, body, () => needNoHandler(promise));
  return promise;
}

/** @param stopped - Told before it throws why the code around it was told to stop. Not at once. */
async function enter<T>(scope: Scope, body: () => T | PromiseLike<T>, stopped: () => void): Promise<T> {
  try {
    let value: T;
    try {
      if (scope.isCancelled) throw scope.reason;
      const { task, values } = currentContext();
      value = await awaitIn(new Context(scope, task, values), body);
      await scope.drained();
    } catch (error) {
      const isStop = scope.isItsCancellation(error);
      const thrown = isStop ? scope.reason : error;
      // What was begun and not awaited is of no use any more.
      scope.cancel(thrown);
      await scope.drained();
      throwLateFailures(scope, isStop ? [] : [{ task: undefined, error }]);
      if (isStop && !scope.isShield && scope.parent?.isCancelled === true) stopped();
      throw thrown;
    }
    throwLateFailures(scope, []);
    return value;
  } finally {
    scope.close();
  }
}

function throwLateFailures({ lateFailures }: Scope, before: readonly Failure[]): void {
  if (lateFailures.length === 0) return;
  const failures = [...before, ...lateFailures.map(({ name, error }) => ({ task: name, error }))];
  throw failureOf(failures, "the body");
}
