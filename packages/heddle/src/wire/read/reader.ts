/**
 * Reads values from bytes, trusting none of them.
 *
 * @packageDocumentation
 */
import { CorruptMessageError } from "../errors.ts";
import type { WireHooks } from "../hooks.ts";
import { readOther } from "../kinds/others-read.ts";
import { shapeAt, type KnownShape } from "./known-shapes.ts";
import type { Unpack } from "../packet.ts";
import * as tag from "../tags.ts";
import { TextWindow } from "./text-window.ts";
import { MAX_DEPTH } from "../write/trail.ts";
import { type RawBuffer, TEXT_LENGTH_BYTES } from "../write/output.ts";

export class Reader {
  readonly hooks: WireHooks;
  readonly unpack: Unpack;
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  buffer: RawBuffer = Buffer.alloc(0) as RawBuffer;
  /** Where the next value is. */
  at = 0;
  end = 0;
  sideItems: readonly unknown[] = [];
  /** What a hook threw last. */
  foreignError: unknown = undefined;
  /** The message refers back: objects are numbered as they come. */
  isNumbered = false;
  /** The strings that come next. */
  readonly text: TextWindow = new TextWindow();
  #objects: (object | undefined)[] = [];
  readonly #postponed: object[] = [];
  /** The container that the next object is to be read into, instead of a new one. */
  #empty: object | undefined = undefined;
  #shapes: KnownShape[] = [];
  /** Those that all threads of the heap know, by number. */
  readonly #shared: (KnownShape | undefined)[] = [];
  /** How many containers it is in. */
  depth = 0;
  readonly #afterwards: (() => void)[] = [];

  constructor(hooks: WireHooks, unpack: Unpack) {
    this.hooks = hooks;
    this.unpack = unpack;
  }

  begin(bytes: Uint8Array, start: number, end: number, sideItems: readonly unknown[]): void {
    this.at = start;
    this.end = Math.min(end, bytes.length);
    this.sideItems = sideItems;
    this.depth = 0;
    this.text.clear();
    if (bytes === this.bytes) return;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) as RawBuffer;
  }

  /** The message ends with its text: takes that off its end. */
  beginText(isWide: boolean): void {
    const end = this.end - TEXT_LENGTH_BYTES;
    if (end < this.at) throw this.truncated();
    const length = this.view.getUint32(end, true);
    const start = end - (isWide ? 2 * length : length);
    if (start < this.at) throw this.truncated();
    this.text.begin(this.bytes, this.buffer, start, length, isWide);
    this.end = start;
  }

  /** Whether there is text that no string has taken. */
  get hasTextLeft(): boolean {
    return this.text.left > 0;
  }

  /** Ends a message, read to its end or not: lets go of every object. */
  finish(isRead: boolean): void {
    if (this.#afterwards.length > 0) {
      const all = this.#afterwards.splice(0);
      if (isRead) for (const afterwards of all) afterwards();
    }
    if (this.isNumbered) this.#objects = [];
    if (this.#shapes.length > 0) this.#shapes.length = 0;
    if (this.#postponed.length > 0) this.#postponed.length = 0;
    this.#empty = undefined;
    this.sideItems = NONE;
    this.foreignError = undefined;
  }

  /** Moves on by `size` bytes. Gives where they begin. */
  take(size: number): number {
    const { at } = this;
    if (at + size > this.end) throw this.truncated();
    this.at = at + size;
    return at;
  }

  truncated(): CorruptMessageError {
    return new CorruptMessageError("it ends in the middle of a value");
  }

  byte(): number {
    return this.bytes[this.take(1)]!;
  }

  word(): number {
    return this.view.getUint32(this.take(4), true);
  }

  /** A number of things that take `size` bytes each at least. Checked before room is made for them. */
  count(size: number): number {
    const count = this.word();
    if (count * size > this.end - this.at) throw this.truncated();
    return count;
  }

  /** Gives an object the next number, if this message has any use for it. Every object, before what is in it is read. */
  remember<T extends object>(object: T): T {
    return this.isNumbered ? this.#number(object) : object;
  }

  #number<T extends object>(object: T): T {
    const empty = this.#empty;
    if (empty === undefined) {
      this.#objects.push(object);
      return object;
    }
    this.#empty = undefined;
    return empty as T;
  }

  /** A container that is empty for now. */
  postponed(): object {
    const empty = this.part();
    if (typeof empty !== "object" || empty === null)
      throw new CorruptMessageError("what is put off is no container");
    this.#postponed.push(empty);
    return empty;
  }

  /** Reads the contents of all that were put off, each into the container that is there already. */
  fillPostponed(): void {
    for (const empty of this.#postponed) {
      this.#empty = empty;
      this.depth = 0;
      if (this.value() !== empty)
        throw new CorruptMessageError("what is put off is another kind of container");
    }
  }

  /** Takes the next number, for an object that can only be made after its parts. */
  reserve(): number {
    if (!this.isNumbered) return -1;
    return this.#objects.push(undefined) - 1;
  }

  /** Makes an object the one with a reserved number. */
  fulfil<T extends object>(number: number, object: T): T {
    if (number >= 0) this.#objects[number] = object;
    return object;
  }

  value(): unknown {
    const { at } = this;
    if (at >= this.end) throw this.truncated();
    const head = this.bytes[at]!;
    this.at = at + 1;
    return this.tagged(head);
  }

  /** The value whose first byte was read. */
  tagged(head: number): unknown {
    if (head < tag.SMALL_INT_END) return head - tag.SMALL_INT_BIAS;
    if (head < tag.SHORT_ARRAY) return this.text.take(head - tag.SHORT_STRING);
    if (head < tag.SHAPE_AGAIN) return this.array(head - tag.SHORT_ARRAY);
    if (head < tag.UNDEFINED || head === tag.SHARED_SHAPE) return this.object(head);
    if (head === tag.FLOAT64) return this.view.getFloat64(this.take(8), true);
    if (head === tag.INT32) return this.view.getInt32(this.take(4), true);
    if (head === tag.NEW_SHAPE) return this.object(head);
    if (head === tag.TRUE) return true;
    if (head === tag.FALSE) return false;
    if (head === tag.NULL) return null;
    if (head === tag.UNDEFINED) return undefined;
    if (head === tag.TEXT_STRING) return this.text.take(this.byte());
    if (head === tag.LATIN1_STRING) return this.#latin1(this.count(1));
    if (head === tag.UTF16_STRING) return this.#utf16(this.count(2));
    if (head === tag.ARRAY) return this.array(this.count(1));
    return readOther(this, head);
  }

  /** Calls back when all of the message has been read, and not if that fails. */
  onDecoded(afterwards: () => void): void {
    this.#afterwards.push(afterwards);
  }

  function(): Function {
    const address = this.word();
    const serial = this.word();
    this.hooks.onRecord?.(this.at - 8);
    return this.ask(() => this.hooks.resolveFunction(address, serial));
  }

  /** Runs what is not the wire's own: its errors say nothing of the message. */
  ask<T>(other: () => T): T {
    try {
      return other();
    } catch (error) {
      this.foreignError = error;
      throw error;
    }
  }

  sideItem(): unknown {
    const index = this.word();
    if (index >= this.sideItems.length)
      throw new CorruptMessageError("it refers to a value beside it that is not there");
    const item = this.sideItems[index];
    return typeof item === "object" && item !== null ? this.remember(item) : item;
  }

  /** A value that must be a string. Anything else is not read at all, so that it cannot nest. */
  string(): string {
    const head = this.byte();
    if (head >= tag.SHORT_STRING && head < tag.SHORT_ARRAY) return this.text.take(head - tag.SHORT_STRING);
    if (head === tag.TEXT_STRING) return this.text.take(this.byte());
    if (head === tag.LATIN1_STRING) return this.#latin1(this.count(1));
    if (head === tag.UTF16_STRING) return this.#utf16(this.count(2));
    throw new CorruptMessageError("a string is missing");
  }

  /** A value inside another. */
  part(): unknown {
    this.enter();
    const value = this.value();
    this.leave();
    return value;
  }

  #latin1(length: number): string {
    const at = this.take(length);
    return this.buffer.latin1Slice(at, at + length);
  }

  #utf16(length: number): string {
    const at = this.take(2 * length);
    return this.buffer.ucs2Slice(at, at + 2 * length);
  }

  /** Goes into a container; {@link leave} goes out. */
  enter(): void {
    if (++this.depth > MAX_DEPTH)
      throw new CorruptMessageError(`it is nested more than ${MAX_DEPTH} levels deep`);
  }

  leave(): void {
    this.depth--;
  }

  array(length: number): unknown[] {
    if (length > this.end - this.at) throw this.truncated();
    this.enter();
    const array = length > LITERAL_MAX || this.isNumbered ? this.#longArray(length) : this.#literal(length);
    this.leave();
    return array;
  }

  #longArray(length: number): unknown[] {
    const array = this.remember<unknown[]>([]);
    for (let i = 0; i < length; i++) array.push(this.value());
    return array;
  }

  /** An array made with all its elements is as large as they are; one that grows by `push` has room for 17 at once. */
  #literal(length: number): unknown[] {
    if (length === 0) return [];
    if (length === 1) return [this.value()];
    if (length === 2) return [this.value(), this.value()];
    if (length === 3) return [this.value(), this.value(), this.value()];
    if (length === 4) return [this.value(), this.value(), this.value(), this.value()];
    if (length === 5) return [this.value(), this.value(), this.value(), this.value(), this.value()];
    return [this.value(), this.value(), this.value(), this.value(), this.value(), this.value()];
  }

  #learnShape(): KnownShape {
    const shape = shapeAt(this);
    if (this.#shapes.length < tag.MAX_SHAPES) this.#shapes.push(shape);
    return shape;
  }

  /** An object that is written by its shape. */
  object(head: number): object {
    const shape = this.#shapeOf(head);
    const { read } = shape;
    if (read === undefined || this.isNumbered || this.depth === MAX_DEPTH) return this.#objectByKeys(shape);
    this.depth++;
    const object = read(this);
    this.depth--;
    return object;
  }

  #objectByKeys(shape: KnownShape): object {
    shape.count();
    const object = this.remember<Record<string, unknown>>({});
    this.enter();
    for (const key of shape.keys) assign(object, key, this.value());
    this.leave();
    return object;
  }

  /** Reads what the writer's `ownFields` wrote, into an object whose prototype may have properties of such names. */
  ownFields(object: object): void {
    const head = this.byte();
    if (head === tag.DICTIONARY) return this.fields(object);
    const shape = this.#shapeOf(head);
    this.enter();
    for (const key of shape.keys) {
      if (key in object) defineField(object, key, this.value());
      else (object as Record<string, unknown>)[key] = this.value();
    }
    this.leave();
  }

  #shapeOf(head: number): KnownShape {
    let shape: KnownShape | undefined;
    if (head === tag.SHARED_SHAPE) return this.#sharedShape(this.view.getUint16(this.take(2), true));
    if (head === tag.NEW_SHAPE) shape = this.#learnShape();
    else if (head === tag.SHAPE_BY_INDEX) shape = this.#shapes[this.view.getUint16(this.take(2), true)];
    else if (head >= tag.SHAPE_AGAIN && head < tag.UNDEFINED) shape = this.#shapes[head - tag.SHAPE_AGAIN];
    if (shape === undefined) throw new CorruptMessageError("it names a shape that it did not introduce");
    return shape;
  }

  #sharedShape(number: number): KnownShape {
    const known = this.#shared[number];
    if (known !== undefined) return known;
    const { shapes } = this.hooks;
    const block = shapes?.find(number) ?? 0;
    if (block === 0) throw new CorruptMessageError("it names a shape that nobody knows");
    const { bytes, start, end } = shapes!.regionAt(block);
    const reader = new Reader(this.hooks, this.unpack);
    reader.begin(bytes, start, end, NONE);
    return (this.#shared[number] = shapeAt(reader));
  }

  /** Goes past the end mark, if that is what comes next. */
  skipEnd(): boolean {
    if (this.bytes[this.at] !== tag.END || this.at >= this.end) return false;
    this.at++;
    return true;
  }

  /** Reads pairs of key and value up to the end mark, into an object that has no prototype, or the usual one. */
  plainFields(object: object): void {
    this.enter();
    while (!this.skipEnd()) assign(object, this.string(), this.value());
    this.leave();
  }

  /** Reads pairs of key and value up to the end mark, as own fields whatever the prototype says of such names. */
  fields(object: object): void {
    this.enter();
    while (!this.skipEnd()) defineField(object, this.string(), this.value());
    this.leave();
  }

  reference(): object {
    const object = this.#objects[this.word()];
    if (object === undefined) throw new CorruptMessageError("it refers to an object that it does not hold");
    return object;
  }
}

const NONE: readonly unknown[] = [];

/** Arrays up to this length are made with their elements in place. */
const LITERAL_MAX = 6;

function assign(object: object, key: string, value: unknown): void {
  if (key === "__proto__") return defineField(object, key, value);
  try {
    (object as Record<string, unknown>)[key] = value;
  } catch {
    // A frozen `Object.prototype` lets no assignment shadow what it has.
    defineField(object, key, value);
  }
}

/** Makes an own field, past any setter or read-only property of that name on the prototype. */
function defineField(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}
