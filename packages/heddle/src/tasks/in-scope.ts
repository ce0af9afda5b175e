import { awaitIn, Context, currentContext, type Scope } from "../scopes/index.ts";

/**
 * Runs `body` in a scope made for it, and closes that when all that was begun in it has ended. Does not begin in a
 * scope that is cancelled. An error that only wraps the reason of the cancellation is unwrapped.
 */
export async function inScope<T>(scope: Scope, body: () => T | PromiseLike<T>): Promise<T> {
  try {
    if (scope.isCancelled) throw scope.reason;
    const { task, values } = currentContext();
    const value = await awaitIn(new Context(scope, task, values), body);
    await scope.drained();
    return value;
  } catch (error) {
    const thrown = scope.isItsCancellation(error) ? scope.reason : error;
    // What was begun and not awaited is of no use any more.
    scope.cancel(thrown);
    await scope.drained();
    throw thrown;
  } finally {
    scope.close();
  }
}
