/**
 * Waits that nobody awaits when the code around them is told to stop.
 *
 * Such a promise rejects as all others do, for somebody may await it yet. But if it only says that the code was told to stop, it is
 * no unhandled rejection, which would end the program: whoever cancels knows.
 *
 * @packageDocumentation
 */
import { currentContext } from "./context.ts";

/** It is no unhandled rejection. Who awaits it is told all the same. */
export function needNoHandler(promise: Promise<unknown>): void {
  promise.catch(() => {});
}

/** Gives what becomes of a wait. It needs no handler if that only says that the running code was told to stop. */
export function unheard<T>(wait: Promise<T>): Promise<T> {
  const { scope } = currentContext();
  if (scope === undefined) return wait;
  const promise: Promise<T> = wait.then(undefined, (error: unknown) => {
    if (scope.isItsCancellation(error)) needNoHandler(promise);
    throw error;
  });
  return promise;
}

/** A promise that is rejected; one that needs no handler if it only says that the running code was told to stop. */
export function rejected(reason: unknown): Promise<never> {
  const promise = Promise.reject(reason);
  if (currentContext().scope?.isItsCancellation(reason) === true) needNoHandler(promise);
  return promise;
}
