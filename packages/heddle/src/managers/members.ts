/**
 * Finds what a path from an object leads to, for the other side of a session.
 *
 * @packageDocumentation
 */
import { type PathStep, shown } from "./messages.ts";

/** What every object has, and is no business of the other side: by some of it, any code could be run here. */
const HIDDEN: ReadonlySet<unknown> = new Set([Object.prototype, Function.prototype]);
const SHOWN_ANYWAY: ReadonlySet<string> = new Set(["toString", "valueOf", "toLocaleString"]);

/** Something that can be called, with its `this`. */
export interface Member {
  readonly self: unknown;
  readonly value: unknown;
}

/**
 * Follows a path.
 *
 * @throws `TypeError` when it leads through nothing. What the getters on it throw is passed on.
 */
export function follow(thing: object, path: readonly PathStep[]): Member {
  let self: unknown;
  let value: unknown = thing;
  for (const [i, step] of path.entries()) {
    self = value;
    if (value === undefined || value === null) {
      throw new TypeError(`Cannot read ${shown(path)}: ${shown(path.slice(0, i))} is ${String(value)}`);
    }
    value = isVisible(value, step) ? (value as Record<PropertyKey, unknown>)[keyOf(step)] : undefined;
  }
  return { self, value };
}

/** Calls what a path leads to. */
export function callMember(thing: object, path: readonly PathStep[], args: unknown[]): unknown {
  const { self, value } = follow(thing, path);
  if (typeof value !== "function") {
    throw new TypeError(
      `Cannot call ${shown(path)}: it is ${value === null ? "null" : typeof value}, and no function`,
    );
  }
  return Reflect.apply(value, self, args);
}

function keyOf(step: PathStep): PropertyKey {
  if (typeof step === "string") return step;
  return (Symbol as unknown as Record<string, symbol>)[step[0]] ?? Symbol.for(step[0]);
}

function isVisible(value: unknown, step: PathStep): boolean {
  if (step === "constructor" || step === "__proto__") return false;
  const key = keyOf(step);
  for (let owner: unknown = Object(value); owner !== null; owner = Object.getPrototypeOf(owner)) {
    if (Object.hasOwn(owner as object, key)) {
      return !HIDDEN.has(owner) || (typeof step === "string" && SHOWN_ANYWAY.has(step));
    }
  }
  // A proxy of another session, or one of the program's own, may answer to names that it does not list.
  return true;
}
