import { type AnyContext, runIn } from "./context.ts";

/**
 * Calls `body` in another context. What it gives is awaited there as well: what has a `then` of its own, as a future,
 * looks where that is called.
 */
export function awaitIn<T>(context: AnyContext, body: () => T | PromiseLike<T>): T | PromiseLike<T> {
  return runIn(context, () => {
    const result = body();
    if (!hasOwnThen(result)) return result;
    return new Promise<T>((resolve, reject) => void result.then(resolve, reject));
  });
}

function hasOwnThen<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return false;
  const { then } = value as { then?: unknown };
  return typeof then === "function" && then !== THEN;
}

// oxlint-disable-next-line typescript/unbound-method -- only compared
const THEN: Function = Promise.prototype.then;
