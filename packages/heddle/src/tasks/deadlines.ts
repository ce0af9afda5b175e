/**
 * Bodies that have only so much time, and bodies that are not to be cancelled.
 *
 * @packageDocumentation
 */
import { TimeoutError } from "#heap";
import { needNoHandler, Scope } from "../scopes/index.ts";
import { checkBody, checkDuration } from "./checks.ts";
import { inScope } from "./in-scope.ts";

/**
 * Runs `body`, which is cancelled when `timeoutMs` have passed.
 *
 * Leaves when the body has ended, so that nothing of it goes on behind the caller's back; what the body gives then, it
 * gives, even if time had run out.
 *
 * @param timeoutMs - `Infinity` is no limit. With 0 the body is not begun.
 * @throws `TimeoutError` when its own time has run out; else what the body throws. A deadline around this one, and any
 * other cancellation, passes through as it is.
 *
 * @example
 * ```ts
 * import { sleep, withTimeout } from "heddle";
 *
 * await withTimeout(1000, async () => "in time"); // => "in time"
 * await withTimeout(1, () => sleep(1000)).catch((error) => error.code); // => "ERR_HEDDLE_TIMEOUT"
 * ```
 */
export function withTimeout<T>(timeoutMs: number, body: () => T | PromiseLike<T>): Promise<T> {
  try {
    checkDuration(timeoutMs, "withTimeout()");
    checkBody(body, "withTimeout()");
    const scope = new Scope();
    // Made here, so that its stack says where.
    const timedOut = new TimeoutError("withTimeout()", timeoutMs);
    scope.cancelAfter(timeoutMs, () => timedOut);
    return inScope(scope, body);
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * As {@link withTimeout}, but gives `undefined` when time has run out.
 *
 * @example
 * ```ts
 * import { moveOnAfter, sleep } from "heddle";
 *
 * await moveOnAfter(1, () => sleep(1000)); // => undefined
 * ```
 */
export function moveOnAfter<T>(timeoutMs: number, body: () => T | PromiseLike<T>): Promise<T | undefined> {
  try {
    checkDuration(timeoutMs, "moveOnAfter()");
    checkBody(body, "moveOnAfter()");
    const scope = new Scope();
    const timedOut = new TimeoutError("moveOnAfter()", timeoutMs);
    scope.cancelAfter(timeoutMs, () => timedOut);
    const promise = inScope(scope, body).catch((error: unknown) => {
      if (error === timedOut) return undefined;
      if (scope.isItsCancellation(error)) needNoHandler(promise);
      throw error;
    });
    return promise;
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * Runs `body` where no cancellation from outside reaches it, even if there is one already: for clean-up that has to wait.
 *
 * Give it a limit of its own, so that it cannot hold up the program: `shield(() => withTimeout(1000, cleanUp))`.
 *
 * @example
 * ```ts
 * import { shield, sleep, taskGroup } from "heddle";
 *
 * const done: string[] = [];
 * await taskGroup(async (group) => {
 *   group.spawn(async () => {
 *     try {
 *       await sleep(60_000);
 *     } finally {
 *       await shield(() => sleep(1));
 *       done.push("cleaned up");
 *     }
 *   });
 *   await sleep(0);
 *   group.cancel();
 * });
 * done; // => ["cleaned up"]
 * ```
 */
export async function shield<T>(body: () => T | PromiseLike<T>): Promise<T> {
  checkBody(body, "shield()");
  return await inScope(new Scope({ isShield: true }), body);
}
