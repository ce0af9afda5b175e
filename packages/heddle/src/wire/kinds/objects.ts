/**
 * Writes the own enumerable fields of objects: by a shape, which is a list of keys that both sides know or learn, or
 * spelled out as pairs of key and value.
 *
 * @packageDocumentation
 */
import { generateWrite, OF_SHAPE, PLAIN_OBJECT } from "../write/shape-writers.ts";
import { KeysChanged, MAX_SHAPE_KEYS, OFTEN, type Shape, shapeOf, shapeOfKeys } from "../write/shapes.ts";
import type { Site } from "../write/site.ts";
import * as tag from "../tags.ts";
import type { Writer } from "../write/writer.ts";

const { hasOwn } = Object;

/**
 * An object with the usual prototype.
 *
 * @param site - Where it stands, if others of its shape may have stood there.
 */
export function writePlain(writer: Writer, object: object, at: number, site?: Site): number {
  if (writer.spellsOut) return writeDictionary(writer, tag.DICTIONARY, object, at);
  if (site !== undefined) {
    const { second } = site;
    if (second !== undefined) {
      const after = second(writer, object, at, PLAIN_OBJECT);
      if (after >= 0) return after;
    }
  }
  const shape = shapeOf(object);
  if (shape === undefined) return writeDictionary(writer, tag.DICTIONARY, object, at);
  const { write } = shape;
  if (write === undefined) return writeByShape(writer, shape, object, at);
  site?.learn(write);
  return write(writer, object, at, OF_SHAPE);
}

function writeByShape(writer: Writer, shape: Shape, object: object, at: number): number {
  at = writer.shapes.write(writer, shape, at);
  countUse(shape);
  const depth = writer.enter(object);
  const { trail } = writer;
  const { entries } = trail;
  const { keys } = shape;
  let index = 0;
  for (const key in object) {
    if (keys[index] !== key) break;
    index++;
    entries[depth] = key;
    at = writer.value((object as Record<string, unknown>)[key], at);
  }
  trail.depth = depth;
  if (index !== keys.length) throw new KeysChanged();
  return at;
}

function countUse(shape: Shape): void {
  if (shape.uses < OFTEN && ++shape.uses === OFTEN) shape.write = generateWrite(shape);
}

/** The fields of an object that has a prototype of its own. */
export function writeOwnFields(writer: Writer, object: object, at: number): number {
  const keys = Object.keys(object);
  const shape = writer.spellsOut ? undefined : shapeOfKeys(keys);
  if (shape === undefined) return writePairs(writer, object, keys, writer.byte(tag.DICTIONARY, at));
  at = writer.shapes.write(writer, shape, at);
  const depth = writer.enter(object);
  const { trail } = writer;
  const { entries } = trail;
  for (const key of keys) {
    if (!hasOwn(object, key)) throw new KeysChanged();
    entries[depth] = key;
    at = writer.value((object as Record<string, unknown>)[key], at);
  }
  trail.depth = depth;
  return at;
}

/** A tag, and all keys with their values: of an object with the usual prototype, or none. */
export function writeDictionary(writer: Writer, head: number, object: object, at: number): number {
  const keys = Object.keys(object);
  at = writer.byte(head === tag.DICTIONARY && keys.length > MAX_SHAPE_KEYS ? tag.LARGE_DICTIONARY : head, at);
  const depth = writer.enter(object);
  const { trail } = writer;
  const { entries } = trail;
  for (const key of keys) {
    const value = (object as Record<string, unknown>)[key];
    // Gone since the keys were listed: what the usual prototype has instead is nothing, or a method.
    if ((value === undefined || typeof value === "function") && !hasOwn(object, key)) continue;
    entries[depth] = key;
    at = writer.value(value, writer.string(key, at));
  }
  trail.depth = depth;
  return writer.byte(tag.END, at);
}

/** Pairs of key and value, of those `keys` that the object still has when their turn comes, and the end mark. */
export function writePairs(writer: Writer, object: object, keys: readonly string[], at: number): number {
  const depth = writer.enter(object);
  const { trail } = writer;
  const { entries } = trail;
  for (const key of keys) {
    if (!hasOwn(object, key)) continue;
    entries[depth] = key;
    at = writer.value((object as Record<string, unknown>)[key], writer.string(key, at));
  }
  trail.depth = depth;
  return writer.byte(tag.END, at);
}
