/**
 * The file of a heap, read and written as a file: all that joins a heap takes longer to be loaded than that.
 *
 * The kernel has one copy of each page, so others see in the memory that they have mapped what is written here once that is written. Nothing
 * is ordered by it: who reads must know by other means that it is there, as by the end of this process.
 *
 * @packageDocumentation
 */
import { readSync, writeSync } from "node:fs";
import { isOver } from "../lives.ts";
import { identityAt, seatOf } from "../seats.ts";

const WORD_BYTES = 4;

/** A heap by its descriptor. Nobody knows that this thread looks at it. */
export class BareSegment {
  readonly #fd: number;
  readonly #word: Buffer = Buffer.alloc(WORD_BYTES);

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** The word at an address. */
  load(address: number): number {
    readSync(this.#fd, this.#word, 0, WORD_BYTES, address);
    return this.#word.readInt32LE();
  }

  /** Writes a word. */
  store(address: number, value: number): void {
    this.#word.writeInt32LE(value);
    writeSync(this.#fd, this.#word, 0, WORD_BYTES, address);
  }

  /** The text that stands in so many bytes from an address on. */
  text(address: number, sizeBytes: number): string {
    const bytes = Buffer.allocUnsafe(sizeBytes);
    readSync(this.#fd, bytes, 0, sizeBytes, address);
    return bytes.toString();
  }

  /**
   * Writes a text. Gives how many bytes it has; -1 if there is no room for it, and nothing was written.
   *
   * @param room - So many bytes may be written from `address` on.
   */
  storeText(address: number, text: string, room: number): number {
    const bytes = Buffer.from(text);
    if (bytes.length > room) return -1;
    writeSync(this.#fd, bytes, 0, bytes.length, address);
    return bytes.length;
  }

  /** Whether a thread has joined the heap, and neither left it nor ended. */
  isThere(identity: number): boolean {
    const seat = seatOf(identity);
    return identityAt(this, seat) === identity && !isOver(this, seat);
  }
}
