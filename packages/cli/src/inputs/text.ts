/**
 * Bytes into text, block by block.
 *
 * @packageDocumentation
 */
import { isUtf8 } from "node:buffer";
import { inputError } from "./parser.ts";

/** A piece of text, and how many bytes it was. */
export interface TextBlock {
  readonly text: string;
  readonly bytes: number;
}

const BYTE_ORDER_MARK = "\uFEFF";

/**
 * Decodes UTF-8. A character cut by the end of a block comes whole with the next; a byte order mark is dropped.
 *
 * @throws `CommandError` with the code `ERR_HEDDLE_INPUT` at bytes that are not UTF-8.
 *
 * @remarks
 * Whole blocks are checked and decoded at once, which is several times as fast as a streaming `TextDecoder`.
 */
export async function* decodeBlocks(
  blocks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<TextBlock, undefined> {
  let offset = 0;
  let carried = Buffer.alloc(0);
  for await (const block of blocks) {
    const bytes = Buffer.concat([carried, block]);
    const whole = bytes.subarray(0, bytes.length - brokenOffBytes(bytes));
    const text = decode(whole, name, offset);
    yield {
      text: offset === 0 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text,
      bytes: block.length,
    };
    offset += whole.length;
    carried = bytes.subarray(whole.length);
  }
  if (carried.length > 0) decode(carried, name, offset);
  return undefined;
}

function decode(bytes: Buffer, name: string, offset: number): string {
  if (!isUtf8(bytes))
    throw inputError(name, `it is not UTF-8 text, at byte ${offset + faultyLineStart(bytes)} or soon after`);
  return bytes.toString("utf8");
}

/** How many bytes at the end begin a character that they do not complete. */
function brokenOffBytes(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    const length = byte >= 0b1111_0000 ? 4 : byte >= 0b1110_0000 ? 3 : byte >= 0b1100_0000 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

/** Where the first line begins that is no UTF-8. No byte of a longer character looks like a line's end. */
function faultyLineStart(bytes: Buffer): number {
  let start = 0;
  for (let end = bytes.indexOf("\n"); end !== -1; end = bytes.indexOf("\n", start)) {
    if (!isUtf8(bytes.subarray(start, end))) break;
    start = end + 1;
  }
  return start;
}
