/** Whether a value, and all that can be reached from it, stays what it is. */
import { types } from "node:util";
import { isHandle } from "../../wire/index.ts";

const known = new WeakSet<object>();

/** Whether `value` is a primitive, a frozen plain object or array of such, or shared, and never copied. */
export function isImmutable(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (known.has(value)) return true;
  if (types.isProxy(value)) return false;
  const immutable = isShared(value) || isFrozenDeep(value, new Set());
  if (immutable) known.add(value);
  return immutable;
}

function isShared(value: object): boolean {
  return (
    isHandle(value) ||
    types.isSharedArrayBuffer(value) ||
    (ArrayBuffer.isView(value) && types.isSharedArrayBuffer(value.buffer))
  );
}

function isFrozenDeep(value: object, seen: Set<object>): boolean {
  if (seen.has(value)) return true;
  seen.add(value);
  if (!Object.isFrozen(value) || !isPlain(value)) return false;
  return Object.values(Object.getOwnPropertyDescriptors(value)).every((descriptor) => {
    if (!("value" in descriptor)) return false;
    const item: unknown = descriptor.value;
    // Functions are looked at on their own.
    return typeof item !== "object" || item === null || isShared(item) || isFrozenDeep(item, seen);
  });
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Array.isArray(value) || Object.getPrototypeOf(prototype) === null;
}
