/**
 * Writes and reads buffers and the views on them.
 *
 * A view is written as a window on its buffer, and the buffer as an object of its own, so that views which share one
 * share it on the other side. A Buffer that is a small part of its memory (most are: Node cuts them from a pool)
 * brings only its own bytes.
 *
 * @packageDocumentation
 */
import { types } from "node:util";
import type { Serializer } from "node:v8";
import { orCorrupt } from "./builtins.ts";
import { CorruptMessageError } from "../errors.ts";
import type { Reader } from "../read/reader.ts";
import * as tag from "../tags.ts";
import { isMarked } from "./marks.ts";
import type { Writer } from "../write/writer.ts";

type ViewClass = new (buffer: ArrayBufferLike, offset: number, length?: number) => ArrayBufferView;

/** The classes of views by their number in a message. New ones go to the end. */
const VIEWS: readonly ViewClass[] = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
  Float16Array,
];
const VIEW_NUMBERS = new Map(VIEWS.map((view, number) => [view.name, number]));

/** Instead of a length: as much as there is in the buffer, whatever it will be. */
const LENGTH_TRACKING = 0xffffffff;
/** Longest that a u32 can say. */
const MAX_BYTES = 0xfffffffe;
/** A mask too: places are alike modulo 8. */
const MAX_SKIP = 7;

/**
 * Into shared memory V8 copies a megabyte in 125 µs, and in 870 where the two sides are aligned differently; Node in 46. But Node
 * leaves it to V8 where an array is copied whole, so all but its last byte is.
 */
const { copy } = Buffer.prototype;
/** The call takes longer than copying fewer bytes does. */
const NATIVE_FROM = 64;

const TYPED_ARRAY_PROTOTYPE = Object.getPrototypeOf(Uint8Array.prototype) as object;

/** The prototypes of all views that have their own number. */
export const VIEW_PROTOTYPES: readonly object[] = VIEWS.map((view) => view.prototype as object);

export function writeArrayBuffer(writer: Writer, value: object, at: number): number {
  if (!types.isArrayBuffer(value)) throw writer.impostor("ArrayBuffer");
  refuseMoved(writer, value);
  if (isMarked(value)) {
    if (!writer.isAlone) return writer.moved(value, at);
    writer.transferList.push(value);
  }
  refuseTooLong(writer, value.maxByteLength);
  const bytes = new Uint8Array(value);
  if (!value.resizable) {
    const { byteLength } = bytes;
    if (byteLength >= writer.copiesAsideFrom && writer.goesAside(byteLength))
      return writer.sideItem(copyOf(bytes), true, at);
    return writeBytes(writer, tag.ARRAY_BUFFER, bytes, at);
  }
  at = writer.word(tag.RESIZABLE_BUFFER, value.maxByteLength, at);
  return writeBytes(writer, tag.ARRAY_BUFFER, bytes, at);
}

/** A copy to be moved. Its memory is not cleared first, as every byte is written. */
function copyOf(bytes: Uint8Array): ArrayBuffer {
  const copy = Buffer.allocUnsafeSlow(bytes.byteLength);
  copy.set(bytes);
  return copy.buffer;
}

/** A head with a u32 length, a u8 number of bytes to skip, those bytes, the bytes. There is no need to skip any since Node copies. */
function writeBytes(writer: Writer, head: number, bytes: Uint8Array, at: number): number {
  const { byteLength } = bytes;
  at = writer.word(head, byteLength, writer.room(at, 6 + byteLength));
  writer.bytes[at++] = 0;
  if (byteLength < NATIVE_FROM) writer.bytes.set(bytes, at);
  else {
    const last = byteLength - 1;
    copy.call(bytes, writer.buffer, at, 0, last);
    writer.bytes[at + last] = bytes[last]!;
  }
  return at + byteLength;
}

/** Goes past a length and what is to be skipped. Gives where the bytes begin, and how many there are. */
function takeBytes(reader: Reader): [at: number, byteLength: number] {
  const byteLength = reader.count(1);
  const skip = reader.byte();
  if (skip > MAX_SKIP) throw new CorruptMessageError("bytes are not where they should be");
  return [reader.take(skip + byteLength) + skip, byteLength];
}

function refuseMoved(writer: Writer, buffer: ArrayBufferLike): void {
  if (types.isArrayBuffer(buffer) && buffer.detached) {
    throw writer.refusal("its bytes were moved elsewhere", "send it before they are moved");
  }
}

function refuseTooLong(writer: Writer, byteLength: number): void {
  if (byteLength > MAX_BYTES)
    throw writer.refusal("it is longer than 4 GiB", "share it, move it by transfer(), or send it in parts");
}

export function readArrayBuffer(reader: Reader): ArrayBuffer {
  const [at, byteLength] = takeBytes(reader);
  // Memory that is not cleared first, as every byte is written: for a megabyte that is half the cost.
  const copy = Buffer.allocUnsafeSlow(byteLength);
  reader.buffer.copy(copy, 0, at, at + byteLength);
  return reader.remember(copy.buffer);
}

export function readResizableBuffer(reader: Reader): ArrayBuffer {
  const maxByteLength = reader.word();
  if (reader.byte() !== tag.ARRAY_BUFFER) throw new CorruptMessageError("a resizable buffer has no bytes");
  const [at, byteLength] = takeBytes(reader);
  const buffer = orCorrupt("a buffer", () => new ArrayBuffer(byteLength, { maxByteLength }));
  reader.buffer.copy(new Uint8Array(buffer), 0, at, at + byteLength);
  return reader.remember(buffer);
}

export function writeView(writer: Writer, value: object, at: number): number {
  if (!ArrayBuffer.isView(value)) throw writer.impostor("view on a buffer");
  const name = types.isDataView(value)
    ? "DataView"
    : (Reflect.get(TYPED_ARRAY_PROTOTYPE, Symbol.toStringTag, value) as string);
  const number = VIEW_NUMBERS.get(name);
  if (number === undefined)
    throw writer.refusal(`it is a ${name}, which this release of Heddle does not know`, "send its buffer");
  at = writer.room(at, 10);
  writer.bytes[at] = tag.VIEW;
  writer.bytes[at + 1] = number;
  return writeWindow(writer, value, at + 2);
}

/** Offset, length, buffer. */
function writeWindow(writer: Writer, value: ArrayBufferView, at: number): number {
  const { buffer } = value;
  refuseMoved(writer, buffer);
  refuseTooLong(writer, buffer.byteLength);
  const isTracking = tracksLength(writer, value);
  const length = types.isDataView(value) ? value.byteLength : (value as Uint8Array).length;
  writer.view.setUint32(at, value.byteOffset, true);
  writer.view.setUint32(at + 4, isTracking ? LENGTH_TRACKING : length, true);
  const depth = writer.enter(value);
  writer.trail.entries[depth] = "buffer";
  at = writer.object(buffer, at + 8);
  writer.trail.depth = depth;
  return at;
}

/** Whether a view has no length of its own. No property says so; the flags at the end of what V8 makes of it do. */
function tracksLength(writer: Writer, view: ArrayBufferView): boolean {
  const { buffer } = view;
  if (!(types.isArrayBuffer(buffer) ? buffer.resizable : buffer.growable)) return false;
  const probe = new (Probe ??= makeProbe())();
  try {
    probe.writeValue(view);
  } catch {
    throw writer.refusal("it is a view on bytes that its buffer no longer has", "make a new view");
  }
  return (probe.releaseBuffer().at(-1)! & V8_TRACKS_LENGTH) !== 0;
}

const V8_TRACKS_LENGTH = 1;

let Probe: typeof Serializer | undefined;

/** V8's own serializer, content with shared memory. It is loaded for the few views that may be such. */
function makeProbe(): typeof Serializer {
  const v8 = process.getBuiltinModule("node:v8");
  return class extends v8.Serializer {
    _getSharedArrayBufferId(): number {
      return 0;
    }
  };
}

export function readView(reader: Reader): object {
  const view = VIEWS[reader.byte()];
  if (view === undefined) throw new CorruptMessageError("it holds a view of no known class");
  return readWindow(reader, (buffer, offset, length) => new view(buffer, offset, length));
}

type MakeView = (buffer: ArrayBufferLike, offset: number, length: number | undefined) => ArrayBufferView;

function readWindow(reader: Reader, make: MakeView): ArrayBufferView {
  const offset = reader.word();
  const length = reader.word();
  const number = reader.reserve();
  const buffer = reader.part();
  if (!types.isAnyArrayBuffer(buffer)) throw new CorruptMessageError("a view has no buffer");
  const ownLength = length === LENGTH_TRACKING ? undefined : length;
  return reader.fulfil(
    number,
    orCorrupt("a view", () => make(buffer, offset, ownLength)),
  );
}

/** A Buffer that is all of its memory is a view like others; one that is a part of it stands for itself. */
export function writeBuffer(writer: Writer, value: object, at: number): number {
  if (!types.isUint8Array(value)) throw writer.impostor("Buffer");
  const { buffer, byteLength } = value;
  if (byteLength === buffer.byteLength || types.isSharedArrayBuffer(buffer) || isMarked(buffer)) {
    at = writer.room(at, 9);
    writer.bytes[at] = tag.BUFFER;
    return writeWindow(writer, value, at + 1);
  }
  return writeBytes(writer, tag.BUFFER_PART, value, at);
}

export function readBuffer(reader: Reader): object {
  return readWindow(reader, (buffer, offset, length) => Buffer.from(buffer, offset, length));
}

export function readBufferPart(reader: Reader): Buffer {
  const [at, byteLength] = takeBytes(reader);
  const buffer = Buffer.allocUnsafe(byteLength);
  reader.buffer.copy(buffer, 0, at, at + byteLength);
  return reader.remember(buffer);
}
