/**
 * The text of a message: its strings are cut out of it, one after the other.
 *
 * A call into Node makes a string of 512 characters nearly as fast as one of ten (150 ns and 130), and a part of that is had for 10.
 * V8 copies parts of up to 12 characters; a longer one refers to the whole, and so keeps it: 512 characters at most.
 *
 * @packageDocumentation
 */
import { CorruptMessageError } from "../errors.ts";
import type { RawBuffer } from "../write/output.ts";
import { MADE_STRING_MAX, makeString } from "./short-strings.ts";

/** Characters made at a time. */
const WINDOW = 512;

/** What is left of the text of one message. */
export class TextWindow {
  #bytes: Uint8Array = new Uint8Array(0);
  #buffer: RawBuffer = Buffer.alloc(0) as RawBuffer;
  /** Of the bytes: where the text goes on behind the window. */
  #at = 0;
  /** How many characters are left there. */
  #left = 0;
  #isWide = false;
  /** The characters at hand, and how many of them were taken. Readers of shapes take some themselves. */
  window = "";
  taken = 0;

  /** Begins a message without text. */
  clear(): void {
    this.#left = 0;
    this.window = "";
    this.taken = 0;
  }

  /** Begins a message whose text is so many characters from `at` on. */
  begin(bytes: Uint8Array, buffer: RawBuffer, at: number, length: number, isWide: boolean): void {
    this.#bytes = bytes;
    this.#buffer = buffer;
    this.#at = at;
    this.#left = length;
    this.#isWide = isWide;
    this.window = "";
    this.taken = 0;
  }

  /** How many characters have not been taken. */
  get left(): number {
    return this.#left + this.window.length - this.taken;
  }

  /** The next characters; at most 255. */
  take(length: number): string {
    const from = this.taken;
    const to = from + length;
    if (to > this.window.length) return this.#takeFromNext(length);
    this.taken = to;
    return this.window.substring(from, to);
  }

  #takeFromNext(length: number): string {
    const { left } = this;
    if (length > left) throw new CorruptMessageError("its text ends in the middle of a string");
    const width = this.#isWide ? 2 : 1;
    const start = this.#at - (this.window.length - this.taken) * width;
    const count = Math.min(left, WINDOW);
    this.#at = start + count * width;
    this.#left = left - count;
    if (this.#isWide) this.window = this.#buffer.ucs2Slice(start, this.#at);
    else if (count <= MADE_STRING_MAX) this.window = makeString(this.#bytes, start, count);
    else this.window = this.#buffer.latin1Slice(start, this.#at);
    this.taken = length;
    return length === count ? this.window : this.window.substring(0, length);
  }
}
