/**
 * Waiting for several futures.
 *
 * @packageDocumentation
 */
import { TimeoutError } from "#heap";
import { Fifo } from "./fifo.ts";
import { Future, onDone } from "./future.ts";
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
export async function wait<F extends Future<unknown>>(
  futures: Iterable<F>,
  options: WaitOptions & { returnWhen?: ReturnWhen } = {},
): Promise<{ done: Set<F>; notDone: Set<F> }> {
  const { timeoutMs, signal } = checkWaitOptions(options, "wait()");
  const { returnWhen = "ALL_COMPLETED" } = options;
  if (!RETURN_WHEN.includes(returnWhen)) {
    throw new RangeError(`Cannot wait: returnWhen is ${returnWhen}, not one of ${RETURN_WHEN.join(", ")}`);
  }
  const notDone = checkFutures(futures, "wait");
  const done = new Set<F>();
  let failed = false;
  const move = (future: F): void => {
    notDone.delete(future);
    done.add(future);
    failed ||= future.state === "rejected";
  };
  const isEnough = (): boolean =>
    notDone.size === 0 ||
    (returnWhen === "FIRST_COMPLETED" && done.size > 0) ||
    (returnWhen === "FIRST_EXCEPTION" && failed);
  signal?.throwIfAborted();
  for (const future of notDone) if (future.done) move(future);
  if (isEnough()) return { done, notDone };

  await new Promise<void>((resolve, reject) => {
    const forget: (() => void)[] = [];
    const leave = (how: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      for (const each of forget) each();
      how();
    };
    const onAbort = (): void => leave(() => reject(signal!.reason));
    const timer =
      timeoutMs === undefined || timeoutMs === Infinity
        ? undefined
        : setTimeout(() => leave(resolve), timeoutMs);
    signal?.addEventListener("abort", onAbort);
    const onEnd = (future: F): void => {
      if (!notDone.has(future)) return;
      move(future);
      if (isEnough()) leave(resolve);
    };
    for (const future of notDone) forget.push(onDone(future, () => onEnd(future)));
  });
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
  readonly #total: number;
  readonly #done = new Fifo<Future<T>>();
  readonly #waiting = new Fifo<PromiseWithResolvers<IteratorResult<Future<T>, undefined>>>();
  readonly #forget: (() => void)[] = [];
  #given = 0;
  /** Why no more are given; `undefined` while more are to come. */
  #end: (() => Promise<IteratorResult<Future<T>, undefined>>) | undefined;

  constructor(futures: Set<Future<T>>, timeoutMs: number | undefined, signal: AbortSignal | undefined) {
    this.#total = futures.size;
    if (signal !== undefined) this.#endOn(signal);
    if (timeoutMs !== undefined && timeoutMs !== Infinity) this.#endAfter(timeoutMs);
    for (const future of futures) this.#forget.push(onDone(future, () => this.#add(future)));
    if (this.#total === 0) this.#finish(ended);
  }

  next(): Promise<IteratorResult<Future<T>, undefined>> {
    const future = this.#done.shift();
    if (future !== undefined) return this.#give(future);
    if (this.#end !== undefined) return this.#end();
    const waiter = Promise.withResolvers<IteratorResult<Future<T>, undefined>>();
    this.#waiting.push(waiter);
    return waiter.promise;
  }

  return(): Promise<IteratorResult<Future<T>, undefined>> {
    while (this.#done.shift() !== undefined) this.#given++;
    this.#finish(ended);
    return ended();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #add(future: Future<T>): void {
    const waiter = this.#waiting.shift();
    if (waiter === undefined) this.#done.push(future);
    else waiter.resolve(this.#give(future));
  }

  #give(value: Future<T>): Promise<IteratorResult<Future<T>, undefined>> {
    if (++this.#given === this.#total) this.#finish(ended);
    return Promise.resolve({ value, done: false });
  }

  #endOn(signal: AbortSignal): void {
    const onAbort = (): void => this.#finish(() => Promise.reject(signal.reason));
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort);
    this.#forget.push(() => signal.removeEventListener("abort", onAbort));
  }

  #endAfter(timeoutMs: number): void {
    const timer = setTimeout(() => {
      const left = this.#total - this.#given - this.#done.size;
      this.#finish(() => Promise.reject(new TimeoutError(`${left} (of ${this.#total}) futures`, timeoutMs)));
    }, timeoutMs);
    this.#forget.push(() => clearTimeout(timer));
  }

  #finish(end: () => Promise<IteratorResult<Future<T>, undefined>>): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    for (const forget of this.#forget) forget();
    this.#forget.length = 0;
    for (let waiter = this.#waiting.shift(); waiter !== undefined; waiter = this.#waiting.shift()) {
      waiter.resolve(end());
    }
  }
}

function ended(): Promise<IteratorResult<never, undefined>> {
  return Promise.resolve({ value: undefined, done: true });
}

function checkFutures<F extends Future<unknown>>(futures: Iterable<F>, operation: string): Set<F> {
  const set = new Set(futures);
  for (const future of set) {
    if (!(future instanceof Future))
      throw new TypeError(`Cannot ${operation}: ${typeof future} is not a Future`);
  }
  return set;
}
