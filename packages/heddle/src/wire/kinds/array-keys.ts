/**
 * What an array has beside its elements.
 *
 * @packageDocumentation
 */
import { inspect } from "node:util";

/** Up to this length, listing all keys is the cheapest way to learn of holes and other properties. */
export const LISTED_MAX = 64;
/** The keys of such arrays. */
const INDICES: readonly string[] = Object.keys(new Array(LISTED_MAX).fill(0));

/** Whether a short array has holes, or any array has enumerable properties that are no elements. */
export function hasOtherKeys(array: readonly unknown[]): boolean {
  const { length } = array;
  if (length > LISTED_MAX) return hasNamedKeys(array);
  const keys = Object.keys(array);
  // Indices come first and in order: if the last of n keys is n - 1, all of them are indices.
  return keys.length !== length || (length > 0 && keys[length - 1] !== INDICES[length - 1]);
}

const NO_ELEMENTS = {
  maxArrayLength: 0,
  depth: 0,
  compact: 3,
  breakLength: Infinity,
  colors: false,
  customInspect: false,
  getters: false,
  showHidden: false,
  showProxy: false,
  sorted: false,
};

/**
 * Node's `inspect` is the one public way to learn of an array's named properties without listing its elements (0.5 µs,
 * where listing takes 5 ns an element). An unforeseen answer means yes, which is slow, not wrong.
 */
function hasNamedKeys(array: readonly unknown[]): boolean {
  return inspect(array, NO_ELEMENTS) !== `[ ... ${array.length} more items ]`;
}
