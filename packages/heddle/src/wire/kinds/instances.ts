/**
 * Writes and reads instances of classes: own enumerable fields, and the class itself as a function that travels. The
 * constructor does not run on the other side.
 *
 * @packageDocumentation
 */
import { types } from "node:util";
import { CorruptMessageError } from "../errors.ts";
import { writeOwnFields, writePairs } from "./objects.ts";
import type { Reader } from "../read/reader.ts";
import * as tag from "../tags.ts";
import type { Writer } from "../write/writer.ts";
import type { Write } from "./writers.ts";

/** The class that made `prototype`. */
export function classOf(prototype: object): Function | undefined {
  const constructor = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value as unknown;
  return typeof constructor === "function" && constructor.prototype === prototype ? constructor : undefined;
}

const native = new WeakMap<Function, boolean>();

/** Whether a function is the platform's, not written in JavaScript. */
export function isNative(fn: Function): boolean {
  let answer = native.get(fn);
  if (answer === undefined) {
    answer = Function.prototype.toString.call(fn).endsWith("{ [native code] }");
    native.set(fn, answer);
  }
  return answer;
}

export function writeInstance(writer: Writer, constructor: Function, value: object, at: number): number {
  return writeOwnFields(writer, value, writer.function(tag.INSTANCE, constructor, at));
}

export function readInstance(reader: Reader): object {
  const object = reader.remember(Object.create(readPrototype(reader)) as object);
  reader.ownFields(object);
  return object;
}

/** The built-in as `write` has it, then what the object has beside it. */
export function writeSubclass(
  writer: Writer,
  constructor: Function,
  write: Write,
  value: object,
  at: number,
): number {
  at = write(writer, value, writer.function(tag.SUBCLASS, constructor, at));
  return writePairs(writer, value, fieldsBeside(value), at);
}

/** An array is written with all its keys; typed arrays and strings list their elements among them, first. */
function fieldsBeside(value: object): string[] {
  if (Array.isArray(value)) return [];
  const keys = Object.keys(value);
  if (types.isTypedArray(value)) return keys.slice(value.length);
  return types.isStringObject(value) ? keys.slice(String.prototype.valueOf.call(value).length) : keys;
}

export function readSubclass(reader: Reader): object {
  const prototype = readPrototype(reader);
  const value = reader.part();
  if (typeof value !== "object" || value === null)
    throw new CorruptMessageError("an instance of a built-in class holds something else");
  Object.setPrototypeOf(value, prototype);
  reader.fields(value);
  return value;
}

function readPrototype(reader: Reader): object {
  const prototype: unknown = reader.function().prototype;
  if (typeof prototype !== "object" || prototype === null)
    throw new CorruptMessageError("it holds an instance of what is no class");
  return prototype;
}
