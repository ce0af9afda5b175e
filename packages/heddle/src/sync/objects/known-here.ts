/**
 * What one thread knows of an object beside what the heap says: which of its guards hold a lock, and the like.
 *
 * @packageDocumentation
 */
import { SharedHeap } from "#heap";
import { addressOf, heapOf, type SharedObject } from "./shared-object.ts";

const known = new WeakMap<object, Map<number, WeakRef<object>>>();

/**
 * What this thread knows of an object: one for all handles that it has for that. In a shared heap each `new` with the name of the
 * object gives another one.
 *
 * @param make - What it gives has to hold `object`, whose address would be another's otherwise.
 */
export function knownHere<K extends object>(object: SharedObject, make: () => K): K {
  const heap = heapOf(object);
  if (!(heap instanceof SharedHeap)) return make();
  let inHeap = known.get(heap);
  if (inHeap === undefined) known.set(heap, (inHeap = new Map()));
  const address = addressOf(object);
  const found = inHeap.get(address)?.deref();
  if (found !== undefined) return found as K;
  const made = make();
  inHeap.set(address, new WeakRef(made));
  return made;
}
