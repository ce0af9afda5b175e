import { pools } from "./pools-later.ts";
import { checkFunction } from "./checks.ts";
import { declareDoors } from "./doors.ts";
import type { Future } from "./future.ts";
import type { Streamed, StreamOf } from "./streams/task-stream.ts";
import { ExecutorView } from "./executor-view.ts";

let pool: ExecutorView | undefined;

/**
 * Has `fn(...args)` called on a thread of a pool that the whole program shares.
 *
 * The pool starts on first use, is never shut down, and does not keep the program alive. A call does whose future somebody has asked
 * for its result, by `await`, `then`, `result` or a callback; one that nobody waits for ends with the program.
 *
 * @returns The future of its result, as from `executor.submit`.
 *
 * @example
 * ```ts
 * import { toThread } from "heddle";
 *
 * await toThread((a: number, b: number) => a + b, 1, 2); // => 3
 * ```
 */
export function toThread<A extends any[], T = never, R = never>(
  fn: (...args: A) => Streamed<T, R> | PromiseLike<Streamed<T, R>>,
  ...args: A
): Future<StreamOf<T, R>>;
export function toThread<A extends any[], R>(fn: (...args: A) => R | PromiseLike<R>, ...args: A): Future<R>;
export function toThread(fn: (...args: unknown[]) => unknown, ...args: unknown[]): Future<unknown> {
  checkFunction(fn, "run on a thread");
  pool ??= defaultPool();
  return pool.submit(fn, ...args);
}

function defaultPool(): ExecutorView {
  const { coreOf, Pool, threadPlace } = pools();
  return new ExecutorView(coreOf(new Pool({ name: "default" }, threadPlace, true)), {});
}

declareDoors(toThread);
