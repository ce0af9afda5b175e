/**
 * What handlers make of an outcome.
 *
 * @packageDocumentation
 */
import { needNoHandler } from "../scopes/index.ts";

/** What `then` was given. */
export type OnFulfilled = ((value: never) => unknown) | null | undefined;
export type OnRejected = ((reason: unknown) => unknown) | null | undefined;

/** Whoever is told by it is told in a microtask: for less than by `queueMicrotask`, which makes an `AsyncResource`. */
export const SOON: Promise<void> = Promise.resolve();

/** What the promise that `then` gives becomes. */
export function answer(
  fulfilled: boolean,
  outcome: unknown,
  onFulfilled: OnFulfilled,
  onRejected: OnRejected,
): unknown {
  const handler = fulfilled ? onFulfilled : onRejected;
  if (typeof handler === "function") return handler(outcome as never);
  if (fulfilled) return outcome;
  throw outcome;
}

/** As {@link answer}, in a microtask. */
export function answerSoon(
  fulfilled: boolean,
  outcome: unknown,
  isAnswered: boolean,
  onFulfilled: OnFulfilled,
  onRejected: OnRejected,
): Promise<unknown> {
  if (fulfilled || !isAnswered) return SOON.then(() => answer(fulfilled, outcome, onFulfilled, onRejected));
  const promise = SOON.then(() => {
    try {
      return answer(false, outcome, onFulfilled, onRejected);
    } catch (error) {
      if (Object.is(error, outcome)) needNoHandler(promise);
      throw error;
    }
  });
  return promise;
}
