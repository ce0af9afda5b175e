/**
 * Writes and reads errors, whole: class, message, cause, own fields, stack.
 *
 * An error can always be sent. Where its class cannot travel, the nearest built-in one takes its place under the same
 * name; where a field cannot, a few words in brackets do.
 *
 * @packageDocumentation
 */
import { CorruptMessageError } from "./errors.ts";
import type { Reader } from "./reader.ts";
import * as tag from "./tags.ts";
import type { Writer } from "./writer.ts";

/** The built-in classes, by their number in a message. New ones go to the end. */
const KINDS: readonly Function[] = [
  Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, AggregateError, SuppressedError,
];

/** Own properties that errors have without listing them. */
const HIDDEN = ["name", "message", "stack", "code", "cause", "errors", "error", "suppressed"];

/** No class record follows: the error is a plain instance of the built-in. */
const BUILT_IN = 0;
/** A function record follows: the class. */
const OWN_CLASS = 1;

export function writeError(writer: Writer, error: object, at: number): number {
  const prototype = Object.getPrototypeOf(error) as object;
  const kind = KINDS.findIndex((known) => known.prototype === prototype);
  at = writer.room(at, 11);
  writer.bytes[at] = tag.ERROR;
  writer.bytes[at + 1] = kind === -1 ? nearestKind(prototype) : kind;
  const record = kind === -1 ? recordOfClass(writer, prototype) : undefined;
  writer.bytes[at + 2] = record === undefined ? BUILT_IN : OWN_CLASS;
  at += 3;
  if (record !== undefined) {
    writer.view.setInt32(at, record.address, true);
    writer.view.setInt32(at + 4, record.serial, true);
    at += 8;
  }
  const shown = Object.keys(error);
  const hidden = HIDDEN.filter((key) => Object.hasOwn(error, key) && !shown.includes(key));
  // Without its class, the error must bring what it had from it.
  if (kind === -1 && record === undefined) for (const key of ["name", "message"]) if (!hidden.includes(key) && !shown.includes(key)) hidden.push(key);
  at = writer.byte(tag.END, writeFields(writer, error, hidden, at));
  return writer.byte(tag.END, writeFields(writer, error, shown, at));
}

function nearestKind(prototype: object): number {
  for (let up: object | null = prototype; up !== null; up = Object.getPrototypeOf(up)) {
    const kind = KINDS.findIndex((known) => known.prototype === up);
    if (kind !== -1) return kind;
  }
  return 0;
}

function recordOfClass(writer: Writer, prototype: object): { address: number; serial: number } | undefined {
  const constructor: unknown = Reflect.get(prototype, "constructor");
  if (typeof constructor !== "function" || constructor.prototype !== prototype) return undefined;
  try {
    return writer.hooks.publishFunction(constructor, writer.trail.toString());
  } catch {
    return undefined;
  }
}

function writeFields(writer: Writer, error: object, keys: readonly string[], at: number): number {
  const depth = writer.enter(error);
  for (const key of keys) {
    writer.trail.entries[depth] = key;
    at = writer.string(key, at);
    const mark = writer.mark(at);
    try {
      at = writer.value(Reflect.get(error, key), at);
    } catch (failure) {
      if (writer.outOfRoom) throw failure;
      at = writer.string("[cannot travel]", writer.rewind(mark));
    }
  }
  writer.trail.depth = depth;
  return at;
}

export function readError(reader: Reader): Error {
  const kind = KINDS[reader.byte()];
  if (kind === undefined) throw new CorruptMessageError("it holds an error of no known kind");
  const error = make(reader.byte() === OWN_CLASS ? reader.hooks.resolveFunction(reader.word(), reader.word()) : kind);
  reader.remember(error);
  const shown = {};
  const hidden = {};
  reader.fields(hidden);
  for (const key of Object.keys(hidden)) hide(error, key, Reflect.get(hidden, key));
  reader.fields(shown);
  Object.assign(error, shown);
  return error;
}

/** Makes an instance without running the constructor of its class, and without the trouble of a stack. */
function make(constructor: Function): Error {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return Reflect.construct(Error, [], constructor) as Error;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function hide(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, enumerable: false, configurable: true });
}
