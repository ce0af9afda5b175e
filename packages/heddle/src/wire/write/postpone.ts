/**
 * Containers whose contents come later, because they are nested so deeply that the stack would not carry them: they are
 * written empty where they stand, and in full after the value of the message. So any depth takes a bounded stack.
 *
 * @packageDocumentation
 */
import { types } from "node:util";
import * as tag from "../tags.ts";
import type { Writer } from "./writer.ts";
import { instanceClasses } from "../kinds/writers.ts";

/** Writes an empty container of the same kind. Gives nothing when there is none: the object cannot wait. */
export function writeEmpty(writer: Writer, value: object, at: number): number | undefined {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === Object.prototype) return writePostponed(writer, [tag.DICTIONARY, tag.END], at);
  if (prototype === Array.prototype && Array.isArray(value))
    return writePostponed(writer, [tag.SHORT_ARRAY], at);
  if (prototype === Map.prototype && types.isMap(value))
    return writePostponed(writer, [tag.MAP, 0, 0, 0, 0], at);
  if (prototype === Set.prototype && types.isSet(value))
    return writePostponed(writer, [tag.SET, 0, 0, 0, 0], at);
  if (prototype === null || !instanceClasses.has(prototype)) return undefined;
  at = writer.function(tag.INSTANCE, prototype.constructor, writer.byte(tag.POSTPONED, at));
  return writer.byte(tag.END, writer.byte(tag.DICTIONARY, at));
}

function writePostponed(writer: Writer, empty: readonly number[], at: number): number {
  at = writer.byte(tag.POSTPONED, at);
  for (const byte of empty) at = writer.byte(byte, at);
  return at;
}
