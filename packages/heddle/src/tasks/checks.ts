/** Checks at the doors: each names what is wrong. */

/** Throws unless `body` can be called. */
export function checkBody(body: unknown, operation: string): void {
  if (typeof body === "function") return;
  throw new TypeError(
    `Cannot begin ${operation}: its body is ${body === null ? "null" : typeof body}, not a function`,
  );
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
