/**
 * BMP files of one bit a pixel: where things are in one, and a reader and a writer of pictures.
 *
 * ```text
 * bytes        what
 * 0            "BM", u32 size of the file, u32 reserved, u32 where the pixels begin
 * 14           u32 size of what follows: 12 (of OS/2), or 40 and more
 *              width, height, planes, bits a pixel: u16 each where it is 12; else i32, i32, u16, u16, and more
 *              a height below zero: the top row comes first; else the bottom row
 * then         the palette: two colours of blue, green, red, and (not where it is 12) a byte of padding
 * pixels       rows of bits, the leftmost pixel in the highest bit, each row padded to a multiple of 4 bytes
 * ```
 */

/** Red, green, blue. */
export type Colour = readonly [number, number, number];

/** A picture of two colours. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** What 0 and 1 look like. */
  readonly palette: readonly [Colour, Colour];
  /** Rows of ⌈width / 8⌉ bytes, the top row first; the bits behind the last pixel are 0. */
  readonly rows: Uint8Array;
}

/** Where the pixels of a file are. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly isTopDown: boolean;
  readonly palette: readonly [Colour, Colour];
  readonly pixelsAt: number;
  /** Bytes of a row, with its padding. */
  readonly stride: number;
}

/** The file is no BMP of one bit a pixel, or not whole. */
export class BmpError extends Error {
  override readonly name = "BmpError";
}

const FILE_HEADER = 14;
const OS2_HEADER = 12;
const INFO_HEADER = 40;
const WHITE: Colour = [255, 255, 255];
const BLACK: Colour = [0, 0, 0];
/** Below this many bytes there is no picture. */
const SHORTEST = FILE_HEADER + OS2_HEADER;

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Bytes of a row of pixels, without and with its padding. */
const packedBytes = (width: number): number => Math.ceil(width / 8);
const paddedBytes = (width: number): number => 4 * Math.ceil(width / 32);

/**
 * Finds the pixels. `bytes` may end where they begin.
 *
 * @throws `BmpError` when this is no BMP of one bit a pixel.
 */
export function layoutOf(bytes: Uint8Array): Layout {
  if (bytes.length < SHORTEST || bytes[0] !== 0x42 || bytes[1] !== 0x4d)
    throw new BmpError('Cannot read the picture: it does not begin as a BMP file, with "BM"');
  const view = viewOf(bytes);
  const pixelsAt = view.getUint32(10, true);
  const headerBytes = view.getUint32(FILE_HEADER, true);
  const isOs2 = headerBytes === OS2_HEADER;
  const paletteAt = FILE_HEADER + headerBytes;
  const colourBytes = isOs2 ? 3 : 4;
  if (!isOs2 && headerBytes < INFO_HEADER)
    throw new BmpError(`Cannot read the picture: a header of ${headerBytes} bytes is of no known kind`);
  if (pixelsAt > bytes.length || paletteAt + 2 * colourBytes > pixelsAt)
    throw new BmpError("Cannot read the picture: the file ends in its header");
  const bits = view.getUint16(isOs2 ? 24 : 28, true);
  const compression = isOs2 ? 0 : view.getUint32(30, true);
  if (bits !== 1 || compression !== 0)
    throw new BmpError(`Cannot read the picture: it has ${bits} bits a pixel, compression ${compression}`);
  const width = isOs2 ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = isOs2 ? view.getUint16(20, true) : view.getInt32(22, true);
  if (width <= 0 || signedHeight === 0)
    throw new BmpError(`Cannot read the picture: it is ${width} by ${signedHeight} pixels`);
  const colourAt = (at: number): Colour => [bytes[at + 2]!, bytes[at + 1]!, bytes[at]!];
  return {
    width,
    height: Math.abs(signedHeight),
    isTopDown: signedHeight < 0,
    palette: [colourAt(paletteAt), colourAt(paletteAt + colourBytes)],
    pixelsAt,
    stride: paddedBytes(width),
  };
}

/**
 * Reads a picture, of either order of rows.
 *
 * @throws `BmpError` when the file is no BMP of one bit a pixel, or ends too early.
 */
export function readBmp(bytes: Uint8Array): Picture {
  const { width, height, isTopDown, palette, pixelsAt, stride } = layoutOf(bytes);
  if (pixelsAt + stride * height > bytes.length)
    throw new BmpError("Cannot read the picture: the file ends in its pixels");
  const packed = packedBytes(width);
  const rows = new Uint8Array(packed * height);
  const lastBits = (0xff00 >> (width % 8 || 8)) & 0xff;
  for (let y = 0; y < height; y++) {
    const from = pixelsAt + stride * (isTopDown ? y : height - 1 - y);
    rows.set(bytes.subarray(from, from + packed), packed * y);
    rows[packed * (y + 1) - 1]! &= lastBits;
  }
  return { width, height, palette, rows };
}

/** Writes a picture. */
export function writeBmp(
  { width, height, palette, rows }: Picture,
  isTopDown = false,
): Uint8Array<ArrayBuffer> {
  const stride = paddedBytes(width);
  const packed = packedBytes(width);
  const pixelsAt = FILE_HEADER + INFO_HEADER + 8;
  const bytes = new Uint8Array(pixelsAt + stride * height);
  const view = viewOf(bytes);
  bytes.set([0x42, 0x4d]);
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, pixelsAt, true);
  view.setUint32(FILE_HEADER, INFO_HEADER, true);
  view.setInt32(18, width, true);
  view.setInt32(22, isTopDown ? -height : height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 1, true);
  view.setUint32(34, stride * height, true);
  palette.forEach(([red, green, blue], i) =>
    bytes.set([blue, green, red], FILE_HEADER + INFO_HEADER + 4 * i),
  );
  for (let y = 0; y < height; y++) {
    const to = pixelsAt + stride * (isTopDown ? y : height - 1 - y);
    bytes.set(rows.subarray(packed * y, packed * (y + 1)), to);
  }
  return bytes;
}

/** Draws a picture in black on white: black where `isBlack` says so. */
export function draw(width: number, height: number, isBlack: (x: number, y: number) => boolean): Picture {
  const packed = packedBytes(width);
  const rows = new Uint8Array(packed * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) if (isBlack(x, y)) rows[packed * y + (x >> 3)]! |= 0x80 >> (x & 7);
  }
  return { width, height, palette: [WHITE, BLACK], rows };
}
