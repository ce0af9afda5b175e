/**
 * Writes and reads errors, whole: class, message, cause, own fields, stack.
 *
 * An error can always be sent. Where its class cannot travel, the nearest built-in one takes its place under the same
 * name; where a field cannot, a few words in brackets do.
 *
 * @packageDocumentation
 */
import { types } from "node:util";
import { describe } from "../describe.ts";
import { CorruptMessageError } from "../errors.ts";
import type { FunctionRecord } from "../hooks.ts";
import { classOf, isNative } from "./instances.ts";
import type { Reader } from "../read/reader.ts";
import { KeysChanged } from "../write/shapes.ts";
import * as tag from "../tags.ts";
import { MAX_DEPTH } from "../write/trail.ts";
import type { Writer } from "../write/writer.ts";

/** The built-in classes, by their number in a message. New ones go to the end. */
const KINDS: readonly Function[] = [
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
  AggregateError,
  SuppressedError,
  DOMException,
];
const DOM_EXCEPTION = KINDS.indexOf(DOMException);

/** The prototypes of the built-in classes of errors. */
export const ERROR_PROTOTYPES: readonly object[] = KINDS.map((kind) => kind.prototype as object);

const GETTER_FAILED = "[its getter failed]";

/** What those classes are called. */
export const ERROR_NAMES: readonly string[] = KINDS.map((kind) => kind.name);

/** Own properties that errors have without listing them. */
const HIDDEN = ["name", "message", "stack", "code", "cause", "errors", "error", "suppressed"];

/** The error is an instance of the built-in class itself, or has to become one. */
const BUILT_IN = 0;
/** A function record follows: the class. */
const OWN_CLASS = 1;

/** Writes an object of one of {@link ERROR_PROTOTYPES}, or any that has the internal slot of an error. */
export function writeError(writer: Writer, error: object, at: number): number {
  const prototype = Object.getPrototypeOf(error) as object | null;
  const kind = nearestKind(prototype);
  const isExact = ERROR_PROTOTYPES[kind] === prototype;
  // The private state of a DOMException comes from its constructor only, whatever the subclass.
  const record = isExact || kind === DOM_EXCEPTION ? undefined : recordOf(writer, prototype);
  at = writer.room(at, 3);
  writer.bytes[at] = tag.ERROR;
  writer.bytes[at + 1] = kind;
  at = writer.byte(record === undefined ? BUILT_IN : OWN_CLASS, at + 2);
  if (record !== undefined) at = writer.record(record, at);
  if (kind === DOM_EXCEPTION) {
    at = writer.string(textOf(error, "message"), at);
    at = writer.string(textOf(error, "name"), at);
  }
  const isItself = isExact || record !== undefined || kind === DOM_EXCEPTION;
  return writeProperties(writer, error, isItself ? [] : inherited(error, kind), at);
}

function nearestKind(prototype: object | null): number {
  for (let up = prototype; up !== null; up = Object.getPrototypeOf(up) as object | null) {
    const kind = ERROR_PROTOTYPES.indexOf(up);
    if (kind !== -1) return kind;
  }
  return 0;
}

function recordOf(writer: Writer, prototype: object | null): FunctionRecord | undefined {
  const constructor = prototype === null ? undefined : classOf(prototype);
  if (constructor === undefined || isNative(constructor)) return undefined;
  try {
    return writer.publishClass(constructor);
  } catch {
    return undefined;
  }
}

/** A property of a DOMException, which is text unless somebody has put something else there. */
function textOf(error: object, key: "message" | "name"): string {
  try {
    return String(Reflect.get(error, key));
  } catch {
    return GETTER_FAILED;
  }
}

/** What an error that loses its class had from it. */
function inherited(error: object, kind: number): [key: string, read: () => unknown][] {
  const fields: [string, () => unknown][] = [];
  if (!Object.hasOwn(error, "name")) fields.push(["name", () => nameOf(error, kind)]);
  if (!Object.hasOwn(error, "message")) fields.push(["message", () => (error as Error).message]);
  return fields;
}

function nameOf(error: object, kind: number): unknown {
  const { name } = error as Error;
  return name === KINDS[kind]!.name ? describe(error) : name;
}

/** Hidden properties, END, enumerable ones, END. */
function writeProperties(
  writer: Writer,
  error: object,
  extra: readonly [string, () => unknown][],
  at: number,
): number {
  const depth = writer.enter(error);
  const shown = Object.keys(error);
  for (const [key, read] of extra) at = writeSafely(writer, read, writer.string(key, at));
  for (const key of HIDDEN) {
    if (Object.hasOwn(error, key) && !shown.includes(key)) at = writeProperty(writer, error, key, depth, at);
  }
  at = writer.byte(tag.END, at);
  for (const key of shown) at = writeProperty(writer, error, key, depth, at);
  writer.trail.depth = depth;
  return writer.byte(tag.END, at);
}

function writeProperty(writer: Writer, error: object, key: string, depth: number, at: number): number {
  writer.trail.entries[depth] = key;
  return writeSafely(writer, () => Reflect.get(error, key), writer.string(key, at));
}

/** Writes a value, or a few words where it cannot travel; of a list, where one of its elements cannot. */
function writeSafely(writer: Writer, read: () => unknown, at: number, isElement = false): number {
  let value: unknown;
  try {
    value = read();
  } catch {
    return writer.string(GETTER_FAILED, at);
  }
  const mark = writer.mark(at);
  const { mayPostpone } = writer;
  writer.mayPostpone = false;
  try {
    return writer.value(value, at);
  } catch (failure) {
    if (writer.isOutOfRoom || failure instanceof KeysChanged) throw failure;
    at = writer.rewind(mark);
    if (!types.isProxy(value) && Array.isArray(value) && !isElement && mark.depth < MAX_DEPTH)
      return writeListSafely(writer, value, at);
    return writer.string(`[${describe(value)}: cannot travel]`, at);
  } finally {
    writer.mayPostpone = mayPostpone;
  }
}

function writeListSafely(writer: Writer, list: readonly unknown[], at: number): number {
  writer.identities.meet(list);
  at = writer.word(tag.ARRAY, list.length, at);
  const depth = writer.enter(list);
  for (let i = 0; i < list.length; i++) {
    writer.trail.entries[depth] = i;
    at = writeSafely(writer, () => list[i], at, true);
  }
  writer.trail.depth = depth;
  return at;
}

export function readError(reader: Reader): object {
  const kind = reader.byte();
  if (kind >= KINDS.length) throw new CorruptMessageError("it holds an error of no known kind");
  const hasClass = reader.byte() === OWN_CLASS;
  const constructor = hasClass ? reader.function() : KINDS[kind]!;
  const error = kind === DOM_EXCEPTION ? makeDomException(reader) : make(constructor);
  reader.remember(error);
  reader.enter();
  while (!reader.skipEnd()) hide(error, reader.string(), reader.value());
  reader.leave();
  reader.fields(error);
  return error;
}

function makeDomException(reader: Reader): object {
  return withoutStack(() => new DOMException(reader.string(), reader.string()));
}

/** Makes an instance without running the constructor of its class. */
function make(constructor: Function): object {
  return withoutStack(() => Reflect.construct(Error, [], constructor) as object);
}

/** The stack that matters is in the message. */
function withoutStack<T>(body: () => T): T {
  const { stackTraceLimit } = Error;
  Reflect.set(Error, "stackTraceLimit", 0);
  try {
    return body();
  } finally {
    Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  }
}

function hide(error: object, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, enumerable: false, configurable: true });
}
