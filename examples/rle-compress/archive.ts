/**
 * A BMP file of one bit a pixel, in fewer bytes, and back bit for bit.
 *
 * Every row becomes runs: a byte each, the colour in the highest bit and the number of pixels, 1 to 127, in the others. So
 * `000011000` is 4 zeros, 2 ones, 3 zeros. The padding of a row counts as pixels; what is before and behind the rows is
 * kept as it is: hence the same file comes back, whoever wrote it.
 *
 * ```text
 * bytes  what
 * 4      "HRL1"
 * u32    CRC-32 of the file
 * u32    how many bytes of the file come before its pixels; those bytes
 * u32    how many come behind them; those bytes
 *        for every row, in the order of the file: u32 how many runs; the runs
 * ```
 *
 * Numbers are little endian.
 */
import { crc32 } from "node:zlib";
import { BmpError, layoutOf } from "./bmp.ts";

const MAGIC = [0x48, 0x52, 0x4c, 0x31];
/** The longest run that a byte can say. */
const LONGEST_RUN = 127;

/** The bytes are no archive, or not as they were written. */
export class ArchiveError extends Error {
  override readonly name = "ArchiveError";
}

/** A file taken apart. */
export interface Parts {
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  readonly pixels: Uint8Array;
  readonly stride: number;
  readonly height: number;
  readonly checksum: number;
}

/** The runs of one row. */
export function encodeRow(row: Uint8Array): Uint8Array {
  const runs = new Uint8Array(8 * row.length);
  let count = 0;
  let colour = row[0]! >> 7;
  let length = 0;
  for (const byte of row) {
    for (let bit = 7; bit >= 0; bit--) {
      const next = (byte >> bit) & 1;
      if (next === colour && length < LONGEST_RUN) length++;
      else {
        runs[count++] = (colour << 7) | length;
        colour = next;
        length = 1;
      }
    }
  }
  runs[count++] = (colour << 7) | length;
  return runs.slice(0, count);
}

/**
 * Writes the pixels of runs into an empty row.
 *
 * @throws `ArchiveError` when they are not exactly as many as the row has.
 */
export function decodeRow(runs: Uint8Array, row: Uint8Array): void {
  let at = 0;
  for (const run of runs) {
    const end = at + (run & LONGEST_RUN);
    if (end === at || end > 8 * row.length)
      throw new ArchiveError("Cannot decompress: a run has a wrong length");
    if (run > LONGEST_RUN) for (let i = at; i < end; i++) row[i >> 3]! |= 0x80 >> (i & 7);
    at = end;
  }
  if (at !== 8 * row.length)
    throw new ArchiveError("Cannot decompress: the runs of a row end before it does");
}

/**
 * Takes a file apart.
 *
 * @throws `BmpError` when it is no BMP of one bit a pixel, or not whole.
 */
export function takeApart(file: Uint8Array): Parts {
  const { pixelsAt, stride, height } = layoutOf(file);
  const end = pixelsAt + stride * height;
  if (end > file.length) throw new BmpError("Cannot compress the picture: the file ends in its pixels");
  return {
    head: file.subarray(0, pixelsAt),
    tail: file.subarray(end),
    pixels: file.subarray(pixelsAt, end),
    stride,
    height,
    checksum: crc32(file),
  };
}

/** The row of a number. */
export const rowOf = ({ pixels, stride }: Pick<Parts, "pixels" | "stride">, y: number): Uint8Array =>
  pixels.subarray(stride * y, stride * (y + 1));

/** Writes the archive of a file, from its parts and the runs of its rows. */
export function putTogether({ head, tail, checksum }: Parts, rows: readonly Uint8Array[]): Uint8Array {
  const size = rows.reduce((sum, runs) => sum + 4 + runs.length, 16 + head.length + tail.length);
  const archive = new Uint8Array(size);
  const view = new DataView(archive.buffer);
  let at = 0;
  const put = (bytes: ArrayLike<number>): void => {
    archive.set(bytes, at);
    at += bytes.length;
  };
  const putNumber = (number: number): void => {
    view.setUint32(at, number, true);
    at += 4;
  };
  put(MAGIC);
  putNumber(checksum);
  for (const part of [head, tail, ...rows]) {
    putNumber(part.length);
    put(part);
  }
  return archive;
}

/**
 * Compresses a file.
 *
 * @throws `BmpError` when it is no BMP of one bit a pixel, or not whole.
 */
export function compress(file: Uint8Array): Uint8Array {
  const parts = takeApart(file);
  return putTogether(
    parts,
    Array.from({ length: parts.height }, (_, y) => encodeRow(rowOf(parts, y))),
  );
}

/**
 * Gives the file that was compressed.
 *
 * @throws `ArchiveError` when the archive is none, not whole, or not as it was written.
 */
export function decompress(archive: Uint8Array): Uint8Array {
  if (MAGIC.some((byte, i) => archive[i] !== byte))
    throw new ArchiveError('Cannot decompress: this is no archive, which begins with "HRL1"');
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  let at = MAGIC.length;
  const takeNumber = (): number => {
    if (at + 4 > archive.length) throw new ArchiveError("Cannot decompress: the archive is not whole");
    at += 4;
    return view.getUint32(at - 4, true);
  };
  const takeBytes = (): Uint8Array => {
    const length = takeNumber();
    if (at + length > archive.length) throw new ArchiveError("Cannot decompress: the archive is not whole");
    at += length;
    return archive.subarray(at - length, at);
  };
  const checksum = takeNumber();
  const head = takeBytes();
  const tail = takeBytes();
  const { stride, height } = layoutOf(head);
  // Every row has a length of 4 bytes, and a run for each 127 pixels: a wrong size is found before there is memory for it.
  if (height * (4 + Math.ceil((8 * stride) / LONGEST_RUN)) > archive.length - at)
    throw new ArchiveError("Cannot decompress: the archive is too short for its picture");
  const file = new Uint8Array(head.length + stride * height + tail.length);
  file.set(head);
  file.set(tail, file.length - tail.length);
  for (let y = 0; y < height; y++) {
    const start = head.length + stride * y;
    decodeRow(takeBytes(), file.subarray(start, start + stride));
  }
  if (at !== archive.length) throw new ArchiveError("Cannot decompress: something follows the archive");
  if (crc32(file) !== checksum)
    throw new ArchiveError("Cannot decompress: the archive was damaged, its checksum does not fit");
  return file;
}
