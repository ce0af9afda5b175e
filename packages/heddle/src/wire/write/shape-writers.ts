/**
 * Writers for the objects of one shape, made from source text: V8 then reads each field from its place in the object, strings and
 * numbers, which most fields are, take no call, and what each field holds is held against what it held before.
 *
 * @packageDocumentation
 */
import { generate } from "../generate.ts";
import { FLAT_FROM } from "./output.ts";
import { KeysChanged, type Shape } from "./shapes.ts";
import { Site } from "./site.ts";
import * as tag from "../tags.ts";
import type { Writer } from "./writer.ts";

/**
 * Writes a plain object of one shape, that has its number already, in a message that has shapes.
 *
 * @param isKnown - It has just the keys of the shape. Else they are looked at.
 * @returns The place after it; -1, and nothing is written, if it has other keys.
 */
export type WriteObject = (writer: Writer, object: object, at: number, isKnown: boolean) => number;

/** The most bytes that a value takes which is written without a call. */
const VALUE_BYTES = 9;

/** A writer for objects of a shape. Nothing where code must not be made from text. */
export function generateWrite(shape: Shape): WriteObject | undefined {
  const { keys } = shape;
  const sites = keys.map(() => new Site(new Site()));
  const fields = keys
    .map((key, index) => field(JSON.stringify(key), index, keys.length - index - 1))
    .join("");
  const body = `
  const { shape, keys, absent } = parts;
  const [${keys.map((_, index) => `site${index}`).join(", ")}] = parts.sites;
  return (writer, object, at, isKnown) => {
    if (!isKnown) {
      let index = 0;
      for (const key in object) if (keys[index++] !== key) return -1;
      if (index !== ${keys.length}) return -1;
    }
    at = writer.shapes.write(writer, shape, at);
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
  return generate("parts", body, { shape, keys, sites, absent }) as WriteObject | undefined;
}

/** @param more - How many fields come after it. */
function field(key: string, index: number, more: number): string {
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
      entries[depth] = ${key};
      writer.text = text;
      if (typeof value === "object") {
        const { first } = site${index};
        if (first === undefined || !writer.isNewPlain(value)) at = writer.object(value, at, site${index});
        else {
          length = first(writer, value, at, false);
          at = length >= 0 ? length : writer.plain(value, at, site${index});
        }
      }
      else {
        absent(object, ${key}, value);
        at = writer.value(value, at);
      }
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
