/**
 * One JSON value, with all digits of its integers.
 *
 * @packageDocumentation
 */

/** Only a text with so many digits in a row can hold an integer beyond 2⁵³. */
const MANY_DIGITS = /\d{16}/;

/**
 * Reads one JSON value. An integer beyond 2⁵³ − 1 becomes a bigint, so that no digit is lost.
 *
 * @throws `SyntaxError`.
 */
export function parseJson(text: string): unknown {
  return MANY_DIGITS.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
}

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  return context?.source !== undefined && /^-?\d+$/.test(context.source) ? BigInt(context.source) : value;
}
