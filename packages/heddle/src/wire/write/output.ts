/**
 * Writes bytes, numbers and strings into a region, and asks for a bigger one when it is full.
 *
 * Every method takes the place to write at and gives the place after: an index into {@link Output.bytes}, valid until
 * the region grows. What must outlive that is kept relative to {@link Output.start}.
 *
 * @packageDocumentation
 */
import type { Grow, Region } from "../hooks.ts";
import * as tag from "../tags.ts";

/** A character beyond Latin-1. Of a string that V8 holds in single bytes this is answered without a look at them. */
const BEYOND_LATIN1 = /[^\0-\xff]/;
/** Up to this length a loop over the characters beats a call into Node (1.3 ns a character against 31 ns). */
const LOOP_STRING_MAX = 20;
/** What says how many characters the text has. */
export const TEXT_LENGTH_BYTES = 4;
/** Text is made flat when it has so many characters: what it was joined from is no longer held then. */
export const FLAT_FROM = 4096;

/** A Buffer's readers and writers without argument checks; Node has them, its types do not. */
export interface RawBuffer extends Buffer {
  latin1Write(text: string, offset: number, length: number): number;
  ucs2Write(text: string, offset: number, length: number): number;
  latin1Slice(start: number, end: number): string;
  ucs2Slice(start: number, end: number): string;
}

/**
 * Characters that are joined one after the other. Of an object that is as young as they are V8 takes no note when they go on: to
 * store a string that was just made in the writer, which is old, takes as long as to join two.
 */
interface Joined {
  text: string;
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
  /**
   * The short strings of the message since the last piece, joined. To join two takes V8 5 ns, however long they are, and all
   * of them are written at once: half of what it takes to write each.
   */
  joined: Joined = { text: "" };
  /** The pieces before that, each flat. */
  readonly #pieces: string[] = [];
  /** How many characters they have together. */
  #inPieces = 0;
  /** Whether a piece has characters beyond Latin-1. */
  #isWide = false;
  /** Where the message ends, once {@link finishText} was called. */
  textEnd = 0;
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
    if (length > tag.TEXT_STRING_MAX) return this.#longString(value, at);
    at = this.stringHead(length, at);
    this.addText(value);
    return at;
  }

  /** Characters of short strings. */
  addText(characters: string): void {
    const { joined } = this;
    joined.text += characters;
    if (joined.text.length > FLAT_FROM) this.endPiece();
  }

  /** What stands for a string of so many characters, which go into the text. */
  stringHead(length: number, at: number): number {
    if (at + 2 > this.end) at = this.room(at, 2);
    if (length <= tag.SHORT_STRING_MAX) this.bytes[at] = tag.SHORT_STRING + length;
    else {
      this.bytes[at++] = tag.TEXT_STRING;
      this.bytes[at] = length;
    }
    return at + 1;
  }

  /** Makes the text flat. */
  endPiece(): void {
    const { joined } = this;
    // V8 does so for whoever looks at the characters, and the string stays flat.
    if (BEYOND_LATIN1.test(joined.text)) this.#isWide = true;
    this.#pieces.push(joined.text);
    this.#inPieces += joined.text.length;
    joined.text = "";
  }

  /** How many characters of text there are. */
  get textLength(): number {
    return this.#inPieces + this.joined.text.length;
  }

  /** Forgets all text but the first so many characters. */
  rewindText(length: number): void {
    let { text } = this.joined;
    while (this.#inPieces > length) {
      text = this.#pieces.pop()!;
      this.#inPieces -= text.length;
    }
    this.joined.text = text.slice(0, length - this.#inPieces);
  }

  /** Begins another message. */
  forgetText(): void {
    this.joined = { text: "" };
    if (this.#pieces.length > 0) this.#pieces.length = 0;
    this.#inPieces = 0;
    this.#isWide = false;
  }

  /** Writes the text behind all values. Gives the flags that say so; the place after it is in {@link textEnd}. */
  finishText(at: number): number {
    const { text } = this.joined;
    if (this.#pieces.length === 0) {
      if (text === "") {
        this.textEnd = at;
        return 0;
      }
      at = this.room(at, text.length + TEXT_LENGTH_BYTES);
      if (text.length <= LOOP_STRING_MAX ? this.#shortText(text, at) : this.#onePiece(text, at))
        return tag.FLAG_TEXT;
    }
    this.endPiece();
    return this.#isWide ? this.#wideText(at) : this.#narrowText(at);
  }

  #shortText(text: string, at: number): boolean {
    const { length } = text;
    const { bytes } = this;
    let all = 0;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      all |= code;
      bytes[at + i] = code;
    }
    if (all > 0xff) return false;
    this.#endText(at + length, length);
    return true;
  }

  #onePiece(text: string, at: number): boolean {
    if (BEYOND_LATIN1.test(text)) return false;
    const { length } = text;
    this.buffer.latin1Write(text, at, length);
    this.#endText(at + length, length);
    return true;
  }

  #narrowText(at: number): number {
    const length = this.textLength;
    at = this.room(at, length + TEXT_LENGTH_BYTES);
    for (const piece of this.#pieces) {
      this.buffer.latin1Write(piece, at, piece.length);
      at += piece.length;
    }
    this.#endText(at, length);
    return tag.FLAG_TEXT;
  }

  #wideText(at: number): number {
    const length = this.textLength;
    at = this.room(at, 2 * length + TEXT_LENGTH_BYTES);
    for (const piece of this.#pieces) {
      this.buffer.ucs2Write(piece, at, 2 * piece.length);
      at += 2 * piece.length;
    }
    this.#endText(at, length);
    return tag.FLAG_TEXT | tag.FLAG_WIDE_TEXT;
  }

  #endText(at: number, length: number): void {
    this.view.setUint32(at, length, true);
    this.textEnd = at + TEXT_LENGTH_BYTES;
  }

  #longString(value: string, at: number): number {
    const { length } = value;
    if (BEYOND_LATIN1.test(value)) {
      at = this.word(tag.UTF16_STRING, length, this.room(at, 5 + 2 * length));
      this.buffer.ucs2Write(value, at, 2 * length);
      return at + 2 * length;
    }
    at = this.word(tag.LATIN1_STRING, length, this.room(at, 5 + length));
    this.buffer.latin1Write(value, at, length);
    return at + length;
  }
}
