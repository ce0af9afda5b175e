/**
 * The caller's end of a task.
 *
 * @packageDocumentation
 */
import { inspect, type InspectOptions } from "node:util";
import { TimeoutError } from "#heap";
import { explainStaying } from "../portable/index.ts";
import {
  type AnyContext,
  contextToKeep,
  currentContext,
  madeLate,
  needNoHandler,
  type TaskNode,
  toldWhere,
} from "../scopes/index.ts";
import { type Outcome, registerSettling } from "../sync/index.ts";
import { forgetUnobserved, noteUnobserved, type Unobserved } from "../workers/index.ts";
import { answerSoon, SOON } from "./answer.ts";
import { tellCalledOff } from "./called-off.ts";
import { checkKnown, checkObject } from "./checks.ts";
import { dropReactionsBy, Reaction, reversed } from "./reaction.ts";
import { limitWait, throwIfEnded } from "./wait-limits.ts";
import { checkWaitLimits, type WaitOptions } from "./wait-options.ts";

/** What a future asks of whoever runs its task. */
export interface TaskControl {
  /** Whether the body has begun. */
  isRunning(future: Future<unknown>): boolean;
  /**
   * Tries to stop the task; gives whether it will not finish. Settles the future itself if so. Of a future that was
   * cancelled before, it is the body that is stopped, if it still runs.
   */
  cancel(future: Future<unknown>, reason: unknown, graceMs: number): boolean;
  /** Why the running code cannot wait for it, if it cannot. */
  refusal?(future: Future<unknown>): Error | undefined;
  /** Somebody asks for what becomes of the task, for the first time. */
  asked?(future: Future<unknown>): void;
}

/** How {@link Future.cancel} treats a task that runs. */
export interface CancelOptions {
  /**
   * A running task may go on for so long after it was told to stop; then its worker is replaced. In milliseconds; without it the
   * worker is left alone.
   */
  graceMs?: number;
}

const KNOWN_OF_CANCEL = ["graceMs"];

/** What becomes of a future. One word has it together with the marks below: there may be a million of them. */
const PENDING = 0;
const FULFILLED = 1;
const REJECTED = 2;
const CANCELLED = 3;
const STATE = 3;
/** Somebody has asked for it. */
const OBSERVED = 4;
/** Its error waits for somebody to ask for it. */
const UNOBSERVED = 8;
/** Whatever it throws, somebody else hears of it: so promises that only pass that on need no handler. */
const ANSWERED = 16;
/** Somebody has cancelled just this one. */
const CALLED_OFF = 32;

/** The tasks that have cancelled a future for a failure of their own, which is no news to them. */
const cancellers = new WeakMap<Future<unknown>, TaskNode>();

/** Errors that wait for somebody to ask for them. */
const notes = new WeakMap<Future<unknown>, Unobserved>();

/** Ends a future with a value. For executors; handlers run before it returns. */
export let fulfil: <T>(future: Future<T>, value: T) => void;
/** Ends a future with an error. For executors; handlers run before it returns. */
export let reject: <T>(future: Future<T>, reason: unknown) => void;
/** Somebody else sees to what the task throws: it is not lost if nobody asks the future. For executors. */
export let markObserved: (future: Future<unknown>) => void;
/** What waits for somebody to ask for its error; `undefined` if it has none, or somebody has. */
export let noteOf: (future: Future<unknown>) => Unobserved | undefined;
/** Throws if the running code cannot wait for the future. */
export let throwIfRefused: (future: Future<unknown>) => void;
/** It is cancelled because one that it waited for was called off. For executors. */
export let markCalledOff: (future: Future<unknown>) => void;
/** As `addDoneCallback`, and gives what takes the callback back. */
export let onDone: <T>(future: Future<T>, callback: (future: Future<T>) => void) => () => void;
/** What the future was made with, until it is fulfilled or rejected. */
export let controlOf: (future: Future<unknown>) => TaskControl | undefined;
/** The value, error or reason of a future that is done. For executors. */
export let outcomeOf: (future: Future<unknown>) => unknown;
/** Ends a future as cancelled. Handlers run in a microtask, as users' code calls this; callbacks as `cancel()` returns. */
export let settleCancelled: <T>(future: Future<T>, reason: unknown) => void;

/**
 * The result, some time, of a call that runs elsewhere.
 *
 * It is awaited like a promise, and can be cancelled and asked for its state. An error that nobody ever
 * asked for (by `await`, `then`, `result`, `exception` or a callback) is not lost: it surfaces as an
 * unhandled rejection when the future is collected or the program would end.
 *
 * @remarks
 * Cost: about 50 ns to make, and one native promise for each `then` or `await`.
 * Source: PEP 3148, `concurrent.futures.Future`.
 */
export class Future<T> implements PromiseLike<T> {
  #word = PENDING;
  #outcome: unknown = undefined;
  /** Newest first. */
  #reactions: Reaction | undefined = undefined;
  #callbacks: Set<() => void> | undefined = undefined;
  #control: TaskControl | undefined;

  /** Executors make futures; user code gets them from `submit`. */
  constructor(control: TaskControl) {
    this.#control = control;
  }

  static {
    registerSettling((promise) =>
      promise instanceof Future
        ? {
            outcome: () => promise.#outcomeNow(),
            whenDone: (callback) => promise.#onDone(callback),
            throwIfRefused: () => promise.#throwIfRefused(),
          }
        : undefined,
    );
    throwIfRefused = (future) => future.#throwIfRefused();
    fulfil = (future, value) => future.#settle(FULFILLED, value);
    reject = (future, reason) => future.#settle(REJECTED, reason);
    markObserved = (future) => {
      future.#observe();
      future.#word |= ANSWERED;
    };
    noteOf = (future) => ((future.#word & UNOBSERVED) === 0 ? undefined : notes.get(future));
    markCalledOff = (future) => void (future.#word |= CALLED_OFF);
    dropReactionsBy((future, reaction) => future.#drop(reaction));
    controlOf = (future) => future.#control;
    outcomeOf = (future) => future.#outcome;
    onDone = (future, callback) => future.#onDone(callback);
    settleCancelled = (future, reason) => {
      if (future.#state() !== PENDING) return;
      future.#end(CANCELLED, reason);
      void SOON.then(() => future.#react());
    };
  }

  /** Where the task is. `"running"` is asked of the worker, and may be old by the time you read it. */
  get state(): "pending" | "running" | "cancelled" | "fulfilled" | "rejected" {
    if (this.#state() === FULFILLED) return "fulfilled";
    if (this.#state() === REJECTED) return "rejected";
    if (this.#state() === CANCELLED) return "cancelled";
    return this.#control!.isRunning(this) ? "running" : "pending";
  }

  /** Whether it was cancelled: it never ran, or ended by what it was told to stop with. */
  get cancelled(): boolean {
    return this.#state() === CANCELLED;
  }

  /** Whether a worker has begun it, and it has not ended. */
  get running(): boolean {
    return this.state === "running";
  }

  /** Whether there is a value, an error or a cancellation. */
  get done(): boolean {
    return this.#state() !== PENDING;
  }

  /**
   * Asks that the task do not run, or stop.
   *
   * A queued task never runs. A running one is told to stop: its signal aborts, and its waits and `throwIfCancelled()` throw. Without
   * `graceMs` the future goes on waiting for what comes of that: it is cancelled if the task ends by throwing what it was told; a
   * value, or another error, counts. With `graceMs` it is cancelled at once, and a task that has not ended by then is stopped by
   * ending its worker. Others that run there, where `concurrencyPerWorker` lets them, are waited for first, unless that worker's event
   * loop does not turn: then they fail with `BrokenExecutorError`.
   *
   * @param reason - What those who wait get thrown; an `AbortError` by default.
   * @returns Whether the task is cancelled: false when it was done, and when it was told to stop and may yet give a value.
   */
  cancel(reason?: unknown, options: CancelOptions = {}): boolean {
    checkObject(options, "the options of cancel()");
    checkKnown(options, KNOWN_OF_CANCEL, "cancel()");
    const { graceMs } = options;
    if (graceMs !== undefined && typeof graceMs !== "number")
      throw new TypeError(`Cannot cancel the future: graceMs is ${String(graceMs)}, not a number`);
    if (graceMs !== undefined && !(graceMs >= 0)) {
      throw new RangeError(
        `Cannot cancel the future: graceMs is ${String(graceMs)}, not a number of milliseconds`,
      );
    }
    if (this.#state() === FULFILLED || this.#state() === REJECTED) return false;
    this.#word |= CALLED_OFF;
    const { task } = currentContext();
    if (task !== undefined && isFailure(reason)) cancellers.set(this, task);
    const why = reason ?? new DOMException("This task was cancelled", "AbortError");
    const stopped = this.#control?.cancel(this, why, graceMs ?? Infinity) ?? false;
    if (this.#state() !== CANCELLED) return stopped;
    this.#callBack();
    return true;
  }

  /**
   * Waits for the value.
   *
   * @throws What the task threw; the reason, if it was cancelled; `TimeoutError` or the reason of the signal or of the
   * scope around when the wait ended first, and then the task goes on.
   */
  result(options?: WaitOptions): Promise<T> {
    return this.#ask(options, "future.result()", () => {
      if (this.#state() === FULFILLED) return this.#outcome as T;
      this.#tellIn(currentContext());
      throw this.#outcome;
    });
  }

  /**
   * Waits for the end, and gives the error; `undefined` if there was none.
   *
   * @throws The reason, if the task was cancelled; `TimeoutError` or the reason of the signal or of the scope around
   * when the wait ended first.
   */
  exception(options?: WaitOptions): Promise<unknown> {
    return this.#ask(options, "future.exception()", () => {
      this.#tellIn(currentContext());
      if (this.#state() === CANCELLED) throw this.#outcome;
      return this.#state() === REJECTED ? this.#outcome : undefined;
    });
  }

  /**
   * Has `callback` called with this future when it is done; at once if it is, and within `cancel()` if that cancels it.
   * Callbacks run in order. One that throws is reported as a warning of the process, and the others run.
   */
  addDoneCallback(callback: (future: Future<T>) => void): void {
    if (typeof callback !== "function") {
      throw new TypeError(`Cannot add a callback: ${typeof callback} is not a function`);
    }
    this.#onDone(callback);
  }

  /** As of a promise, and so a future can be awaited. Whoever calls it has asked for the error. */
  // oxlint-disable-next-line unicorn/no-thenable -- a future is awaited
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#observe();
    const context = contextToKeep();
    const { scope } = context;
    if (scope?.isCancelled === true) {
      return answerSoon(false, scope.reason, true, onFulfilled, onRejected) as Promise<A | B>;
    }
    if (this.#state() !== PENDING) {
      const isFulfilled = this.#state() === FULFILLED;
      const isAnswered = (this.#word & ANSWERED) !== 0;
      this.#tellIn(context);
      return answerSoon(isFulfilled, this.#outcome, isAnswered, onFulfilled, onRejected) as Promise<A | B>;
    }
    const refusal = this.#control!.refusal?.(this);
    if (refusal !== undefined)
      return answerSoon(false, refusal, false, onFulfilled, onRejected) as Promise<A | B>;
    const reaction = new Reaction(onFulfilled, onRejected, context);
    reaction.next = this.#reactions;
    this.#reactions = reaction;
    if (scope !== undefined) reaction.tieToScope(this);
    return reaction.promise as Promise<A | B>;
  }

  /** As of a promise. Whoever calls it has asked for the error. */
  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, onRejected);
  }

  /** As of a promise. */
  finally(onFinally?: (() => void) | null): Promise<T> {
    if (typeof onFinally !== "function") return this.then(undefined);
    const promise = this.then(
      async (value) => {
        await (onFinally() as unknown);
        return value;
      },
      async (error: unknown) => {
        await (onFinally() as unknown);
        if (this.#isAnswered(error)) needNoHandler(promise);
        throw error;
      },
    );
    return promise;
  }

  get [Symbol.toStringTag](): string {
    return "Future";
  }

  #onDone(callback: (future: Future<T>) => void): () => void {
    this.#observe();
    if (this.#state() !== PENDING) {
      this.#callBack();
      runCallback(callback, this);
      return () => {};
    }
    const callbacks = (this.#callbacks ??= new Set());
    const entry = (): void => runCallback(callback, this);
    callbacks.add(entry);
    return () => callbacks.delete(entry);
  }

  #outcomeNow(): Outcome | undefined {
    if (this.#state() === PENDING) return undefined;
    this.#observe();
    this.#tellIn(currentContext());
    return this.#state() === FULFILLED
      ? { isRejected: false, value: this.#outcome }
      : { isRejected: true, reason: this.#outcome };
  }

  /** No getter: V8 calls its runtime for a private one at each use. */
  #state(): number {
    return this.#word & STATE;
  }

  #observe(): void {
    if ((this.#word & OBSERVED) !== 0) return;
    if ((this.#word & UNOBSERVED) !== 0) forgetUnobserved(notes.get(this)!);
    this.#control?.asked?.(this);
    this.#word = (this.#word & ~UNOBSERVED) | OBSERVED;
  }

  /** Whether somebody else hears of an error that a wait for this one has thrown. */
  #isAnswered(error: unknown): boolean {
    const { scope } = currentContext();
    if (scope?.isCancelled === true && Object.is(error, scope.reason)) return true;
    return (this.#word & ANSWERED) !== 0 && Object.is(error, this.#outcome);
  }

  /** If it was called off, code there is told so. */
  #tellIn(context: AnyContext): void {
    if (this.#state() !== CANCELLED || (this.#word & CALLED_OFF) === 0) return;
    if (context.task !== undefined && cancellers.get(this) === context.task) return;
    tellCalledOff(context, this.#outcome);
  }

  #throwIfRefused(): void {
    if (this.#state() !== PENDING) return;
    const refusal = this.#control!.refusal?.(this);
    if (refusal !== undefined) throw refusal;
  }

  #settle(state: number, outcome: unknown): void {
    if (this.#state() !== PENDING) return;
    this.#end(state, outcome);
    this.#react();
  }

  #end(state: number, outcome: unknown): void {
    this.#word = state | (this.#word & (OBSERVED | ANSWERED | CALLED_OFF));
    this.#outcome = outcome;
    // The body of a cancelled task may run on, and be stopped by another call of `cancel`.
    if (state !== CANCELLED) this.#control = undefined;
    if ((this.#word & (STATE | OBSERVED)) !== REJECTED) return;
    this.#word |= UNOBSERVED;
    notes.set(this, noteUnobserved(this, outcome));
  }

  #react(): void {
    let reaction = reversed(this.#reactions);
    this.#reactions = undefined;
    for (; reaction !== undefined; reaction = reaction.next) this.#run(reaction);
    this.#callBack();
  }

  #callBack(): void {
    if (this.#callbacks === undefined) return;
    const callbacks = this.#callbacks;
    this.#callbacks = undefined;
    for (const callback of callbacks) callback();
  }

  #run(reaction: Reaction): void {
    this.#tellIn(reaction.context);
    reaction.run(this.#state() === FULFILLED, this.#outcome, (this.#word & ANSWERED) !== 0);
  }

  #drop(reaction: Reaction): void {
    if (this.#reactions === reaction) {
      this.#reactions = reaction.next;
      return;
    }
    let at = this.#reactions;
    while (at !== undefined && at.next !== reaction) at = at.next;
    if (at !== undefined) at.next = reaction.next;
  }

  /** Waits for the end; `read` says what is given then. */
  #ask<R>(options: WaitOptions | undefined, operation: string, read: () => R): Promise<R> {
    const promise = this.#settled(options, operation)
      .then(read)
      .catch((error: unknown) => {
        if (this.#isAnswered(error)) needNoHandler(promise);
        throw error;
      });
    return promise;
  }

  async #settled(options: WaitOptions | undefined, operation: string): Promise<void> {
    this.#observe();
    const checked = checkWaitLimits(options, operation);
    throwIfEnded(checked);
    if (this.#state() !== PENDING) return;
    this.#throwIfRefused();
    await toldWhere(this.#whenDone(checked, operation));
  }

  #whenDone(checked: WaitOptions, operation: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (how: () => void): void => {
        release();
        forget();
        how();
      };
      const release = limitWait(checked, operation, {
        timedOut: (timeoutMs) => leave(() => reject(madeLate(new TimeoutError(operation, timeoutMs)))),
        cancelled: (reason) => leave(() => reject(reason)),
      });
      const forget = this.#onDone(() => leave(resolve));
    });
  }
}

/** As a promise is printed: `Future { 1 }`, `Future { <running> }`, `Future { <rejected> RangeError: … }`. */
Object.defineProperty(Future.prototype, inspect.custom, {
  configurable: true,
  value(this: Future<unknown>, depth: number, options: InspectOptions): string {
    if (depth < 0) return "[Future]";
    const { state, done } = this;
    const outcome = done ? inspect(outcomeOf(this), { ...options, depth: depth - 1 }) : "";
    return `Future { ${[state === "fulfilled" ? "" : `<${state}>`, outcome].filter(Boolean).join(" ")} }`;
  },
});

explainStaying(Future, "it is settled in the thread that made it", "await it, and send what it gives");

/** The control of futures that never had a task. */
const NO_TASK: TaskControl = { isRunning: () => false, cancel: () => false };

/** A future for a call that could not be sent. */
export function rejectedFuture(reason: unknown): Future<unknown> {
  const future = new Future<unknown>(NO_TASK);
  reject(future, reason);
  return future;
}

/** A future for a call that was called off before it was made. */
export function cancelledFuture(reason: unknown): Future<unknown> {
  const future = new Future<unknown>(NO_TASK);
  settleCancelled(future, reason);
  return future;
}

function isFailure(reason: unknown): boolean {
  return reason instanceof Error && reason.name !== "AbortError";
}

function runCallback<T>(callback: (future: Future<T>) => void, future: Future<T>): void {
  try {
    callback(future);
  } catch (error) {
    if (!(error instanceof Error)) {
      process.emitWarning(`A callback of a future threw ${String(error)}`);
      return;
    }
    // Of a warning Node prints the message, and this.
    const whole = { value: inspect(error, { customInspect: false }), configurable: true };
    if (!("detail" in error)) Reflect.defineProperty(error, "detail", whole);
    process.emitWarning(error);
  }
}
