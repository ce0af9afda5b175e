/** Checks at the doors: each names what is wrong. */

import { isThenable } from "../scopes/index.ts";

/** Throws unless `body` can be called. */
export function checkBody(body: unknown, operation: string): void {
  if (typeof body === "function") return;
  throw new TypeError(`Cannot begin ${operation}: its body is ${noFunction(body)}`);
}

/** What stands where a function should, as a clause: "a promise, …". */
export function noFunction(value: unknown): string {
  if (value === null) return "null, not a function";
  if (!isThenable(value)) return `${typeof value}, not a function`;
  return "a promise, of what runs already; pass the function that makes it, such as () => load()";
}

/** Throws unless `milliseconds` says how long. */
export function checkDuration(milliseconds: unknown, operation: string): void {
  if (typeof milliseconds !== "number") {
    throw new TypeError(
      `Cannot begin ${operation}: the time is ${typeof milliseconds}, not a number of milliseconds`,
    );
  }
  if (milliseconds >= 0) return;
  throw new RangeError(
    `Cannot begin ${operation}: ${milliseconds} is not a number of milliseconds, 0 or more`,
  );
}
