/**
 * Readers for the objects of one shape, made from source text: V8 then makes each object at once, and takes numbers, short strings,
 * booleans and `null`, which most fields are, without a call.
 *
 * @packageDocumentation
 */
import { generate } from "../generate.ts";
import * as tag from "../tags.ts";
import type { Reader } from "./reader.ts";

/** Reads the values of an object, and makes it. */
export type ReadObject = (reader: Reader) => object;

/** A reader for objects with these keys, none of which is `__proto__`. Nothing where code must not be made from text. */
export function generateRead(keys: readonly string[]): ReadObject | undefined {
  const values = keys.map((_, index) => `v${index}`);
  const fields = values.map((name, index) => field(name, keys.length - index - 1)).join("");
  const body = `return (reader) => {
    const { bytes, view, text, end } = reader;
    let { at } = reader;
    if (at + ${keys.length} > end) throw reader.truncated();
    let { window, taken } = text;
    let head, to, ${values.join(", ")};
    ${fields}
    reader.at = at;
    text.taken = taken;
    return { ${keys.map((key, index) => `${JSON.stringify(key)}: v${index}`).join(", ")} };
  };`;
  return generate("_", body) as ReadObject | undefined;
}

/** @param more - How many fields come after it: each has a byte at least. */
function field(name: string, more: number): string {
  return `
    head = bytes[at++];
    if (head < ${tag.SMALL_INT_END}) ${name} = head - ${tag.SMALL_INT_BIAS};
    else if (head < ${tag.SHORT_ARRAY} && (to = taken + head - ${tag.SHORT_STRING}) <= window.length) {
      ${name} = window.substring(taken, to);
      taken = to;
    } else if (head === ${tag.FLOAT64} && at + ${8 + more} <= end) {
      ${name} = view.getFloat64(at, true);
      at += 8;
    } else if (head === ${tag.INT32} && at + ${4 + more} <= end) {
      ${name} = view.getInt32(at, true);
      at += 4;
    } else if (head === ${tag.NULL}) ${name} = null;
    else if (head === ${tag.TRUE}) ${name} = true;
    else if (head === ${tag.FALSE}) ${name} = false;
    else {
      reader.at = at;
      text.taken = taken;
      ${name} = reader.tagged(head);
      ({ at } = reader);
      if (at + ${more} > end) throw reader.truncated();
      ({ window, taken } = text);
    }`;
}
