/**
 * Waits that end with the scope of the code that waits, whatever it is that they wait for.
 *
 * @packageDocumentation
 */
import { currentContext } from "./context.ts";
import { needNoHandler, rejected } from "./unheard.ts";

/** Whoever is told by it is told in a microtask. */
const SOON = Promise.resolve();

/**
 * Ties a wait to the scope that the running code is in: that may end it; and its task says what it waits for.
 *
 * @param end - Told why, later: if the scope was cancelled by what has begun the wait, soon.
 * @returns What unties it; `undefined` outside any scope.
 */
export function tieToScope(operation: string, end: (reason: unknown) => void): (() => void) | undefined {
  const { scope, task } = currentContext();
  if (scope === undefined) return undefined;
  const forget = scope.isCancelled ? soon(() => end(scope.reason)) : scope.onCancel(end);
  if (task !== undefined) task.waitsFor = operation;
  return () => {
    forget();
    if (task?.waitsFor === operation) task.waitsFor = undefined;
  };
}

/** Does something in a microtask, unless what this gives is called before. */
function soon(action: () => void): () => void {
  let isWanted = true;
  void SOON.then(() => {
    if (isWanted) action();
  });
  return () => (isWanted = false);
}

/**
 * What becomes of a promise that knows nothing of scopes, unless the running code is told to stop before. Nothing is begun if it was
 * told so already.
 *
 * @param operation - What waits: `Thread.result`.
 * @param begin - Gives the promise.
 * @param left - Told why, when the wait has ended before the promise was settled.
 */
export function leavable<T>(
  operation: string,
  begin: () => PromiseLike<T>,
  left: (reason: unknown) => void = () => {},
): Promise<T> {
  const { scope } = currentContext();
  if (scope?.isCancelled === true) return rejected(scope.reason);
  const job = begin();
  if (scope === undefined) return Promise.resolve(job);
  const wait = new Promise<T>((resolve, reject) => {
    const untie = tieToScope(operation, (reason) => {
      untie!();
      left(reason);
      needNoHandler(wait);
      reject(reason);
    });
    const leave = (how: () => void): void => {
      untie!();
      how();
    };
    job.then(
      (value) => leave(() => resolve(value)),
      (error: unknown) => leave(() => reject(error)),
    );
  });
  return wait;
}
