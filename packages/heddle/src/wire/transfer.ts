/**
 * Marks of what is to be moved instead of copied.
 *
 * @packageDocumentation
 */

const marked = new WeakSet<object>();

/** Marks a value: its next journey moves it, and it is of no use here afterwards. The mark is used up by that. */
export function transfer<T extends object>(value: T): T {
  marked.add(value);
  return value;
}
