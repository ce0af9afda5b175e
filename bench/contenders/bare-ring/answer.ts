/** The least that a future can be which is not a native promise: what has a state, and can be cancelled, has a `then` of its own. */

type Resolve = (value: unknown) => void;

/** Of the promise that was made last. */
let made: Resolve;
const keep = (resolve: Resolve): void => {
  made = resolve;
};

class Waiting {
  readonly promise: Promise<unknown> = new Promise(keep);
  readonly resolve: Resolve = made;
  readonly onFulfilled: (value: never) => unknown;

  constructor(onFulfilled: (value: never) => unknown) {
    this.onFulfilled = onFulfilled;
  }
}

/** The answer to one call, to be awaited once and before it is there. It knows no errors. */
export class Answer<T> implements PromiseLike<T> {
  #waiting: Waiting | undefined;

  // oxlint-disable-next-line unicorn/no-thenable -- it is awaited
  then<A>(onFulfilled?: ((value: T) => A | PromiseLike<A>) | null): PromiseLike<never> {
    this.#waiting = new Waiting(onFulfilled!);
    return this.#waiting.promise as Promise<never>;
  }

  settle(value: T): void {
    const { resolve, onFulfilled } = this.#waiting!;
    resolve(onFulfilled(value as never));
  }
}
