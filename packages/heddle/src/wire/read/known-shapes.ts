/**
 * The key lists that messages have introduced to this thread, and how objects of each are made.
 *
 * @packageDocumentation
 */
import { CorruptMessageError } from "../errors.ts";
import type { Reader } from "./reader.ts";
import { generateRead, type ReadObject } from "./shape-readers.ts";
import { BLOCK_HEADER, MAX_SHAPE_KEYS } from "../write/shapes.ts";

/** Key lists kept at a time. A power of two. */
const CACHE_SIZE = 1024;
/** An object literal in source text makes objects three times as fast, but costs 50 µs once: worth it from this use on. */
const GENERATE_AT = 50;

/** A key list, with its block to recognise it by. */
export class KnownShape {
  readonly block: Int32Array;
  readonly keys: readonly string[];
  /** Reads the values and makes the object, where no number has to be given to it before. */
  read: ReadObject | undefined = undefined;
  #uses = 0;

  constructor(block: Int32Array, keys: readonly string[]) {
    this.block = block;
    this.keys = keys;
  }

  /** Notes one more use. */
  count(): void {
    if (++this.#uses === GENERATE_AT) this.read = generateRead(this.keys);
  }
}

/** Each list stands where its hash says; a newcomer takes the place of another. */
const cache: (KnownShape | undefined)[] = new Array<KnownShape | undefined>(CACHE_SIZE).fill(undefined);

/** Reads the block of keys that begins where the reader is. */
export function shapeAt(reader: Reader): KnownShape {
  const { view } = reader;
  const at = reader.take(BLOCK_HEADER);
  const length = view.getUint16(at, true);
  if (length < BLOCK_HEADER || length % 4 !== 0)
    throw new CorruptMessageError("a list of keys has no proper length");
  reader.take(length - BLOCK_HEADER);
  const place = view.getInt32(at + 4, true) & (CACHE_SIZE - 1);
  const known = cache[place];
  if (known !== undefined && isAt(known.block, view, at, length)) return known;
  return (cache[place] = parse(reader, at, length));
}

function isAt(block: Int32Array, view: DataView, at: number, length: number): boolean {
  if (block.length * 4 !== length) return false;
  for (let i = 0; i < block.length; i++, at += 4) if (block[i] !== view.getInt32(at, true)) return false;
  return true;
}

function parse(reader: Reader, start: number, length: number): KnownShape {
  const { bytes, buffer, view } = reader;
  const end = start + length;
  const keys: string[] = [];
  let at = start + BLOCK_HEADER;
  const count = view.getUint16(start + 2, true);
  if (count > MAX_SHAPE_KEYS) throw new CorruptMessageError("a list of keys is longer than any");
  for (let i = 0; i < count; i++) {
    const next = at + 1 + (bytes[at] ?? 0);
    if (at >= end || next > end) throw new CorruptMessageError("a list of keys is longer than it says");
    const key = buffer.latin1Slice(at + 1, next);
    if (key === "__proto__") throw new CorruptMessageError("a list of keys holds __proto__");
    keys.push(key);
    at = next;
  }
  const block = new Int32Array(length / 4);
  for (let i = 0; i < block.length; i++) block[i] = view.getInt32(start + 4 * i, true);
  return new KnownShape(block, keys);
}
