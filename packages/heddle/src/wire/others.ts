/**
 * Writes what is neither a plain object, an array, a number, a string nor a constant.
 *
 * @packageDocumentation
 */
import { types } from "node:util";
import { writeError } from "./error-values.ts";
import { writeBigint, writeSymbol } from "./primitives.ts";
import * as tag from "./tags.ts";
import type { Writer } from "./writer.ts";

export function writeOther(writer: Writer, value: unknown, at: number): number {
  switch (typeof value) {
    case "bigint":
      return writeBigint(writer, value, at);
    case "symbol":
      return writeSymbol(writer, value, at);
    case "function":
      return writeFunction(writer, tag.FUNCTION, value, at);
    default:
      return writeOtherObject(writer, value as object, at);
  }
}

/** A tag with a function's record. */
export function writeFunction(writer: Writer, head: number, fn: Function, at: number): number {
  const { address, serial } = writer.hooks.publishFunction(fn, writer.trail.toString());
  at = writer.word(head, address, writer.room(at, 9));
  writer.view.setInt32(at, serial, true);
  return at + 4;
}

function writeOtherObject(writer: Writer, value: object, at: number): number {
  if (Object.getPrototypeOf(value) === null) return writer.dictionary(tag.NULL_DICTIONARY, value, at);
  if (types.isNativeError(value)) return writeError(writer, value, at);
  throw writer.refusal("it is an object of a kind that is not known", "send plain data");
}
