/**
 * Makes short strings from bytes without a call into Node.
 *
 * @packageDocumentation
 */
import type { RawBuffer } from "./writer.ts";

/** From this length on, a call into Node is cheaper. */
const NATIVE_MIN = 20;

/** Arguments for `fromCharCode`, one list for each length. */
const LISTS: number[][] = Array.from({ length: NATIVE_MIN }, (_, length) => new Array<number>(length).fill(0));

export function readShortString(bytes: Uint8Array, buffer: RawBuffer, at: number, length: number): string {
  if (length >= NATIVE_MIN) return buffer.latin1Slice(at, at + length);
  const codes = LISTS[length]!;
  for (let i = 0; i < length; i++) codes[i] = bytes[at + i]!;
  return String.fromCharCode.apply(undefined, codes);
}
