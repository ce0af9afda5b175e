/**
 * Writes and reads the small built-in objects: dates, expressions, boxed primitives, URLs, headers.
 *
 * @packageDocumentation
 */
import { types } from "node:util";
import { CorruptMessageError } from "../errors.ts";
import type { Reader } from "../read/reader.ts";
import * as tag from "../tags.ts";
import type { Writer } from "../write/writer.ts";

export function writeDate(writer: Writer, value: object, at: number): number {
  if (!types.isDate(value)) throw writer.impostor("Date");
  at = writer.room(at, 9);
  writer.view.setFloat64(at + 1, Date.prototype.getTime.call(value), true);
  return writer.byte(tag.DATE, at) + 8;
}

export function readDate(reader: Reader): Date {
  return reader.remember(new Date(reader.view.getFloat64(reader.take(8), true)));
}

export function writeRegExp(writer: Writer, value: object, at: number): number {
  if (!types.isRegExp(value)) throw writer.impostor("RegExp");
  const { lastIndex } = value;
  // By the getters of the class: the object may have properties of these names itself.
  at = writer.string(Reflect.get(RegExp.prototype, "source", value), writer.byte(tag.REGEXP, at));
  at = writer.string(Reflect.get(RegExp.prototype, "flags", value), at);
  return writer.number(typeof lastIndex === "number" ? lastIndex : 0, at);
}

export function readRegExp(reader: Reader): RegExp {
  const source = reader.string();
  const flags = reader.string();
  const expression = reader.remember(orCorrupt("an expression", () => new RegExp(source, flags)));
  const lastIndex = reader.part();
  if (typeof lastIndex !== "number") throw new CorruptMessageError("an expression has no index");
  expression.lastIndex = lastIndex;
  return expression;
}

export function writeBoxed(writer: Writer, value: object, at: number): number {
  return writer.value(unboxed(writer, value), writer.byte(tag.BOXED, at));
}

/** By the method that asks for the internal slot: `valueOf` on the object itself may be anything. */
function unboxed(writer: Writer, value: object): unknown {
  if (types.isNumberObject(value)) return Number.prototype.valueOf.call(value);
  if (types.isStringObject(value)) return String.prototype.valueOf.call(value);
  if (types.isBooleanObject(value)) return Boolean.prototype.valueOf.call(value);
  if (types.isBigIntObject(value)) return BigInt.prototype.valueOf.call(value);
  if (types.isSymbolObject(value)) return Symbol.prototype.valueOf.call(value);
  throw writer.impostor("boxed primitive");
}

export function readBoxed(reader: Reader): object {
  const value = reader.part();
  if (value === null || value === undefined || typeof value === "object" || typeof value === "function") {
    throw new CorruptMessageError("a boxed primitive holds something else");
  }
  return reader.remember(Object(value) as object);
}

export function writeUrl(writer: Writer, value: object, at: number): number {
  const href = writer.askAs("URL", () => Reflect.get(URL.prototype, "href", value));
  return writer.string(href, writer.byte(tag.URL_TAG, at));
}

export function readUrl(reader: Reader): URL {
  const href = reader.string();
  return reader.remember(orCorrupt("a URL", () => new URL(href)));
}

export function writeSearchParams(writer: Writer, value: object, at: number): number {
  const text = writer.askAs("URLSearchParams", () => URLSearchParams.prototype.toString.call(value));
  return writer.string(text, writer.byte(tag.SEARCH_PARAMS, at));
}

export function readSearchParams(reader: Reader): URLSearchParams {
  return reader.remember(new URLSearchParams(reader.string()));
}

export function writeHeaders(writer: Writer, value: object, at: number): number {
  const pairs = writer.askAs("Headers", () => [...Headers.prototype.entries.call(value)]);
  at = writer.byte(tag.HEADERS, at);
  for (const [name, text] of pairs) at = writer.string(text, writer.string(name, at));
  return writer.byte(tag.END, at);
}

export function readHeaders(reader: Reader): Headers {
  const headers = reader.remember(new Headers());
  while (!reader.skipEnd()) {
    const name = reader.string();
    const text = reader.string();
    orCorrupt("a header", () => headers.append(name, text));
  }
  return headers;
}

/** Makes something of what the message says, which only a damaged message can prevent. */
export function orCorrupt<T>(what: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new CorruptMessageError(`it holds ${what} that is none`, { cause: error });
  }
}
