/**
 * What a thread may wait for that is not in shared memory: it settles once, in this thread.
 *
 * @packageDocumentation
 */

/** How something settled. */
export type Outcome =
  | { readonly isRejected: false; readonly value: unknown }
  | { readonly isRejected: true; readonly reason: unknown };

/** Something that settles once. */
export interface Settling {
  /** What has come of it; `undefined` while nothing has. */
  outcome(): Outcome | undefined;
  /** Calls back once, when it has settled. Gives what takes the callback back. */
  whenDone(callback: () => void): () => void;
  /** Throws if the running code cannot wait for it. */
  throwIfRefused?(): void;
}

/** Gives a promise that tells what has become of it as such; `undefined` for others. */
type Recognise = (promise: object) => Settling | undefined;

const known: Recognise[] = [];

/** Makes a class of promises known that tell what has become of them. */
export function registerSettling(recognise: Recognise): void {
  known.push(recognise);
}

const watches = new WeakMap<object, Watch>();

/** A promise as something that tells what has become of it. Of one that does not do so by itself, that is known a little later. */
export function settlingOf(promise: PromiseLike<unknown>): Settling {
  for (const recognise of known) {
    const settling = recognise(promise);
    if (settling !== undefined) return settling;
  }
  let watch = watches.get(promise);
  if (watch === undefined) watches.set(promise, (watch = new Watch(promise)));
  return watch;
}

/** Watches a promise from the first time on that it is waited for: it gets one handler, however often that is. */
class Watch implements Settling {
  #outcome: Outcome | undefined;
  readonly #callbacks = new Set<() => void>();

  constructor(promise: PromiseLike<unknown>) {
    promise.then(
      (value) => this.#settle({ isRejected: false, value }),
      (reason: unknown) => this.#settle({ isRejected: true, reason }),
    );
  }

  outcome(): Outcome | undefined {
    return this.#outcome;
  }

  whenDone(callback: () => void): () => void {
    const entry = (): void => callback();
    this.#callbacks.add(entry);
    return () => this.#callbacks.delete(entry);
  }

  #settle(outcome: Outcome): void {
    this.#outcome = outcome;
    for (const callback of this.#callbacks) callback();
    this.#callbacks.clear();
  }
}
