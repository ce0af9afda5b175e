/**
 * Messages in a stream of bytes: each with its length before it.
 *
 * ```text
 * bytes  name     values
 * 0      length   how many bytes follow, little endian
 * 4      message
 * ```
 *
 * @packageDocumentation
 */
import { helpOn } from "#heap";

/** Bytes of the length. */
const FRAME_HEAD_BYTES = 4;

/** The longest message that fits a length. */
export const LARGEST_FRAME_BYTES: number = 2 ** 32 - 1;

/** A peer said that a longer message would come than this side takes. Nothing of it was read. */
export class FrameTooLongError extends RangeError {
  override readonly name = "FrameTooLongError";
  readonly code = "ERR_HEDDLE_FRAME_TOO_LONG";
  /** Where this error is explained. */
  readonly help: string = helpOn(this.code);
  /** How long the message was to be. */
  readonly lengthBytes: number;

  constructor(lengthBytes: number, limitBytes: number) {
    super(`Cannot take message: it has ${lengthBytes} bytes, and the limit is ${limitBytes}`);
    this.lengthBytes = lengthBytes;
  }
}

/** The length of a message of `bytes` bytes, as it stands before it. */
export function frameHead(bytes: number): Uint8Array {
  const head = new Uint8Array(FRAME_HEAD_BYTES);
  new DataView(head.buffer).setUint32(0, bytes, true);
  return head;
}

/**
 * Puts the pieces of a stream together to messages. It holds no more memory than what has come: a length alone makes no
 * room for anything.
 */
export class FrameReader {
  /** The longest message that it takes, from the next one on. */
  limitBytes: number;
  #chunks: Uint8Array[] = [];
  /** How much of the first chunk was taken. */
  #offset = 0;
  #available = 0;
  /** The length of the message that is coming; -1 before it is known. */
  #length = -1;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  /** Whether the stream could end here: not in the middle of a message. */
  get isBetween(): boolean {
    return this.#available === 0 && this.#length === -1;
  }

  /** Adds what came. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#available += chunk.length;
  }

  /**
   * Takes the next message; `undefined` while it has not come whole.
   *
   * @throws `FrameTooLongError`, each time from then on.
   */
  take(): Uint8Array | undefined {
    if (this.#length === -1) {
      if (this.#available < FRAME_HEAD_BYTES) return undefined;
      const head = this.#cut(FRAME_HEAD_BYTES);
      this.#length = new DataView(head.buffer, head.byteOffset).getUint32(0, true);
    }
    const length = this.#length;
    if (length > this.limitBytes) throw new FrameTooLongError(length, this.limitBytes);
    if (this.#available < length) return undefined;
    this.#length = -1;
    return this.#cut(length);
  }

  /** The next bytes: a view of a chunk, if they lie in one. */
  #cut(size: number): Uint8Array {
    this.#available -= size;
    const first = this.#chunks[0];
    if (first !== undefined && first.length - this.#offset > size) {
      this.#offset += size;
      return first.subarray(this.#offset - size, this.#offset);
    }
    if (first !== undefined && first.length - this.#offset === size) {
      this.#chunks.shift();
      const cut = first.subarray(this.#offset);
      this.#offset = 0;
      return cut;
    }
    return this.#join(size);
  }

  #join(size: number): Uint8Array {
    const joined = new Uint8Array(size);
    let filled = 0;
    let used = 0;
    while (filled < size) {
      const chunk = this.#chunks[used]!;
      const part = chunk.subarray(this.#offset, this.#offset + size - filled);
      joined.set(part, filled);
      filled += part.length;
      this.#offset += part.length;
      if (this.#offset < chunk.length) break;
      this.#offset = 0;
      used++;
    }
    this.#chunks.splice(0, used);
    return joined;
  }
}
