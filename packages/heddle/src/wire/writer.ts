/**
 * Writes values as bytes. The commonest kinds are here; the others are reached through one look at the prototype.
 *
 * Every method takes the place to write at and gives the place after: an index into {@link Writer.bytes}, valid until
 * the region grows. What must outlive that is kept relative to {@link Writer.start}.
 *
 * @packageDocumentation
 */
import { types } from "node:util";
import type { Transferable } from "node:worker_threads";
import { writeArray } from "./arrays.ts";
import { WireError } from "./errors.ts";
import type { FunctionRecord, Grow, Region, WireHooks } from "./hooks.ts";
import { Identities } from "./identities.ts";
import { writeOther } from "./others.ts";
import { KeysChanged, shapeOf, shapeOfKeys, type Shape } from "./shapes.ts";
import * as tag from "./tags.ts";
import type { Pack } from "./packet.ts";
import { MAX_DEPTH, Trail } from "./trail.ts";
import { unmark } from "./transfer.ts";

const { isProxy } = types;
const { getPrototypeOf, hasOwn } = Object;
const OBJECT_PROTOTYPE = Object.prototype;
const ARRAY_PROTOTYPE = Array.prototype;

/** A character beyond Latin-1. On a string that V8 holds in single bytes this is answered without a look at them. */
const BEYOND_LATIN1 = /[^\0-\xff]/;
/** Up to this length a loop over the characters beats a call into Node (1.3 ns a character against 31 ns). */
const LOOP_STRING_MAX = 20;

/** A Buffer's writers without argument checks; Node has them, its types do not. */
export interface RawBuffer extends Buffer {
  latin1Write(text: string, offset: number, length: number): number;
  ucs2Write(text: string, offset: number, length: number): number;
  latin1Slice(start: number, end: number): string;
  ucs2Slice(start: number, end: number): string;
}

/** Where a writer stood, to go back to. */
export interface Mark {
  readonly used: number;
  readonly objects: number;
  readonly shapes: number;
  readonly sideItems: number;
  readonly transfers: number;
  readonly settlers: number;
  readonly depth: number;
}

/** Messages ever begun in this thread: tells which one introduced a shape last. */
let messages = 0;

export class Writer {
  readonly hooks: WireHooks;
  readonly pack: Pack;
  readonly #grow: Grow;
  region: Region;
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  /** The same bytes once more, as a Buffer for the sake of its string writers. */
  buffer: RawBuffer = Buffer.alloc(0) as RawBuffer;
  start = 0;
  end = 0;
  /** The grower failed: this message cannot go on, whatever else is tried. */
  isOutOfRoom = false;

  readonly identities: Identities = new Identities();
  readonly trail: Trail = new Trail();
  /** Some object was met twice. */
  hasReferences = false;
  readonly sideItems: unknown[] = [];
  readonly transferList: Transferable[] = [];

  #message = 0;
  readonly #shapes: Shape[] = [];
  readonly #settlers: ((isSent: boolean) => void)[] = [];
  /** The last function that was published in this message. */
  #function: Function | undefined = undefined;
  #record: FunctionRecord | undefined = undefined;
  /** Every object says its own keys, no shapes are used. */
  #spellsOut = false;

  constructor(hooks: WireHooks, grow: Grow, pack: Pack) {
    this.hooks = hooks;
    this.pack = pack;
    this.#grow = grow;
    this.region = { bytes: this.bytes, start: 0, end: 0 };
  }

  /**
   * Begins a message. Gives the place for its first value.
   *
   * @param spellsOut - Use no shapes. So it is in any case where somebody gave all objects an enumerable property: own
   * keys must be told from inherited ones then.
   */
  begin(region: Region, path: string, spellsOut: boolean): number {
    this.#use(region);
    this.trail.root = path;
    this.hasReferences = false;
    this.isOutOfRoom = false;
    this.#drop(0, 0);
    this.#message = ++messages;
    this.#spellsOut = spellsOut;
    for (const _ in OBJECT_PROTOTYPE) this.#spellsOut = true;
    return this.room(this.start, tag.HEADER_BYTES) + tag.HEADER_BYTES;
  }

  /** Ends a message, written to its end or not: uses up the marks of what is moved, lets go of every object. */
  finish(isSent: boolean): void {
    if (isSent) for (const moved of this.transferList) unmark(moved);
    else this.#drop(0, 0);
    if (this.#settlers.length > 0) this.#settle(0, isSent);
    if (this.identities.count > 0) this.identities.rewind(0);
    this.trail.clear();
    // Setting a length costs 25 ns even when it changes nothing.
    if (this.#shapes.length > 0) this.#shapes.length = 0;
    this.#function = undefined;
    this.#record = undefined;
  }

  mark(at: number): Mark {
    return {
      used: at - this.start,
      objects: this.identities.count,
      shapes: this.#shapes.length,
      sideItems: this.sideItems.length,
      transfers: this.transferList.length,
      settlers: this.#settlers.length,
      depth: this.trail.depth,
    };
  }

  /** Undoes what was written since `mark`. Gives the place to write at. */
  rewind(mark: Mark): number {
    this.identities.rewind(mark.objects);
    while (this.#shapes.length > mark.shapes) this.#shapes.pop()!.message = 0;
    this.trail.depth = mark.depth;
    this.#drop(mark.sideItems, mark.transfers);
    this.#settle(mark.settlers, false);
    return this.start + mark.used;
  }

  #drop(sideItems: number, transfers: number): void {
    if (this.sideItems.length > sideItems) this.sideItems.length = sideItems;
    if (this.transferList.length > transfers) this.transferList.length = transfers;
  }

  /** Calls back when the message is complete, or this part of it given up. */
  onSettled(settler: (isSent: boolean) => void): void {
    this.#settlers.push(settler);
  }

  #settle(from: number, isSent: boolean): void {
    for (const settler of this.#settlers.splice(from)) settler(isSent);
  }

  /** Makes sure that `size` bytes fit at `at`. Gives where `at` is now. */
  room(at: number, size: number): number {
    if (at + size <= this.end) return at;
    const used = at - this.start;
    this.isOutOfRoom = true;
    this.#use(this.#grow(used, Math.max(used + size, 2 * (this.end - this.start))));
    this.isOutOfRoom = false;
    return this.start + used;
  }

  #use(region: Region): void {
    const { bytes } = region;
    this.region = region;
    this.start = region.start;
    this.end = region.end;
    if (bytes === this.bytes) return;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) as RawBuffer;
  }

  value(value: unknown, at: number): number {
    switch (typeof value) {
      case "number":
        return this.number(value, at);
      case "string":
        return this.string(value, at);
      case "object":
        return value === null ? this.byte(tag.NULL, at) : this.object(value, at);
      case "boolean":
        return this.byte(value ? tag.TRUE : tag.FALSE, at);
      case "undefined":
        return this.byte(tag.UNDEFINED, at);
      default:
        return writeOther(this, value, at);
    }
  }

  byte(byte: number, at: number): number {
    if (at >= this.end) at = this.room(at, 1);
    this.bytes[at] = byte;
    return at + 1;
  }

  /** A tag with a 32-bit number. */
  word(byte: number, word: number, at: number): number {
    if (at + 5 > this.end) at = this.room(at, 5);
    this.bytes[at] = byte;
    this.view.setInt32(at + 1, word, true);
    return at + 5;
  }

  number(value: number, at: number): number {
    if (at + 9 > this.end) at = this.room(at, 9);
    if ((value | 0) === value && !Object.is(value, -0)) {
      const biased = value + tag.SMALL_INT_BIAS;
      if (biased >= 0 && biased < tag.SMALL_INT_END) {
        this.bytes[at] = biased;
        return at + 1;
      }
      this.bytes[at] = tag.INT32;
      this.view.setInt32(at + 1, value, true);
      return at + 5;
    }
    this.bytes[at] = tag.FLOAT64;
    this.view.setFloat64(at + 1, value, true);
    return at + 9;
  }

  string(value: string, at: number): number {
    const { length } = value;
    if (length > LOOP_STRING_MAX) return this.#longString(value, at);
    if (at + length >= this.end) at = this.room(at, length + 1);
    const { bytes } = this;
    bytes[at] = tag.SHORT_STRING + length;
    let all = 0;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      all |= code;
      bytes[at + 1 + i] = code;
    }
    return all > 0xff ? this.#longString(value, at) : at + 1 + length;
  }

  #longString(value: string, at: number): number {
    const { length } = value;
    if (BEYOND_LATIN1.test(value)) {
      at = this.room(at, 5 + 2 * length);
      this.buffer.ucs2Write(value, at + 5, 2 * length);
      return this.word(tag.UTF16_STRING, length, at) + 2 * length;
    }
    at = this.room(at, 5 + length);
    const head =
      length <= tag.SHORT_STRING_MAX
        ? this.byte(tag.SHORT_STRING + length, at)
        : this.word(tag.LATIN1_STRING, length, at);
    this.buffer.latin1Write(value, head, length);
    return head + length;
  }

  object(value: object, at: number): number {
    const met = this.identities.meet(value);
    if (met >= 0) return this.#reference(met, at);
    if (isProxy(value))
      throw this.refusal("it is a Proxy, whose handler cannot be sent", "send the object behind it");
    const prototype = getPrototypeOf(value);
    if (prototype === OBJECT_PROTOTYPE) return this.plain(value, at);
    if (prototype === ARRAY_PROTOTYPE && Array.isArray(value)) return writeArray(this, value, at);
    return writeOther(this, value, at);
  }

  #reference(number: number, at: number): number {
    this.hasReferences = true;
    return this.word(tag.REFERENCE, number, at);
  }

  /** Goes into a container. {@link Trail.depth} goes back by one when it is left. */
  enter(container: object): number {
    const { trail } = this;
    const { depth } = trail;
    if (depth === MAX_DEPTH) {
      throw this.refusal(
        `it is nested ${MAX_DEPTH} levels deep`,
        "send it in a flatter form, such as an array",
      );
    }
    trail.containers[depth] = container;
    trail.depth = depth + 1;
    return depth;
  }

  plain(object: object, at: number): number {
    const shape = this.#spellsOut ? undefined : shapeOf(object);
    if (shape === undefined) return this.dictionary(tag.DICTIONARY, object, at);
    at = this.#introduce(shape, at);
    const depth = this.enter(object);
    const { entries } = this.trail;
    const { keys } = shape;
    let index = 0;
    for (const key in object) {
      if (keys[index] !== key) break;
      index++;
      entries[depth] = key;
      at = this.value((object as Record<string, unknown>)[key], at);
    }
    this.trail.depth = depth;
    if (index !== keys.length) throw new KeysChanged();
    return at;
  }

  /** The own enumerable fields of an object that has a prototype of its own. */
  ownFields(object: object, at: number): number {
    const keys = Object.keys(object);
    const shape = this.#spellsOut ? undefined : shapeOfKeys(keys);
    if (shape === undefined)
      return this.byte(tag.END, this.fields(object, keys, this.byte(tag.DICTIONARY, at)));
    at = this.#introduce(shape, at);
    const depth = this.enter(object);
    const { entries } = this.trail;
    for (const key of keys) {
      if (!hasOwn(object, key)) throw new KeysChanged();
      entries[depth] = key;
      at = this.value((object as Record<string, unknown>)[key], at);
    }
    this.trail.depth = depth;
    return at;
  }

  #introduce(shape: Shape, at: number): number {
    if (shape.message === this.#message) {
      const { index } = shape;
      if (index < tag.SHAPE_AGAIN_END) return this.byte(tag.SHAPE_AGAIN + index, at);
      at = this.room(at, 3);
      this.view.setUint16(at + 1, index, true);
      return this.byte(tag.SHAPE_BY_INDEX, at) + 2;
    }
    const { block } = shape;
    const size = 1 + block.length * 4;
    if (at + size > this.end) at = this.room(at, size);
    const { view } = this;
    this.bytes[at] = tag.NEW_SHAPE;
    for (let i = 0, to = at + 1; i < block.length; i++, to += 4) view.setInt32(to, block[i]!, true);
    if (this.#shapes.length < tag.MAX_SHAPES) {
      shape.message = this.#message;
      shape.index = this.#shapes.length;
      this.#shapes.push(shape);
    }
    return at + size;
  }

  dictionary(head: number, object: object, at: number): number {
    at = this.byte(head, at);
    return this.byte(tag.END, this.fields(object, Object.keys(object), at));
  }

  /** Pairs of key and value, of those `keys` that the object still has when their turn comes. */
  fields(object: object, keys: readonly string[], at: number): number {
    const depth = this.enter(object);
    const { entries } = this.trail;
    for (const key of keys) {
      if (!hasOwn(object, key)) continue;
      entries[depth] = key;
      at = this.string(key, at);
      at = this.value((object as Record<string, unknown>)[key], at);
    }
    this.trail.depth = depth;
    return at;
  }

  /** A tag with the record of a function or class. */
  function(head: number, fn: Function, at: number): number {
    return this.record(this.publish(fn), this.byte(head, at));
  }

  publish(fn: Function): FunctionRecord {
    if (fn !== this.#function) {
      this.#record = this.hooks.publishFunction(fn, this.trail.toString());
      this.#function = fn;
    }
    return this.#record!;
  }

  record(record: FunctionRecord, at: number): number {
    at = this.room(at, 8);
    this.view.setInt32(at, record.address, true);
    this.view.setInt32(at + 4, record.serial, true);
    return at + 8;
  }

  /** Leaves a value to `postMessage`, to be moved or to be copied. */
  sideItem(item: object, isMoved: boolean, at: number): number {
    const index = this.sideItems.push(item) - 1;
    if (isMoved) this.transferList.push(item as Transferable);
    return this.word(tag.SIDE_ITEM, index, at);
  }

  /** For an object whose prototype promises what it has not got. */
  impostor(kind: string): WireError {
    return this.refusal(`it has the prototype of a ${kind} but is none`, "send the data that it holds");
  }

  refusal(found: string, remedy: string): WireError {
    return new WireError(this.trail.toString(), found, remedy);
  }
}
