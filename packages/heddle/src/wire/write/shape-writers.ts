/**
 * Writers for the objects of one shape, made from source text: V8 then reads each field from its place in the object, strings and
 * numbers, which most fields are, take no call, and what each field holds is held against what it held before.
 *
 * @packageDocumentation
 */
import { types } from "node:util";
import { generate } from "../generate.ts";
import { FLAT_FROM } from "./output.ts";
import { NO_NUMBER } from "../shared/shared-shapes.ts";
import { KeysChanged, type Shape } from "./shapes.ts";
import { Site } from "./site.ts";
import * as tag from "../tags.ts";
import { MAX_DEPTH } from "./trail.ts";
import type { Writer } from "./writer.ts";

/** What is known of an object: that it is no proxy, and no array, and that the writer {@link Writer.takesShortcuts | takes shortcuts}. */
export const SOME_OBJECT = 0;
/** That it is plain, and has its number, in a message that has shapes. */
export const PLAIN_OBJECT = 1;
/** And that it has just the keys of the shape. */
export const OF_SHAPE = 2;
type Known = typeof SOME_OBJECT | typeof PLAIN_OBJECT | typeof OF_SHAPE;

/**
 * Writes a plain object of one shape. What is not known of it is looked at.
 *
 * @returns The place after it; -1, and nothing was done, if it is no such object, or was met before.
 */
export type WriteObject = (writer: Writer, object: object, at: number, known: Known) => number;

/** The tag and the number of a shape that all threads know. */
const NUMBER_BYTES = 3;
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
  const { shape, keys, absent, isProxy, isArray, getPrototypeOf, OBJECT, ARRAY } = parts;
  const [${keys.map((_, index) => `site${index}`).join(", ")}] = parts.sites;
  return (writer, object, at, known) => {
    if (known !== ${OF_SHAPE}) {
      if (known === ${SOME_OBJECT} && !(${JSON.stringify(keys[0])} in object && getPrototypeOf(object) === OBJECT)) return -1;
      let index = 0;
      for (const key in object) if (keys[index++] !== key) return -1;
      if (index !== ${keys.length}) return -1;
      if (known === ${SOME_OBJECT} && !writer.meetsNew(object)) return -1;
    }
    const { shapes, trail, joined } = writer;
    const { depth, containers, entries } = trail;
    if (depth === ${MAX_DEPTH}) writer.enter(object);
    if (at + ${NUMBER_BYTES + keys.length * VALUE_BYTES} > writer.end) at = writer.room(at, ${NUMBER_BYTES + keys.length * VALUE_BYTES});
    let { bytes, view } = writer;
    if (shape.shared === shapes.shared && shape.number !== ${NO_NUMBER}) {
      bytes[at] = ${tag.SHARED_SHAPE};
      view.setUint16(at + 1, shape.number, true);
      at += ${NUMBER_BYTES};
    } else {
      at = shapes.write(writer, shape, at);
      if (at + ${keys.length * VALUE_BYTES} > writer.end) at = writer.room(at, ${keys.length * VALUE_BYTES});
      ({ bytes, view } = writer);
    }
    let { text } = joined;
    let value, length;
    ${fields}
    joined.text = text;
    if (text.length > ${FLAT_FROM}) writer.endPiece();
    return at;
  };`;
  return generate("parts", body, { shape, keys, sites, ...TOOLS }) as WriteObject | undefined;
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
      containers[depth] = object;
      entries[depth] = ${key};
      trail.depth = depth + 1;
      joined.text = text;
      if (typeof value === "object") {
        if (!writer.takesShortcuts || isProxy(value)) at = writer.object(value, at, site${index});
        else if (isArray(value)) {
          at = value.length >= 0 && getPrototypeOf(value) === ARRAY
            ? writer.array(value, at, site${index})
            : writer.object(value, at, site${index});
        } else {
          const { first } = site${index};
          length = first === undefined ? -1 : first(writer, value, at, ${SOME_OBJECT});
          at = length >= 0 ? length : writer.objectAt(site${index}, value, at);
        }
      }
      else {
        absent(object, ${key}, value);
        at = writer.value(value, at);
      }
      trail.depth = depth;
      ({ text } = joined);
      ({ bytes, view } = writer);
      if (at + ${more * VALUE_BYTES} > writer.end) {
        at = writer.room(at, ${more * VALUE_BYTES});
        ({ bytes, view } = writer);
      }
    }`;
}

const { getPrototypeOf, hasOwn } = Object;

/**
 * What the text refers to. V8 knows what a prototype is without a call where the line before has found what the object is made like: that is
 * what is asked of it there.
 */
const TOOLS = {
  absent,
  isProxy: types.isProxy,
  isArray: Array.isArray,
  getPrototypeOf,
  OBJECT: Object.prototype,
  ARRAY: Array.prototype,
};

/** What is read where a getter took a key away is nothing, or a method that all objects have. */
function absent(object: object, key: string, value: unknown): void {
  if ((value === undefined || typeof value === "function") && !hasOwn(object, key)) throw new KeysChanged();
}
