/**
 * What waits for a future.
 *
 * @packageDocumentation
 */
import { type AnyContext, currentContext, needNoHandler, runIn, type Waiter } from "../scopes/index.ts";
import { answer, type OnFulfilled, type OnRejected, SOON } from "./answer.ts";
import type { Future } from "./future.ts";

/** What a task waits for that awaits a future. */
const AWAITING = "a future";

/** What ends the promise that was made last. A function made for each, to keep these, would take half as much again. */
let madeResolve: (value: unknown) => void;
let madeReject: (reason: unknown) => void;
const keepResolvers = (resolve: typeof madeResolve, reject: typeof madeReject): void => {
  madeResolve = resolve;
  madeReject = reject;
};

/**
 * One call of `then`, waiting.
 *
 * A class, not an object literal: where most objects of one literal outlive a collection, as in bursts of calls, V8 goes on to
 * allocate them in its old generation, and each then keeps its promise, long settled, through every minor collection.
 */
export class Reaction implements Waiter {
  readonly onFulfilled: OnFulfilled;
  readonly onRejected: OnRejected;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
  /** Where `then` was called: there its handlers run. */
  readonly context: AnyContext;
  /** What it waits for, while it is tied to the scope there. */
  future: Future<unknown> | undefined = undefined;
  next: Reaction | undefined = undefined;
  /** What `then` gives. */
  readonly promise: Promise<unknown> = new Promise(keepResolvers);

  constructor(onFulfilled: OnFulfilled, onRejected: OnRejected, context: AnyContext) {
    this.onFulfilled = onFulfilled;
    this.onRejected = onRejected;
    this.resolve = madeResolve;
    this.reject = madeReject;
    this.context = context;
  }

  /**
   * Does what was asked for, with the value or the error that there is now.
   *
   * @param isAnswered - Somebody else hears of that error.
   */
  run(fulfilled: boolean, outcome: unknown, isAnswered: boolean): void {
    if (this.future !== undefined) this.#leaveScope();
    if (currentContext() === this.context) this.#settle(fulfilled, outcome, isAnswered);
    else runIn(this.context, () => this.#settle(fulfilled, outcome, isAnswered));
  }

  /** The code that waits may be told to stop. */
  tieToScope(future: Future<unknown>): void {
    const { scope, task } = this.context;
    this.future = future;
    scope!.addWaiter(this);
    if (task !== undefined) task.waitsFor = AWAITING;
  }

  cancelled(reason: unknown): void {
    drop(this.future!, this);
    void SOON.then(() => this.run(false, reason, true));
  }

  #leaveScope(): void {
    const { scope, task } = this.context;
    this.future = undefined;
    scope!.deleteWaiter(this);
    if (task !== undefined && task.waitsFor === AWAITING) task.waitsFor = undefined;
  }

  #settle(fulfilled: boolean, outcome: unknown, isAnswered: boolean): void {
    try {
      this.resolve(answer(fulfilled, outcome, this.onFulfilled, this.onRejected));
    } catch (error) {
      if (isAnswered && Object.is(error, outcome)) needNoHandler(this.promise);
      this.reject(error);
    }
  }
}

/** Takes back what `then` has asked for. */
let drop: (future: Future<unknown>, reaction: Reaction) => void;

/** Says how that is done, for who knows. */
export function dropReactionsBy(how: typeof drop): void {
  drop = how;
}

/** The same reactions, the last one first. */
export function reversed(list: Reaction | undefined): Reaction | undefined {
  let turned: Reaction | undefined;
  while (list !== undefined) {
    const next: Reaction | undefined = list.next;
    list.next = turned;
    turned = list;
    list = next;
  }
  return turned;
}
