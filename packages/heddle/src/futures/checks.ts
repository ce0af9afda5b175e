/** Checks at the doors: each names what is wrong. */
export { checkKnown } from "../sync/index.ts";

/** Throws unless `fn` can be called. */
export function checkFunction(fn: unknown, operation: string): asserts fn is Function {
  if (typeof fn === "function") return;
  const what = fn === null ? "null" : typeof fn;
  throw new TypeError(`Cannot ${operation}: its first argument is ${what}, not a function`);
}

/** Throws `TypeError` unless `value` is an object whose properties can be read as options. */
export function checkObject(value: unknown, what: string): void {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  throw new TypeError(`Cannot take ${what}: ${kindOf(value)} is not an object of options`);
}

const kindOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "an array" : typeof value;

/** Throws unless an option is a number of milliseconds. */
export function checkDuration(option: string, value: unknown, isPositive: boolean = false): void {
  if (typeof value !== "number") throw new TypeError(`Cannot take the option ${option}: it is not a number`);
  if (isPositive ? value > 0 : value >= 0) return;
  throw new RangeError(
    `Cannot take the option ${option}: ${value} is not a ${isPositive ? "positive " : ""}number of milliseconds`,
  );
}

/** Throws unless an option is a whole number within bounds. */
export function checkInteger(option: string, value: unknown, least: number, most: number): void {
  if (typeof value !== "number") throw new TypeError(`Cannot take the option ${option}: it is not a number`);
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(
    `Cannot take the option ${option}: ${value} is not a whole number from ${least} to ${most}`,
  );
}
