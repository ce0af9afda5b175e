/**
 * Reads the messages that hold no more than numbers, booleans, null and undefined, or one short array of them: most arguments and
 * results of short calls. What a reader of any message has to set up takes longer than to read such a one.
 *
 * @packageDocumentation
 */
import * as tag from "../tags.ts";

/** What is read, for any message that is not flat, or not whole: that is for the {@link Reader}, which says what is wrong. */
export const NOT_FLAT: unique symbol = Symbol("not flat");

/** Where the next value is. */
let at = 0;

/**
 * The value of the message that is exactly the bytes from `start` to `end`.
 *
 * @param view - The same bytes.
 */
export function readFlat(bytes: Uint8Array, view: DataView, start: number, end: number): unknown {
  at = start + tag.HEADER_BYTES;
  if (at >= end || end > bytes.length) return NOT_FLAT;
  if (bytes[start] !== tag.WIRE_VERSION || bytes[start + 1] !== 0) return NOT_FLAT;
  const head = bytes[at]!;
  const isArray = head >= tag.SHORT_ARRAY && head < tag.SHAPE_AGAIN;
  const value = isArray ? readArray(bytes, view, head - tag.SHORT_ARRAY, end) : readValue(bytes, view, end);
  return at === end ? value : NOT_FLAT;
}

/** Those of the commonest lengths are made with their elements: then they are as large as those. */
function readArray(bytes: Uint8Array, view: DataView, length: number, end: number): unknown {
  at++;
  if (length === 0) return [];
  const first = readValue(bytes, view, end);
  if (first === NOT_FLAT) return NOT_FLAT;
  if (length === 1) return [first];
  const second = readValue(bytes, view, end);
  if (second === NOT_FLAT) return NOT_FLAT;
  if (length === 2) return [first, second];
  const third = readValue(bytes, view, end);
  if (third === NOT_FLAT) return NOT_FLAT;
  const array = [first, second, third];
  while (array.length < length) {
    const next = readValue(bytes, view, end);
    if (next === NOT_FLAT) return NOT_FLAT;
    array.push(next);
  }
  return array;
}

function readValue(bytes: Uint8Array, view: DataView, end: number): unknown {
  if (at >= end) return NOT_FLAT;
  const head = bytes[at]!;
  at++;
  if (head < tag.SMALL_INT_END) return head - tag.SMALL_INT_BIAS;
  if (head === tag.INT32) {
    at += 4;
    return at > end ? NOT_FLAT : view.getInt32(at - 4, true);
  }
  if (head === tag.FLOAT64) {
    at += 8;
    return at > end ? NOT_FLAT : view.getFloat64(at - 8, true);
  }
  if (head === tag.TRUE) return true;
  if (head === tag.FALSE) return false;
  if (head === tag.NULL) return null;
  return head === tag.UNDEFINED ? undefined : NOT_FLAT;
}
