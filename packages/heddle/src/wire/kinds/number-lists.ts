/**
 * Writes and reads lists of short lists of numbers: factors, points, rows of a table.
 *
 * Each list is a u8, its length and whether its numbers are float64, and its numbers, int32 or float64. A writer and a reader of any value ask of
 * each number what it is, and so take twice and four times as long.
 *
 * @packageDocumentation
 */
import { types } from "node:util";
import { hasOtherKeys } from "./array-keys.ts";
import { CorruptMessageError } from "../errors.ts";
import type { Reader } from "../read/reader.ts";
import * as tag from "../tags.ts";
import { MANY } from "../write/identities.ts";
import { POSTPONE_DEPTH } from "../write/trail.ts";
import type { Writer } from "../write/writer.ts";

const { isProxy } = types;
const { isArray } = Array;
const { getPrototypeOf } = Object;
const ARRAY_PROTOTYPE = Array.prototype;

/** Longest list that is written so. */
const LONGEST = 63;
/** Set in the head of a list of float64. */
const DOUBLES = 0x40;
/** FNV's prime. */
const MIX = 0x01000193;

/** Whether it is worth a try: the first element is a list of numbers, and the last an array. */
export function seemNumberLists(array: readonly unknown[]): boolean {
  const [first] = array;
  if (!isList(first) || !isArray(array.at(-1))) return false;
  return first.length === 0 || typeof first[0] === "number";
}

/**
 * Writes an array that has been met, and its elements, which have not.
 *
 * @returns The place after it; -1 if it cannot be written so. Then nothing of it has been met, and its place may be another.
 */
export function writeNumberLists(writer: Writer, lists: readonly unknown[], at: number): number {
  if (!writer.takesShortcuts || writer.trail.depth + 1 >= POSTPONE_DEPTH) return -1;
  return lists.length >= MANY && writer.identities.areFew
    ? writeMany(writer, lists, at)
    : writeFew(writer, lists, at);
}

/** Asks of each list as it comes whether it was met. */
function writeFew(writer: Writer, lists: readonly unknown[], at: number): number {
  const { identities } = writer;
  const { count } = identities;
  const { length } = lists;
  at = writer.word(tag.NUMBER_LISTS, length, at);
  for (let i = 0; i < length && at >= 0; i++) {
    const list = lists[i];
    at =
      isList(list) && !hasOtherKeys(list) && identities.meetNew(list) ? writeIntegers(writer, list, at) : -1;
  }
  if (at < 0) identities.rewind(count);
  return at;
}

/** Asks whether a list comes twice only those that hold the same, which takes a fifth as long. */
function writeMany(writer: Writer, lists: readonly unknown[], at: number): number {
  const { identities } = writer;
  const { alike } = identities;
  const { length } = lists;
  // A getter among the numbers may change what stands in the list, and this writes them before it asks.
  const elements = lists.toSpliced(0, 0);
  at = writer.word(tag.NUMBER_LISTS, length, at);
  alike.begin(length);
  for (let i = 0; i < length && at >= 0; i++) {
    const list = elements[i];
    const used = at + 1 - writer.start;
    at =
      isList(list) && !hasOtherKeys(list) && !identities.isAmongFew(list)
        ? writeIntegers(writer, list, at)
        : -1;
    if (at >= 0 && !alike.add(elements, i, hashOf(writer.view, writer.start + used, at))) at = -1;
  }
  if (at >= 0) identities.meetAll(elements as readonly object[]);
  return at;
}

/** Of the first and the last numbers of a list, by what was written of it. */
function hashOf(view: DataView, from: number, to: number): number {
  if (to - from < 8) return to === from ? 0 : view.getInt32(from, true);
  let hash = Math.imul(view.getInt32(from, true), MIX) ^ view.getInt32(from + 4, true);
  hash = Math.imul(hash, MIX) ^ view.getInt32(to - 8, true);
  return Math.imul(hash, MIX) ^ view.getInt32(to - 4, true);
}

function isList(value: unknown): value is readonly unknown[] {
  return (
    !isProxy(value) && isArray(value) && value.length <= LONGEST && getPrototypeOf(value) === ARRAY_PROTOTYPE
  );
}

function writeIntegers(writer: Writer, list: readonly unknown[], at: number): number {
  const { length } = list;
  at = writer.room(at, 1 + 4 * length);
  writer.bytes[at] = length;
  const { view } = writer;
  let end = at + 1;
  for (let i = 0; i < length; i++, end += 4) {
    const number = list[i];
    if (typeof number !== "number") return -1;
    if ((number | 0) !== number || Object.is(number, -0)) return writeDoubles(writer, list, at);
    view.setInt32(end, number, true);
  }
  return end;
}

function writeDoubles(writer: Writer, list: readonly unknown[], at: number): number {
  const { length } = list;
  at = writer.room(at, 1 + 8 * length);
  writer.bytes[at++] = DOUBLES | length;
  const { view } = writer;
  for (let i = 0; i < length; i++, at += 8) {
    const number = list[i];
    if (typeof number !== "number") return -1;
    view.setFloat64(at, number, true);
  }
  return at;
}

export function readNumberLists(reader: Reader): number[][] {
  const length = reader.count(1);
  const lists = reader.remember<number[][]>([]);
  // Itself, and the lists in it.
  reader.enter();
  reader.enter();
  for (let i = 0; i < length; i++) lists.push(reader.remember(readList(reader)));
  reader.leave();
  reader.leave();
  return lists;
}

function readList(reader: Reader): number[] {
  const head = reader.byte();
  const length = head & LONGEST;
  if (head === length) return integersAt(reader.view, reader.take(4 * length), length);
  if (head === (DOUBLES | length)) return doublesAt(reader.view, reader.take(8 * length), length);
  throw new CorruptMessageError("a list of numbers has none of the lengths that it can have");
}

/** Those of the commonest lengths are made with their elements: then they are as large as those. */
function integersAt(view: DataView, at: number, length: number): number[] {
  if (length === 0) return [];
  const first = view.getInt32(at, true);
  if (length === 1) return [first];
  const second = view.getInt32(at + 4, true);
  if (length === 2) return [first, second];
  const third = view.getInt32(at + 8, true);
  if (length === 3) return [first, second, third];
  const fourth = view.getInt32(at + 12, true);
  if (length === 4) return [first, second, third, fourth];
  const list = [first, second, third, fourth, view.getInt32(at + 16, true)];
  for (let i = 5; i < length; i++) list.push(view.getInt32(at + 4 * i, true));
  return list;
}

/** Apart from {@link integersAt}, as V8 keeps arrays of the two in different ways. */
function doublesAt(view: DataView, at: number, length: number): number[] {
  if (length === 0) return [];
  const first = view.getFloat64(at, true);
  if (length === 1) return [first];
  const second = view.getFloat64(at + 8, true);
  if (length === 2) return [first, second];
  const list = [first, second, view.getFloat64(at + 16, true)];
  for (let i = 3; i < length; i++) list.push(view.getFloat64(at + 8 * i, true));
  return list;
}
