/** Looks at options, at the door. */
import { inspect } from "node:util";

/**
 * @param known - What they may have.
 * @param what - What is to be done: "check".
 * @throws `TypeError` for what is no object, or has something else: a misspelt option would say nothing, and be heeded by nobody.
 */
export function checkOptions(options: unknown, known: readonly string[], what: string): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(
      `Cannot ${what}: its options must be an object, and are ${inspect(options, { depth: 0 })}`,
    );
  }
  for (const key in options) {
    if (known.includes(key)) continue;
    throw new TypeError(`Cannot ${what}: it has no option ${key}; it knows ${known.join(", ")}`);
  }
}

/** What an option has to be. */
export interface NumberRule {
  /** The least that it may be. Default 0. */
  readonly least?: number;
  /** Whether it may be `Infinity`. */
  readonly mayBeInfinite?: boolean;
}

/**
 * Looks at an option that is a whole number, if it was given.
 *
 * @param what - What is to be done, as for {@link checkOptions}.
 * @throws `TypeError`, `RangeError` when it is none: a check that is given no bound, or NaN, may look at nothing and find nothing wrong.
 */
export function checkWhole(what: string, name: string, value: unknown, rule: NumberRule = {}): void {
  const { least = 0, mayBeInfinite = false } = rule;
  if (value === undefined || (mayBeInfinite && value === Infinity)) return;
  const words = `a whole number, ${least} or more`;
  if (typeof value !== "number") {
    throw new TypeError(`Cannot ${what}: ${name} must be ${words}, and is ${inspect(value, { depth: 0 })}`);
  }
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`Cannot ${what}: ${name} must be ${words}, and is ${value}`);
  }
}
