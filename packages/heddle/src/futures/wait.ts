/**
 * Waiting for several futures.
 *
 * @packageDocumentation
 */
import { TimeoutError } from "#heap";
import { Future } from "./future.ts";
import { checkWaitOptions, type WaitOptions } from "./wait-options.ts";

/** When {@link wait} returns. */
export type ReturnWhen = "FIRST_COMPLETED" | "FIRST_EXCEPTION" | "ALL_COMPLETED";

const RETURN_WHEN: readonly ReturnWhen[] = ["FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED"];

/**
 * Waits until some or all of the futures are done.
 *
 * @param futures - Repeated ones count once.
 * @param options - `returnWhen`: `"ALL_COMPLETED"` by default. When `timeoutMs` runs out, what is done by then is given.
 * @returns Those that are done, and those that are not. Cancelled ones are done. No future is cancelled.
 * @throws The signal's reason when it aborts; `RangeError` and `TypeError` for bad arguments.
 */
export async function wait<T>(
  futures: Iterable<Future<T>>,
  options: WaitOptions & { returnWhen?: ReturnWhen } = {},
): Promise<{ done: Set<Future<T>>; notDone: Set<Future<T>> }> {
  const { timeoutMs, signal } = checkWaitOptions(options, "wait()");
  const { returnWhen = "ALL_COMPLETED" } = options;
  if (!RETURN_WHEN.includes(returnWhen)) {
    throw new RangeError(`Cannot wait: returnWhen is ${returnWhen}, not one of ${RETURN_WHEN.join(", ")}`);
  }
  const notDone = checkFutures(futures, "wait");
  const done = new Set<Future<T>>();
  const isEnough = (): boolean =>
    notDone.size === 0 ||
    (returnWhen === "FIRST_COMPLETED" && done.size > 0) ||
    (returnWhen === "FIRST_EXCEPTION" && [...done].some((future) => future.state === "rejected"));
  const sort = (): void => {
    for (const future of notDone) if (future.done && notDone.delete(future)) done.add(future);
  };
  signal?.throwIfAborted();
  sort();
  if (isEnough()) return { done, notDone };

  await new Promise<void>((resolve, reject) => {
    let left = false;
    const leave = (how: () => void): void => {
      if (left) return;
      left = true;
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      how();
    };
    const onAbort = (): void => leave(() => reject(signal!.reason));
    const timer =
      timeoutMs === undefined || timeoutMs === Infinity
        ? undefined
        : setTimeout(() => leave(resolve), timeoutMs);
    signal?.addEventListener("abort", onAbort);
    for (const future of notDone) {
      future.addDoneCallback(() => {
        if (left) return;
        notDone.delete(future);
        done.add(future);
        if (isEnough()) leave(resolve);
      });
    }
  });
  sort();
  return { done, notDone };
}

/**
 * Gives the futures as they are done: those that are first, then each as it comes.
 *
 * @param futures - Repeated ones count once.
 * @returns An iterable of the futures themselves; `await` one for its value.
 * @throws While iterating: `TimeoutError` when not all are done `timeoutMs` after the call; the signal's reason.
 */
export function asCompleted<T>(futures: Iterable<Future<T>>, options: WaitOptions = {}): Completions<T> {
  const { timeoutMs, signal } = checkWaitOptions(options, "asCompleted()");
  return new FutureIterator(checkFutures(futures, "give as completed"), timeoutMs, signal);
}

/**
 * Futures as they are done. An `AsyncIterable<Future<T>>`, under a name of its own: for that one TypeScript takes it that
 * the loop variable is the value, while it is the future.
 */
export interface Completions<T> {
  next(): Promise<IteratorResult<Future<T>, undefined>>;
  return(): Promise<IteratorResult<Future<T>, undefined>>;
  [Symbol.asyncIterator](): Completions<T>;
}

/** Not a generator, which would await the futures that it yields. */
class FutureIterator<T> implements Completions<T> {
  readonly #left: Set<Future<T>>;
  readonly #total: number;
  readonly #timeoutMs: number | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #began = performance.now();
  /** One call of `next` at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(futures: Set<Future<T>>, timeoutMs: number | undefined, signal: AbortSignal | undefined) {
    this.#left = futures;
    this.#total = futures.size;
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
  }

  next(): Promise<IteratorResult<Future<T>, undefined>> {
    const step = this.#turn.then(() => this.#next());
    this.#turn = step.catch(() => {});
    return step;
  }

  async return(): Promise<IteratorResult<Future<T>, undefined>> {
    this.#left.clear();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #next(): Promise<IteratorResult<Future<T>, undefined>> {
    if (this.#left.size === 0) return { value: undefined, done: true };
    const timeoutMs = this.#timeoutMs;
    const { done } = await wait(this.#left, {
      returnWhen: "FIRST_COMPLETED",
      ...(timeoutMs !== undefined && {
        timeoutMs: Math.max(0, timeoutMs - (performance.now() - this.#began)),
      }),
      ...(this.#signal && { signal: this.#signal }),
    });
    for (const future of done) {
      this.#left.delete(future);
      return { value: future, done: false };
    }
    throw new TimeoutError(`${this.#left.size} (of ${this.#total}) futures`, timeoutMs!);
  }
}

function checkFutures<T>(futures: Iterable<Future<T>>, operation: string): Set<Future<T>> {
  const set = new Set(futures);
  for (const future of set) {
    if (!(future instanceof Future))
      throw new TypeError(`Cannot ${operation}: ${typeof future} is not a Future`);
  }
  return set;
}
