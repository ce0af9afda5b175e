/**
 * Writes arrays: packed when all elements are numbers, value by value when they are not, key by key when there are
 * holes or properties beside the elements.
 *
 * @packageDocumentation
 */
import { types } from "node:util";
import { hasOtherKeys, LISTED_MAX } from "./array-keys.ts";
import { seemNumberLists, writeNumberLists } from "./number-lists.ts";
import { writePairs } from "./objects.ts";
import * as tag from "../tags.ts";
import { FLAT_FROM } from "../write/output.ts";
import { SOME_OBJECT } from "../write/shape-writers.ts";
import type { Site } from "../write/site.ts";
import type { Writer } from "../write/writer.ts";

const { isProxy } = types;
const { isArray } = Array;
const { getPrototypeOf } = Object;
const ARRAY_PROTOTYPE = Array.prototype;

/** Arrays from this length on are worth a look whether all elements are numbers. */
const PACKED_MIN = 8;

/** What the elements of an array have in common. */
type Elements = typeof INTEGERS | typeof NUMBERS | typeof VALUES | typeof HOLES;
const INTEGERS = 0;
const NUMBERS = 1;
const VALUES = 2;
const HOLES = 3;

/** @param site - Where it stands, and so its elements. */
export function writeArray(writer: Writer, array: readonly unknown[], at: number, site?: Site): number {
  return hasOtherKeys(array) ? writeSparse(writer, array, at) : writeDense(writer, array, at, site);
}

/** An array without properties beside its elements, and if it is short, without holes. */
export function writeDense(writer: Writer, array: readonly unknown[], at: number, site?: Site): number {
  const { length } = array;
  if (length >= PACKED_MIN) {
    const elements = elementsOf(array);
    if (elements === INTEGERS) return writeIntegers(writer, array as readonly number[], at);
    if (elements === NUMBERS) return writeNumbers(writer, array as readonly number[], at);
    if (elements === HOLES) return writeSparse(writer, array, at);
    if (seemNumberLists(array)) {
      const used = at - writer.start;
      const after = writeNumberLists(writer, array, at);
      if (after >= 0) return after;
      at = writer.start + used;
    }
  }
  if (length <= tag.SHORT_ARRAY_MAX) at = writer.byte(tag.SHORT_ARRAY + length, at);
  else at = writer.word(tag.ARRAY, length, at);
  return writeElements(writer, array, at, site);
}

/** Strings in a row are joined before the writer has them: to store its text costs more than to join two. */
function writeElements(writer: Writer, array: readonly unknown[], at: number, site?: Site): number {
  const { length } = array;
  const elements = site?.ofElements;
  const depth = writer.enter(array);
  const { trail } = writer;
  const { entries } = trail;
  let text = "";
  for (let i = 0; i < length; i++) {
    const element = array[i];
    if (typeof element === "string" && element.length <= tag.TEXT_STRING_MAX) {
      at = writer.stringHead(element.length, at);
      text += element;
      if (text.length <= FLAT_FROM) continue;
      writer.addText(text);
      text = "";
    } else {
      if (text !== "") writer.addText(text);
      text = "";
      entries[depth] = i;
      at =
        elements !== undefined && typeof element === "object" && element !== null
          ? writeElement(writer, element, at, elements)
          : writer.value(element, at);
    }
  }
  if (text !== "") writer.addText(text);
  trail.depth = depth;
  return at;
}

function writeElement(writer: Writer, element: object, at: number, site: Site): number {
  if (!writer.takesShortcuts || isProxy(element)) return writer.object(element, at, site);
  if (isArray(element)) {
    return element.length >= 0 && getPrototypeOf(element) === ARRAY_PROTOTYPE
      ? writer.array(element, at, site)
      : writer.object(element, at, site);
  }
  const { first } = site;
  const after = first === undefined ? -1 : first(writer, element, at, SOME_OBJECT);
  return after >= 0 ? after : writer.objectAt(site, element, at);
}

function elementsOf(array: readonly unknown[]): Elements {
  const { length } = array;
  let i = 0;
  for (; i < length; i++) {
    const element = array[i];
    if (typeof element !== "number" || (element | 0) !== element || Object.is(element, -0)) break;
  }
  if (i === length) return INTEGERS;
  for (; i < length; i++) if (typeof array[i] !== "number") break;
  if (i === length) return NUMBERS;
  if (length <= LISTED_MAX) return VALUES;
  for (; i < length; i++) if (array[i] === undefined && !(i in array)) return HOLES;
  return VALUES;
}

function writeIntegers(writer: Writer, array: readonly number[], at: number): number {
  const { length } = array;
  at = writer.word(tag.INT32_ARRAY, length, writer.room(at, 5 + 4 * length));
  const { view } = writer;
  for (let i = 0; i < length; i++, at += 4) view.setInt32(at, array[i]!, true);
  return at;
}

function writeNumbers(writer: Writer, array: readonly number[], at: number): number {
  const { length } = array;
  at = writer.word(tag.FLOAT64_ARRAY, length, writer.room(at, 5 + 8 * length));
  const { view } = writer;
  for (let i = 0; i < length; i++, at += 8) view.setFloat64(at, array[i]!, true);
  return at;
}

function writeSparse(writer: Writer, array: readonly unknown[], at: number): number {
  at = writer.word(tag.SPARSE_ARRAY, array.length, at);
  return writePairs(writer, array, Object.keys(array), at);
}
