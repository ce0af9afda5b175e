/**
 * Writes bytes, numbers and strings into a region, and asks for a bigger one when it is full.
 *
 * Every method takes the place to write at and gives the place after: an index into {@link Output.bytes}, valid until
 * the region grows. What must outlive that is kept relative to {@link Output.start}.
 *
 * @packageDocumentation
 */
import type { Grow, Region } from "./hooks.ts";
import * as tag from "./tags.ts";

/** A character beyond Latin-1. Of a string that V8 holds in single bytes this is answered without a look at them. */
const BEYOND_LATIN1 = /[^\0-\xff]/;
/** Up to this length a loop over the characters beats a call into Node (1.3 ns a character against 31 ns). */
const LOOP_STRING_MAX = 20;

/** A Buffer's readers and writers without argument checks; Node has them, its types do not. */
export interface RawBuffer extends Buffer {
  latin1Write(text: string, offset: number, length: number): number;
  ucs2Write(text: string, offset: number, length: number): number;
  latin1Slice(start: number, end: number): string;
  ucs2Slice(start: number, end: number): string;
}

/** A region that fills. */
export class Output {
  region: Region;
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  /** The same bytes once more, as a Buffer for the sake of its string writers. */
  buffer: RawBuffer = Buffer.alloc(0) as RawBuffer;
  start = 0;
  end = 0;
  /** The grower failed: this message cannot go on, whatever else is tried. */
  isOutOfRoom = false;
  readonly #grow: Grow;

  constructor(grow: Grow) {
    this.#grow = grow;
    this.region = { bytes: this.bytes, start: 0, end: 0 };
  }

  /** Writes into this region from now on. */
  use(region: Region): void {
    const { bytes } = region;
    this.region = region;
    this.start = region.start;
    this.end = region.end;
    if (bytes === this.bytes) return;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) as RawBuffer;
  }

  /** Makes sure that `size` bytes fit at `at`. Gives where `at` is now. */
  room(at: number, size: number): number {
    if (at + size <= this.end) return at;
    const used = at - this.start;
    this.isOutOfRoom = true;
    this.use(this.#grow(used, Math.max(used + size, 2 * (this.end - this.start))));
    this.isOutOfRoom = false;
    return this.start + used;
  }

  byte(byte: number, at: number): number {
    if (at >= this.end) at = this.room(at, 1);
    this.bytes[at] = byte;
    return at + 1;
  }

  /** A tag with a 32-bit number. */
  word(head: number, word: number, at: number): number {
    if (at + 5 > this.end) at = this.room(at, 5);
    this.bytes[at] = head;
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
      at = this.word(tag.UTF16_STRING, length, this.room(at, 5 + 2 * length));
      this.buffer.ucs2Write(value, at, 2 * length);
      return at + 2 * length;
    }
    at = this.room(at, 5 + length);
    if (length <= tag.SHORT_STRING_MAX) at = this.byte(tag.SHORT_STRING + length, at);
    else at = this.word(tag.LATIN1_STRING, length, at);
    this.buffer.latin1Write(value, at, length);
    return at + length;
  }
}
