/**
 * Makes the strings of a message by cutting them out of longer ones.
 *
 * A call into Node makes a string of 256 characters nearly as fast as one of ten (50 ns), and a part of that is had for 10.
 * V8 copies parts of up to 12 characters; a longer one refers to the whole, and so keeps it: 256 bytes at most.
 *
 * @packageDocumentation
 */
import type { RawBuffer } from "./output.ts";

/** Characters made at a time. */
const WINDOW = 256;
/** Strings that are so close to one another are cut out of a window, if the message goes on for as long. */
const NEAR = 32;

/** A stretch of a message, read as Latin-1 whatever the bytes mean. Where there are few strings it is not made. */
export class TextWindow {
  #text = "";
  #start = 0;
  #end = 0;
  /** Where the last window ended, or the last string that was in none. */
  #last = -NEAR;

  /** Begins another message. */
  begin(): void {
    this.#end = 0;
    this.#last = -NEAR;
  }

  /**
   * The string of the bytes from `at` to `end`, of a message that ends at `limit`. Undefined if it is better made by
   * itself.
   */
  cut(buffer: RawBuffer, at: number, end: number, limit: number): string | undefined {
    if (end > this.#end && !this.#move(buffer, at, end, limit)) return undefined;
    const start = this.#start;
    return this.#text.substring(at - start, end - start);
  }

  #move(buffer: RawBuffer, at: number, end: number, limit: number): boolean {
    const windowEnd = Math.min(at + WINDOW, limit);
    if (at - this.#last >= NEAR || windowEnd - end < NEAR) {
      this.#last = end;
      return false;
    }
    this.#last = windowEnd;
    this.#text = buffer.latin1Slice(at, windowEnd);
    this.#start = at;
    this.#end = windowEnd;
    return true;
  }
}
