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
import { orCorrupt } from "./builtins.ts";
import { CorruptMessageError } from "./errors.ts";
import type { Reader } from "./reader.ts";
import * as tag from "./tags.ts";
import { isMarked } from "./transfer.ts";
import type { Writer } from "./writer.ts";

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
  ...("Float16Array" in globalThis ? [Reflect.get(globalThis, "Float16Array") as ViewClass] : []),
];
const VIEW_NUMBERS = new Map(VIEWS.map((view, number) => [view.name, number]));

/** Instead of a length: as much as there is in the buffer, whatever it will be. */
const LENGTH_TRACKING = 0xffffffff;
/** Longest that a u32 can say. */
const MAX_BYTES = 0xfffffffe;

const nameOfTypedArray = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)!.get as () => string | undefined;

/** The prototypes of all views that have their own number. */
export const VIEW_PROTOTYPES: readonly object[] = VIEWS.map((view) => view.prototype as object);

export function writeArrayBuffer(writer: Writer, value: object, at: number): number {
  if (!types.isArrayBuffer(value)) throw writer.impostor("ArrayBuffer");
  refuseMoved(writer, value);
  if (isMarked(value)) return writer.sideItem(value, true, at);
  const { byteLength } = value;
  refuseTooLong(writer, value.maxByteLength);
  if (value.resizable) {
    at = writer.word(tag.RESIZABLE_BUFFER, byteLength, writer.room(at, 9 + byteLength));
    writer.view.setUint32(at, value.maxByteLength, true);
    at += 4;
  } else {
    at = writer.word(tag.ARRAY_BUFFER, byteLength, writer.room(at, 5 + byteLength));
  }
  writer.bytes.set(new Uint8Array(value), at);
  return at + byteLength;
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
  const length = reader.count(1);
  return reader.remember(copyOut(reader, length).buffer as ArrayBuffer);
}

/** Memory that is not cleared first, as every byte is written: for a megabyte that is half the cost. */
function copyOut(reader: Reader, length: number): Uint8Array {
  const at = reader.take(length);
  const copy = Buffer.allocUnsafeSlow(length);
  copy.set(reader.bytes.subarray(at, at + length));
  return copy;
}

export function readResizableBuffer(reader: Reader): ArrayBuffer {
  const length = reader.word();
  const maxByteLength = reader.word();
  const at = reader.take(length);
  const buffer = reader.remember(orCorrupt("a buffer", () => new ArrayBuffer(length, { maxByteLength })));
  new Uint8Array(buffer).set(reader.bytes.subarray(at, at + length));
  return buffer;
}

export function writeView(writer: Writer, value: object, at: number): number {
  if (!ArrayBuffer.isView(value)) throw writer.impostor("view on a buffer");
  const { buffer } = value;
  // What tracks a growing shared buffer can be told from what does not by growing it only.
  if (isGrowable(buffer)) return writer.sideItem(value, false, at);
  const name = types.isDataView(value) ? "DataView" : nameOfTypedArray.call(value);
  const number = VIEW_NUMBERS.get(name!);
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

function isGrowable(buffer: ArrayBufferLike): boolean {
  return types.isSharedArrayBuffer(buffer) && buffer.growable;
}

/** Whether a view has no length of its own. Nothing says so; it shows when the buffer, here a copy, changes its size. */
function tracksLength(writer: Writer, view: ArrayBufferView): boolean {
  const { buffer } = view;
  if (!types.isArrayBuffer(buffer) || !buffer.resizable) return false;
  let probe: ArrayBufferView;
  try {
    probe = structuredClone(view);
  } catch {
    throw writer.refusal("it is a view on bytes that its buffer no longer has", "make a new view");
  }
  const copy = probe.buffer as ArrayBuffer;
  const [offset, length] = extent(probe);
  copy.resize(copy.maxByteLength);
  if (extent(probe)[1] !== length) return true;
  copy.resize(Math.max(0, offset + length - 1));
  const [newOffset, newLength] = extent(probe);
  return newLength > 0 || (offset > 0 && newOffset === offset);
}

/** Offset and length in bytes; of a view that lies outside its buffer, nothing. */
function extent(view: ArrayBufferView): [offset: number, length: number] {
  try {
    return [view.byteOffset, view.byteLength];
  } catch {
    return [0, 0];
  }
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
  reader.enter();
  const buffer = reader.value();
  reader.leave();
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
  at = writer.word(tag.BUFFER_PART, byteLength, writer.room(at, 5 + byteLength));
  writer.bytes.set(value, at);
  return at + byteLength;
}

export function readBuffer(reader: Reader): object {
  return readWindow(reader, (buffer, offset, length) => Buffer.from(buffer, offset, length));
}

export function readBufferPart(reader: Reader): Buffer {
  const length = reader.count(1);
  const at = reader.take(length);
  const buffer = Buffer.allocUnsafe(length);
  buffer.set(reader.bytes.subarray(at, at + length));
  return reader.remember(buffer);
}
