/**
 * The key lists of plain objects, known by walking a tree, and the bytes that each list is in a message.
 *
 * An object with keys a, b, c is three steps down the tree: one pointer comparison per key for a list that was seen
 * before, whatever the hidden class. The block of bytes that names the keys is made once per list.
 *
 * @packageDocumentation
 */
import { NO_NUMBER, type SharedShapes } from "../shared/shared-shapes.ts";
import type { Output } from "./output.ts";
import type { WriteObject } from "./shape-writers.ts";
import * as tag from "../tags.ts";

/** Objects with more keys than this are dictionaries. */
export const MAX_SHAPE_KEYS = 64;
/** So are objects with a key longer than this, or outside Latin-1. */
const MAX_SHAPE_KEY_LENGTH = 64;
/** Bytes before the keys of a block: u16 block length, u16 number of keys, u32 hash. */
export const BLOCK_HEADER = 8;

/** A key list gets its block when it is met this often: many objects with keys of their own never come back. */
const SIGHTINGS = 2;
/** Most ways on from one step: beyond it, keys are data. */
const MAX_FANOUT = 256;
/** Most steps in the tree. */
const MAX_STEPS = 16_384;
/** After this many objects that found the tree full, it is grown anew: the program has moved on. */
const MAX_MISSES = 10_000;

/**
 * From so many objects on a shape comes often. Code made from text writes objects of 20 fields in three quarters of the time, but costs
 * 100 µs once; and so many that are to come need no keys if all threads know these.
 */
export const OFTEN = 100;

/** A list of keys that several objects had. */
export class Shape {
  readonly keys: readonly string[];
  /** What a message says to introduce it, as 32-bit words. */
  readonly block: Int32Array;
  /** The message that introduced it last, and as which number. */
  message = 0;
  index = 0;
  /** How many plain objects were written by it, up to {@link OFTEN}. */
  uses = 0;
  /** Its number, or that it has none, in the heap that it was last asked for. */
  number: number = NO_NUMBER;
  shared: SharedShapes | undefined = undefined;
  /** Writes plain objects of it, once it comes often. */
  write: WriteObject | undefined = undefined;

  constructor(keys: readonly string[]) {
    this.keys = keys;
    this.block = makeBlock(keys);
  }
}

/** A getter changed what was being written, by its shape or as a list of numbers. Without those that does no harm. */
export class KeysChanged extends Error {}

/** No list has it. That every key is a string spares V8 a call for each comparison. */
const NO_KEY = "__proto__";

/** A key list as far as one key. */
class Step {
  readonly parent: Step | undefined;
  /** The last key of the list so far. */
  readonly lastKey: string;
  readonly length: number;
  /** The key that was first seen to follow, and where it leads. */
  key: string = NO_KEY;
  next: Step | undefined = undefined;
  /** The other keys that follow. */
  others: Map<string, Step> | undefined = undefined;
  shape: Shape | undefined = undefined;
  sightings = 0;

  constructor(parent: Step | undefined, lastKey: string) {
    this.parent = parent;
    this.lastKey = lastKey;
    this.length = parent === undefined ? 0 : parent.length + 1;
  }
}

function keysOf(step: Step): string[] {
  const keys: string[] = [];
  for (let at = step; at.parent !== undefined; at = at.parent) keys.push(at.lastKey);
  return keys.toReversed();
}

let root = new Step(undefined, "");
let steps = 0;
let misses = 0;

/**
 * Gives the shape of an object without inherited enumerable properties.
 *
 * @returns Nothing when the keys are to be written out: seen for the first time, too many, too long, too various.
 */
export function shapeOf(object: object): Shape | undefined {
  let step = root;
  for (const key in object) {
    const next = step.key === key ? step.next : otherStep(step, key);
    if (next === undefined) return undefined;
    step = next;
  }
  return step.shape ?? firstSightings(step);
}

/** Gives the shape that has these keys, as {@link shapeOf} does. */
export function shapeOfKeys(keys: readonly string[]): Shape | undefined {
  let step = root;
  for (const key of keys) {
    const next = step.key === key ? step.next : otherStep(step, key);
    if (next === undefined) return undefined;
    step = next;
  }
  return step.shape ?? firstSightings(step);
}

function otherStep(step: Step, key: string): Step | undefined {
  const known = step.others?.get(key);
  if (known !== undefined) return known;
  if (step.length === MAX_SHAPE_KEYS || !canBeInBlock(key)) return undefined;
  if (steps === MAX_STEPS || (step.others?.size ?? 0) === MAX_FANOUT) return missed();
  steps++;
  const next = new Step(step, key);
  if (step.next === undefined) {
    step.key = key;
    step.next = next;
  } else {
    (step.others ??= new Map()).set(key, next);
  }
  return next;
}

function missed(): undefined {
  if (++misses < MAX_MISSES) return;
  misses = 0;
  steps = 0;
  root = new Step(undefined, "");
}

/** `__proto__` would be no key but the prototype where objects are made from source text. */
function canBeInBlock(key: string): boolean {
  return key.length <= MAX_SHAPE_KEY_LENGTH && !/[^\0-\xff]/.test(key) && key !== NO_KEY;
}

function firstSightings(step: Step): Shape | undefined {
  if (step === root) return undefined;
  if (++step.sightings < SIGHTINGS) return undefined;
  return (step.shape = new Shape(keysOf(step)));
}

function makeBlock(keys: readonly string[]): Int32Array {
  const text = keys.map((key) => String.fromCharCode(key.length) + key).join("");
  const length = BLOCK_HEADER + Math.ceil(text.length / 4) * 4;
  const bytes = Buffer.alloc(length);
  bytes.writeUInt16LE(length, 0);
  bytes.writeUInt16LE(keys.length, 2);
  bytes.write(text, BLOCK_HEADER, "latin1");
  const words = new Int32Array(length / 4);
  for (let i = 0; i < words.length; i++) words[i] = bytes.readInt32LE(i * 4);
  words[1] = hashOf(words);
  return words;
}

/** FNV-1a over words. It only spreads blocks over the decoder's cache; whole blocks are compared there. */
function hashOf(words: Int32Array): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < words.length; i++) {
    hash = Math.imul(hash ^ words[i]!, 0x01000193);
    hash ^= hash >>> 15;
  }
  return hash;
}

/** Messages ever begun in this thread: tells which one introduced a shape last. */
let messages = 0;

/** The shapes that one message has introduced, by number. */
export class MessageShapes {
  #message = 0;
  readonly #shapes: Shape[] = [];
  /** Those that whoever reads the messages knows. */
  readonly shared: SharedShapes | undefined;

  constructor(shared: SharedShapes | undefined) {
    this.shared = shared;
  }

  get count(): number {
    return this.#shapes.length;
  }

  begin(): void {
    this.#message = ++messages;
    // Setting a length costs 25 ns even when it changes nothing.
    if (this.#shapes.length > 0) this.#shapes.length = 0;
  }

  /** Forgets all but the first `count`. */
  rewind(count: number): void {
    while (this.#shapes.length > count) this.#shapes.pop()!.message = 0;
  }

  /** Says which keys follow: by number, or the first time by name. */
  write(output: Output, shape: Shape, at: number): number {
    const { shared } = this;
    if (shared !== undefined && shape.uses >= OFTEN) {
      if (shape.shared !== shared) askForNumber(shape, shared);
      if (shape.number !== NO_NUMBER) return writeNumber(output, tag.SHARED_SHAPE, shape.number, at);
    }
    return shape.message === this.#message
      ? writeAgain(output, shape.index, at)
      : this.#introduce(output, shape, at);
  }

  #introduce(output: Output, shape: Shape, at: number): number {
    const { block } = shape;
    const size = 1 + block.length * 4;
    if (at + size > output.end) at = output.room(at, size);
    const { view } = output;
    output.bytes[at] = tag.NEW_SHAPE;
    for (let i = 0, to = at + 1; i < block.length; i++, to += 4) view.setInt32(to, block[i]!, true);
    if (this.#shapes.length < tag.MAX_SHAPES) {
      shape.message = this.#message;
      shape.index = this.#shapes.length;
      this.#shapes.push(shape);
    }
    return at + size;
  }
}

function writeAgain(output: Output, index: number, at: number): number {
  return index < tag.SHAPE_AGAIN_END
    ? output.byte(tag.SHAPE_AGAIN + index, at)
    : writeNumber(output, tag.SHAPE_BY_INDEX, index, at);
}

function writeNumber(output: Output, head: number, number: number, at: number): number {
  if (at + 3 > output.end) at = output.room(at, 3);
  output.bytes[at] = head;
  output.view.setUint16(at + 1, number, true);
  return at + 3;
}

/** A shape that goes by turns into two heaps asks each time: that costs no more than to spell it out. */
function askForNumber(shape: Shape, shared: SharedShapes): void {
  shape.number = shared.publish(shape.block);
  shape.shared = shared;
}
