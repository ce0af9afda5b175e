import { checkFunction } from "./checks.ts";
import type { Future } from "./future.ts";
import type { Streamed, StreamOf } from "./task-stream.ts";
import { ThreadPoolExecutor } from "./thread-pool-executor.ts";

let pool: ThreadPoolExecutor | undefined;

/**
 * Has `fn(...args)` called on a thread of a pool that the whole program shares.
 *
 * The pool starts on first use, is never shut down, and does not keep the program alive; a call under way does.
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
export function toThread<A extends unknown[], T = never, R = never>(
  fn: (...args: A) => Streamed<T, R> | PromiseLike<Streamed<T, R>>,
  ...args: A
): Future<StreamOf<T, R>>;
export function toThread<A extends unknown[], R>(
  fn: (...args: A) => R | PromiseLike<R>,
  ...args: A
): Future<R>;
export function toThread(fn: (...args: unknown[]) => unknown, ...args: unknown[]): Future<unknown> {
  checkFunction(fn, "run on a thread");
  pool ??= new ThreadPoolExecutor({ name: "default" });
  return pool.submit(fn, ...args);
}
