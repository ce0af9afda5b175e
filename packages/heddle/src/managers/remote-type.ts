/**
 * The types of proxies: what calls of a thing look like from elsewhere.
 *
 * @packageDocumentation
 */

/** What a function may be given from elsewhere: its arguments, or proxies of what lives elsewhere. */
type RemoteArguments<A extends readonly unknown[]> = {
  [I in keyof A]: A[I] extends (...args: never[]) => unknown ? A[I] : A[I] | Remote<A[I]>;
};

/** What comes back: functions and streams stay where they are, all else is a copy. */
export type RemoteResult<R> =
  Awaited<R> extends infer V
    ? V extends (...args: infer A) => infer Q
      ? (...args: RemoteArguments<A>) => Promise<RemoteResult<Q>>
      : V extends AsyncIterator<infer T> | Generator<infer T>
        ? AsyncIterableIterator<T>
        : V
    : never;

/** A member of a proxy: called, it calls the method; awaited, it gives the property. */
export type RemoteMember<M> = M extends (...args: infer A) => infer R
  ? ((...args: RemoteArguments<A>) => Promise<RemoteResult<R>>) & PromiseLike<RemoteResult<M>>
  : PromiseLike<RemoteResult<M>> &
      (M extends object ? { readonly [K in keyof M]: RemoteMember<M[K]> } : unknown);

/**
 * A proxy of an object that lives elsewhere: each method gives a promise, and a property is read by `await remote.name`.
 *
 * To dispose it says that this side has no more use for the object; garbage collection does the same, later.
 */
export type Remote<T> = (T extends (...args: infer A) => infer R
  ? (...args: RemoteArguments<A>) => Promise<RemoteResult<R>>
  : unknown) & { readonly [K in keyof T as K extends "then" ? never : K]: RemoteMember<T[K]> } & Disposable &
  (T extends AsyncIterable<infer V>
    ? AsyncIterable<V>
    : T extends Iterable<infer V>
      ? AsyncIterable<V>
      : unknown);
