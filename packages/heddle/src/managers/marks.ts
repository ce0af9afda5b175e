import type { Remote } from "./remote-type.ts";

/** Objects that are passed by reference, for good. */
const staying = new WeakSet<object>();

/**
 * Marks an object to be passed by reference to and from the objects of managers: it stays in the thread that it is in, and
 * the other side gets a proxy. The mark is for good.
 *
 * @param object - Any object. Functions are passed by reference in any case.
 * @returns The object: its type says what the other side gets.
 * @throws `TypeError` when it is no object.
 *
 * @example
 * ```ts
 * import { remote } from "heddle/managers";
 *
 * class Library {
 *   open(title: string) {
 *     return remote({ title, read: () => `It was a dark and stormy night in ${title}` });
 *   }
 * }
 * new Library().open("Paris").title; // => "Paris"
 * ```
 */
export function remote<T extends object>(object: T): T & Remote<T> {
  if ((typeof object !== "object" && typeof object !== "function") || object === null) {
    throw new TypeError(`Cannot pass ${String(object)} by reference: it is no object`);
  }
  staying.add(object);
  return object as T & Remote<T>;
}

/** Whether {@link remote} was told of it. */
export function isMarked(thing: object): boolean {
  return staying.has(thing);
}
