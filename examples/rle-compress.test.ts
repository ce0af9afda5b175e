import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import fc from "fast-check";
import { ProcessPoolExecutor, ThreadPoolExecutor } from "heddle";
import { compressRows, compressRowsAway } from "./rle-compress.ts";
import { ArchiveError, compress, decodeRow, decompress, encodeRow } from "./rle-compress/archive.ts";
import { BmpError, draw, type Picture, readBmp, writeBmp } from "./rle-compress/bmp.ts";
import { installNetpbm } from "./rle-compress/netpbm.ts";

const program = join(import.meta.dirname, "rle-compress.ts");

/** A picture of any size and colours. */
const pictures: fc.Arbitrary<Picture> = fc
  .record({
    width: fc.integer({ min: 1, max: 70 }),
    height: fc.integer({ min: 1, max: 12 }),
    dots: fc.array(fc.boolean(), { minLength: 1, maxLength: 200 }),
    palette: fc.tuple(...[0, 1].map(() => fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)))),
  })
  .map(({ width, height, dots, palette }) => ({
    ...draw(width, height, (x, y) => dots[(x + y * width) % dots.length]!),
    palette: palette as unknown as Picture["palette"],
  }));

const isRefusal = (error: unknown): boolean => error instanceof ArchiveError || error instanceof BmpError;

/** Bits as text, for the eye. */
const bits = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));

describe("the runs of a row", () => {
  test("are a byte each: the colour, and how many", () => {
    assert.deepEqual([...encodeRow(bits("0000110001111111"))], [4, 0x80 | 2, 3, 0x80 | 7]);
  });

  test("are at most 127 long", () => {
    assert.deepEqual([...encodeRow(new Uint8Array(32))], [127, 127, 2]);
    assert.deepEqual([...encodeRow(new Uint8Array(16).fill(255))], [0x80 | 127, 0x80 | 1]);
  });

  test("give the row back, whatever it is", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 80 }), (row) => {
        const back = new Uint8Array(row.length);
        decodeRow(encodeRow(row), back);
        assert.deepEqual(back, row);
      }),
    );
  });
});

describe("BMP files of one bit a pixel", () => {
  test("come back as the picture they were written from, in both orders of rows", () => {
    fc.assert(
      fc.property(pictures, fc.boolean(), (picture, isTopDown) => {
        assert.deepEqual(readBmp(writeBmp(picture, isTopDown)), picture);
      }),
    );
  });

  test("of other kinds, or cut short, are refused", () => {
    const file = writeBmp(draw(9, 9, (x, y) => x === y));
    const colourful = file.slice();
    colourful[28] = 8;
    assert.throws(() => readBmp(colourful), /it has 8 bits a pixel/);
    for (const read of [readBmp, compress])
      assert.throws(() => read(file.subarray(0, -1)), { name: "BmpError", message: /ends in its pixels/ });
    assert.throws(() => readBmp(file.subarray(0, 40)), /ends in its header/);
    assert.throws(() => readBmp(new TextEncoder().encode("P4 9 9 and no BMP at all")), /begin as a BMP/);
  });
});

describe("compressed pictures", () => {
  test("come back bit for bit, with what is before, between and behind the rows", () => {
    fc.assert(
      fc.property(pictures, fc.boolean(), fc.uint8Array({ maxLength: 9 }), (picture, isTopDown, tail) => {
        const file = Buffer.concat([writeBmp(picture, isTopDown), tail]);
        // The padding of the first row is not always zero in files that others wrote.
        if (picture.width % 32 > 0) file[62 + 4 * Math.ceil(picture.width / 32) - 1]! |= 1;
        assert.deepEqual(Buffer.from(decompress(compress(file))), file);
      }),
    );
  });

  test("are refused when any byte of them has changed, or is missing", () => {
    const archive = compress(writeBmp(draw(40, 20, (x, y) => x * y > 90)));
    for (let at = 0; at < archive.length; at++) {
      assert.throws(() => decompress(archive.subarray(0, at)), isRefusal);
      const damaged = archive.slice();
      damaged[at]! ^= 1 << (at % 8);
      assert.throws(() => decompress(damaged), isRefusal);
    }
  });

  test("are the same whether one thread makes them, or all, or processes", async () => {
    await using threads = new ThreadPoolExecutor({ maxWorkers: 2 });
    await using processes = new ProcessPoolExecutor({ maxWorkers: 1 });
    const file = writeBmp(draw(333, 222, (x, y) => (x ^ y) % 5 === 0));
    assert.deepEqual(await compressRows(threads, file), compress(file));
    assert.deepEqual(await compressRowsAway(processes, file), compress(file));
  });
});

describe("rle-compress, judged by netpbm", () => {
  before(installNetpbm);

  function withFolder(body: (folder: string) => void): void {
    const folder = mkdtempSync(join(tmpdir(), "heddle-rle-"));
    try {
      body(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** Runs a filter. */
  function pipe(command: string, args: readonly string[], input: Uint8Array): Buffer {
    const { status, stdout, stderr } = spawnSync(command, args, { input });
    assert.equal(status, 0, String(stderr));
    return stdout;
  }

  const convert = (how: string, from: string, to: string) => {
    const { status, stderr } = spawnSync(process.execPath, [...process.execArgv, program, how, from, to]);
    assert.equal(status, 0, String(stderr));
  };

  test("gives back the files that ppmtobmp writes", () => {
    withFolder((folder) => {
      const path = (name: string): string => join(folder, name);
      for (const [width, height] of [
        [1, 1],
        [31, 5],
        [200, 100],
      ]) {
        const pbm = Buffer.concat([
          Buffer.from(`P4\n${width} ${height}\n`),
          draw(width!, height!, (x, y) => (x + 2 * y) % 7 < 3).rows,
        ]);
        const bmp = pipe("ppmtobmp", ["-bpp=1"], pbm);
        writeFileSync(path("in.bmp"), bmp);
        convert("compress", path("in.bmp"), path("in.rle"));
        convert("decompress", path("in.rle"), path("out.bmp"));
        assert.ok(bmp.equals(readFileSync(path("out.bmp"))));
      }
    });
  });

  test("reads and writes pictures as bmptopnm sees them", () => {
    const picture = draw(77, 33, (x, y) => x * x > 40 * y);
    for (const isTopDown of [false, true]) {
      const pbm = pipe("ppmtopgm", [], pipe("bmptopnm", [], writeBmp(picture, isTopDown)));
      const [, width, height] = /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(pbm.toString("latin1"))!;
      assert.deepEqual([Number(width), Number(height)], [77, 33]);
      const grey = pbm.subarray(-77 * 33);
      assert.deepEqual(draw(77, 33, (x, y) => grey[x + 77 * y] === 0).rows, picture.rows);
    }
  });
});
