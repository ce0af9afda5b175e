/**
 * Waiting for several futures.
 *
 * @packageDocumentation
 */
import { TimeoutError } from "#heap";
import { madeLate, throwIfCancelled, toldWhere, unheard } from "../scopes/index.ts";
import { Fifo } from "./fifo.ts";
import { Future, onDone, throwIfRefused } from "./future.ts";
import { limitWait, throwIfEnded } from "./wait-limits.ts";
import { checkWaitLimits, type WaitOptions } from "./wait-options.ts";

/** When {@link wait} returns. */
export type ReturnWhen = "FIRST_COMPLETED" | "FIRST_EXCEPTION" | "ALL_COMPLETED";

const RETURN_WHEN: readonly ReturnWhen[] = ["FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED"];

/**
 * Waits until some or all of the futures are done.
 *
 * @param futures - Repeated ones count once.
 * @param options - `returnWhen`: `"ALL_COMPLETED"` by default. When `timeoutMs` runs out, what is done by then is given.
 * @returns Those that are done, and those that are not. Cancelled ones are done. No future is cancelled.
 * @throws The reason of the signal when it aborts, or of the scope around; `RangeError` and `TypeError` for bad arguments.
 */
export function wait<F extends Future<unknown>>(
  futures: Iterable<F>,
  options: WaitOptions & { returnWhen?: ReturnWhen } = {},
): Promise<{ done: Set<F>; notDone: Set<F> }> {
  return unheard(waitFor(futures, options));
}

async function waitFor<F extends Future<unknown>>(
  futures: Iterable<F>,
  options: WaitOptions & { returnWhen?: ReturnWhen },
): Promise<{ done: Set<F>; notDone: Set<F> }> {
  const checked = checkWaitLimits(options, "wait()", ["returnWhen"]);
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
  throwIfEnded(checked);
  for (const future of notDone) if (future.done) move(future);
  if (isEnough()) return { done, notDone };
  for (const future of notDone) throwIfRefused(future);

  await new Promise<void>((resolve, reject) => {
    const forget: (() => void)[] = [];
    const leave = (how: () => void): void => {
      release();
      for (const each of forget) each();
      how();
    };
    const release = limitWait(checked, "wait()", {
      timedOut: () => leave(resolve),
      cancelled: (reason) => leave(() => reject(reason)),
    });
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
 * @throws While iterating: `TimeoutError` when not all are done `timeoutMs` after the call; the reason of the signal, or of the
 * scope that it was called in, or of the one that it is read in.
 */
export function asCompleted<T>(futures: Iterable<Future<T>>, options?: WaitOptions): Completions<T>;
/** As above, for futures of several types. */
export function asCompleted<F extends Future<unknown>>(
  futures: Iterable<F>,
  options?: WaitOptions,
): Completions<Awaited<F>>;
export function asCompleted(
  futures: Iterable<Future<unknown>>,
  options: WaitOptions = {},
): Completions<unknown> {
  const checked = checkWaitLimits(options, "asCompleted()");
  const set = checkFutures(futures, "give as completed");
  for (const future of set) throwIfRefused(future);
  return new FutureIterator(set, checked);
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

/** A call of `next` that waits, and how it is told. */
type Taker<T> = (result: Promise<IteratorResult<Future<T>, undefined>>) => void;

/** Not a generator, which would await the futures that it yields. */
class FutureIterator<T> implements Completions<T> {
  readonly #total: number;
  readonly #done = new Fifo<Future<T>>();
  readonly #waiting = new Set<Taker<T>>();
  readonly #forget: (() => void)[] = [];
  #given = 0;
  /** Why no more are given; `undefined` while more are to come. */
  #end: (() => Promise<IteratorResult<Future<T>, undefined>>) | undefined;

  constructor(futures: Set<Future<T>>, options: WaitOptions) {
    this.#total = futures.size;
    this.#limit(options);
    if (this.#end !== undefined) return;
    for (const future of futures) this.#forget.push(onDone(future, () => this.#add(future)));
    if (this.#total === 0) this.#finish(ended);
  }

  next(): Promise<IteratorResult<Future<T>, undefined>> {
    return unheard(this.#next());
  }

  async #next(): Promise<IteratorResult<Future<T>, undefined>> {
    throwIfCancelled();
    const future = this.#done.shift();
    if (future !== undefined) return this.#give(future);
    return await toldWhere(this.#end === undefined ? this.#later() : this.#end());
  }

  #later(): Promise<IteratorResult<Future<T>, undefined>> {
    return new Promise((resolve, reject) => {
      // The reader may run in another scope than the one that it was called in.
      const cancelled = (reason: unknown): void => {
        this.#waiting.delete(taker);
        taker(Promise.reject(reason));
      };
      const release = limitWait({}, "asCompleted()", { timedOut: () => {}, cancelled });
      const taker: Taker<T> = (result) => {
        release();
        result.then(resolve, reject);
      };
      this.#waiting.add(taker);
    });
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
    const [taker] = this.#waiting;
    if (taker === undefined) {
      this.#done.push(future);
      return;
    }
    this.#waiting.delete(taker);
    taker(this.#give(future));
  }

  #give(value: Future<T>): Promise<IteratorResult<Future<T>, undefined>> {
    if (++this.#given === this.#total) this.#finish(ended);
    return Promise.resolve({ value, done: false });
  }

  #limit(options: WaitOptions): void {
    const cancelled = (reason: unknown): void => this.#finish(() => Promise.reject(reason));
    const timedOut = (timeoutMs: number): void => {
      const left = this.#total - this.#given - this.#done.size;
      const what = `asCompleted() with ${left} (of ${this.#total}) futures unfinished`;
      this.#finish(() => Promise.reject(madeLate(new TimeoutError(what, timeoutMs))));
    };
    try {
      throwIfEnded(options);
    } catch (reason) {
      return cancelled(reason);
    }
    this.#forget.push(limitWait(options, "asCompleted()", { timedOut, cancelled }));
  }

  #finish(end: () => Promise<IteratorResult<Future<T>, undefined>>): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    for (const forget of this.#forget) forget();
    this.#forget.length = 0;
    for (const taker of this.#waiting) taker(end());
    this.#waiting.clear();
  }
}

function ended(): Promise<IteratorResult<never, undefined>> {
  return Promise.resolve({ value: undefined, done: true });
}

function checkFutures<F extends Future<unknown>>(futures: Iterable<F>, operation: string): Set<F> {
  if (typeof (futures as Partial<Iterable<F>> | null | undefined)?.[Symbol.iterator] !== "function")
    throw new TypeError(
      `Cannot ${operation}: ${futures === null ? "null" : typeof futures} is no list of futures`,
    );
  const set = new Set(futures);
  for (const future of set) {
    if (!(future instanceof Future))
      throw new TypeError(`Cannot ${operation}: ${typeof future} is not a Future`);
  }
  return set;
}
