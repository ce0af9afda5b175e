/**
 * Writers for the objects of one shape, made from source text: V8 then reads each field from its place in the object, and
 * strings and numbers, which most fields are, take no call.
 *
 * @packageDocumentation
 */
import { generate } from "../generate.ts";
import { FLAT_FROM } from "./output.ts";
import { KeysChanged } from "./shapes.ts";
import * as tag from "../tags.ts";
import type { Writer } from "./writer.ts";

/** Writes the values of an object that has just the keys of a shape, and has its number. */
export type WriteFields = (writer: Writer, object: object, at: number) => number;

/** The most bytes that a value takes which is written without a call. */
const VALUE_BYTES = 9;

/** A writer for objects with these keys. Nothing where code must not be made from text. */
export function generateWrite(keys: readonly string[]): WriteFields | undefined {
  const fields = keys.map((key, index) => field(JSON.stringify(key), keys.length - index - 1)).join("");
  const body = `return (writer, object, at) => {
    const { trail } = writer;
    const depth = writer.enter(object);
    const { entries } = trail;
    if (at + ${keys.length * VALUE_BYTES} > writer.end) at = writer.room(at, ${keys.length * VALUE_BYTES});
    let { bytes, view, text } = writer;
    let value, length;
    ${fields}
    writer.text = text;
    if (text.length > ${FLAT_FROM}) writer.endPiece();
    trail.depth = depth;
    return at;
  };`;
  return generate("absent", body, absent) as WriteFields | undefined;
}

/** @param more - How many fields come after it. */
function field(key: string, more: number): string {
  return `
    value = object[${key}];
    if (typeof value === "string" && (length = value.length) <= ${tag.TEXT_STRING_MAX}) {
      if (length <= ${tag.SHORT_STRING_MAX}) bytes[at++] = ${tag.SHORT_STRING} + length;
      else {
        bytes[at] = ${tag.TEXT_STRING};
        bytes[at + 1] = length;
        at += 2;
      }
      text += value;
    } else if (typeof value === "number") {
      if ((value | 0) === value && (value !== 0 || 1 / value > 0)) {
        if (value < ${tag.SMALL_INT_END - tag.SMALL_INT_BIAS} && value >= ${-tag.SMALL_INT_BIAS}) bytes[at++] = value + ${tag.SMALL_INT_BIAS};
        else {
          bytes[at] = ${tag.INT32};
          view.setInt32(at + 1, value, true);
          at += 5;
        }
      } else {
        bytes[at] = ${tag.FLOAT64};
        view.setFloat64(at + 1, value, true);
        at += 9;
      }
    } else if (value === null) bytes[at++] = ${tag.NULL};
    else if (value === true) bytes[at++] = ${tag.TRUE};
    else if (value === false) bytes[at++] = ${tag.FALSE};
    else {
      if (typeof value !== "object") absent(object, ${key}, value);
      entries[depth] = ${key};
      writer.text = text;
      at = writer.value(value, at);
      ({ bytes, view, text } = writer);
      if (at + ${more * VALUE_BYTES} > writer.end) {
        at = writer.room(at, ${more * VALUE_BYTES});
        ({ bytes, view } = writer);
      }
    }`;
}

const { hasOwn } = Object;

/** What is read where a getter took a key away is nothing, or a method that all objects have. */
function absent(object: object, key: string, value: unknown): void {
  if ((value === undefined || typeof value === "function") && !hasOwn(object, key)) throw new KeysChanged();
}
