/**
 * Writes values that are no more than numbers, booleans, null and undefined, and short lists of them: most arguments and results of
 * short calls. Nothing of them can refer to anything, be refused or run code, so what a writer of any value has to set up is not
 * needed, which takes longer than to write such a one.
 *
 * @packageDocumentation
 */
import type { Region } from "../hooks.ts";
import * as tag from "../tags.ts";
import type { Output } from "./output.ts";

const LONGEST_VALUE_BYTES = 9;
/** No message of one flat value is longer. */
export const FLAT_BYTES: number = tag.HEADER_BYTES + LONGEST_VALUE_BYTES;
/** No message of a list of them is. */
export const FLAT_LIST_BYTES: number = tag.HEADER_BYTES + 1 + tag.SHORT_ARRAY_MAX * LONGEST_VALUE_BYTES;

/** Whether {@link writeFlat} can write a value. */
export function isFlat(value: unknown): boolean {
  return typeof value === "number" || typeof value === "boolean" || value === undefined || value === null;
}

/** The same of each value of a list that has no holes. */
export function areFlat(list: readonly unknown[]): boolean {
  const { length } = list;
  if (length > tag.SHORT_ARRAY_MAX) return false;
  for (let i = 0; i < length; i++) if (!isFlat(list[i])) return false;
  return true;
}

/** Writes a message of one flat value into a region with room for {@link FLAT_BYTES}. Gives its length. */
export function writeFlat(output: Output, value: unknown, region: Region): number {
  return writeValue(output, value, begin(output, region)) - region.start;
}

/** The same of a list for which {@link areFlat} holds, with room for {@link FLAT_LIST_BYTES}. */
export function writeFlatList(output: Output, list: readonly unknown[], region: Region): number {
  const { length } = list;
  let at = begin(output, region);
  output.bytes[at++] = tag.SHORT_ARRAY + length;
  for (let i = 0; i < length; i++) at = writeValue(output, list[i], at);
  return at - region.start;
}

function begin(output: Output, region: Region): number {
  output.use(region);
  const { bytes } = output;
  const { start } = region;
  bytes[start] = tag.WIRE_VERSION;
  bytes[start + 1] = 0;
  return start + tag.HEADER_BYTES;
}

function writeValue(output: Output, value: unknown, at: number): number {
  if (typeof value === "number") return output.number(value, at);
  output.bytes[at] =
    value === undefined ? tag.UNDEFINED : value === null ? tag.NULL : value === true ? tag.TRUE : tag.FALSE;
  return at + 1;
}
