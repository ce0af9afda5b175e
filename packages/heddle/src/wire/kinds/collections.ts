/**
 * Writes and reads maps and sets.
 *
 * @packageDocumentation
 */
import { types } from "node:util";
import { CorruptMessageError } from "../errors.ts";
import type { Reader } from "../read/reader.ts";
import * as tag from "../tags.ts";
import type { Writer } from "../write/writer.ts";

export function writeMap(writer: Writer, value: object, at: number): number {
  if (!types.isMap(value)) throw writer.impostor("Map");
  // Listed before anything is written: a getter in it may change the map.
  const entries: unknown[] = [];
  Map.prototype.forEach.call(value, (item, key) => entries.push(key, item));
  return writeList(writer, tag.MAP, value, entries, at);
}

export function writeSet(writer: Writer, value: object, at: number): number {
  if (!types.isSet(value)) throw writer.impostor("Set");
  const members: unknown[] = [];
  Set.prototype.forEach.call(value, (member) => members.push(member));
  return writeList(writer, tag.SET, value, members, at);
}

function writeList(
  writer: Writer,
  head: number,
  owner: object,
  values: readonly unknown[],
  at: number,
): number {
  at = writer.word(head, values.length, at);
  const depth = writer.enter(owner);
  const { trail } = writer;
  const { entries } = trail;
  for (let i = 0; i < values.length; i++) {
    entries[depth] = i;
    at = writer.value(values[i], at);
  }
  trail.depth = depth;
  return at;
}

export function readMap(reader: Reader): Map<unknown, unknown> {
  const length = reader.count(1);
  if (length % 2 !== 0) throw new CorruptMessageError("a map has a key without a value");
  const map = reader.remember(new Map<unknown, unknown>());
  reader.enter();
  for (let i = 0; i < length; i += 2) map.set(reader.value(), reader.value());
  reader.leave();
  return map;
}

export function readSet(reader: Reader): Set<unknown> {
  const length = reader.count(1);
  const set = reader.remember(new Set<unknown>());
  reader.enter();
  for (let i = 0; i < length; i++) set.add(reader.value());
  reader.leave();
  return set;
}
