/**
 * Compresses pictures of one bit a pixel, and gives them back bit for bit.
 *
 * Shows: the same plain functions one by one, on threads and on processes: file by file, or the rows of one picture shared out
 * over the workers: threads read them from memory that all of them see, processes are sent them; results in order, and as they come.
 *
 *     npm run example -- rle-compress                        draws a folder of pictures, and compares the ways
 *     npm run example -- rle-compress FOLDER                 the same with the .bmp files of a folder
 *     npm run example -- rle-compress compress IN OUT        one file
 *     npm run example -- rle-compress decompress IN OUT      and back
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asCompleted, type Executor, ProcessPoolExecutor, ThreadPoolExecutor } from "heddle";
import {
  ArchiveError,
  compress,
  decompress,
  encodeRow,
  putTogether,
  rowOf,
  takeApart,
} from "./rle-compress/archive.ts";
import { BmpError, draw, writeBmp } from "./rle-compress/bmp.ts";

/** Compresses a file beside itself. Gives the size of the archive. */
export function compressFile(file: string): number {
  const archive = compress(readFileSync(file));
  writeFileSync(`${file}.rle`, archive);
  return archive.length;
}

/** Compresses one picture on all threads of a pool: each gets some of its rows. */
export async function compressRows(executor: Executor, file: Uint8Array): Promise<Uint8Array> {
  const parts = takeApart(file);
  const { stride, height } = parts;
  // Memory that all threads see: a row travels as its number.
  const pixels = new Uint8Array(new SharedArrayBuffer(parts.pixels.length));
  pixels.set(parts.pixels);
  const rows = Array.from({ length: height }, (_, y) => y);
  return putTogether(
    parts,
    await executor.map((y) => encodeRow(rowOf({ pixels, stride }, y)), rows).toArray(),
  );
}

/** The same on processes, which see no memory of this thread: a row travels as its bytes. */
export async function compressRowsAway(executor: Executor, file: Uint8Array): Promise<Uint8Array> {
  const parts = takeApart(file);
  const rows = Array.from({ length: parts.height }, (_, y) => rowOf(parts, y));
  return putTogether(parts, await executor.map((row) => encodeRow(row), rows).toArray());
}

type Way = (files: readonly string[]) => Promise<number>;

const sumOf = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size, 0);

/** File after file, on this thread. */
const oneByOne: Way = async (files) => sumOf(files.map(compressFile));

/** All files at once; results in the order of the files. */
const fileByFile =
  (executor: Executor): Way =>
  async (files) =>
    sumOf(await executor.map(compressFile, files).toArray());

/** All files at once; results as they come. */
const asTheyCome =
  (executor: Executor): Way =>
  async (files) => {
    let size = 0;
    const futures = files.map((file) => executor.submit(compressFile, file));
    for await (const future of asCompleted(futures)) size += await future.result();
    return size;
  };

/** File after file, the rows of each on all workers. */
const rowByRow =
  (executor: Executor, compressAll: typeof compressRows): Way =>
  async (files) => {
    let size = 0;
    for (const file of files) {
      const archive = await compressAll(executor, await readFile(file));
      await writeFile(`${file}.rle`, archive);
      size += archive.length;
    }
    return size;
  };

/** Draws pictures of several kinds: a disc, waves, small squares. */
async function drawFolder(folder: string, count: number, side: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const wave = 20 + 7 * i;
    const isBlack = [
      (x: number, y: number) => (x - side / 2) ** 2 + (y - side / 2) ** 2 < (side / 3 + i) ** 2,
      (x: number, y: number) => Math.sin(x / wave) + Math.cos(y / wave) > 0.6,
      (x: number, y: number) => ((x >> 4) * (y >> 4) + i) % 11 < 3,
    ][i % 3]!;
    await writeFile(join(folder, `picture-${i}.bmp`), writeBmp(draw(side + i, side, isBlack), i % 2 === 0));
  }
}

/** Compresses all files in every way, checks that they come back, and prints the times. */
async function compare(files: readonly string[]): Promise<void> {
  await using threads = new ThreadPoolExecutor();
  await using processes = new ProcessPoolExecutor();
  const ways: readonly (readonly [name: string, way: Way])[] = [
    ["one by one", oneByOne],
    ["files on threads", fileByFile(threads)],
    ["files on threads, as they come", asTheyCome(threads)],
    ["rows on threads", rowByRow(threads, compressRows)],
    ["files on processes", fileByFile(processes)],
    ["rows on processes", rowByRow(processes, compressRowsAway)],
  ];
  const originals = await Promise.all(files.map((file) => readFile(file)));
  const before = sumOf(originals.map((original) => original.length));
  // Workers start on first use, and compile what they run often; how long that takes is no property of a way.
  await Promise.all([threads.broadcast(() => 0), processes.broadcast(() => 0)]);
  for (const [, way] of ways) await way(files.slice(0, 4));
  process.stdout.write(`${files.length} pictures, ${before.toLocaleString("en")} bytes\n`);
  let alone = 0;
  for (const [name, way] of ways) {
    const start = performance.now();
    const after = await way(files);
    const ms = performance.now() - start;
    alone ||= ms;
    for (const [i, file] of files.entries()) {
      const back = decompress(await readFile(`${file}.rle`));
      if (!originals[i]!.equals(back)) throw new Error(`Cannot give ${file} back: it came out different`);
      await rm(`${file}.rle`);
    }
    const share = ((100 * after) / before).toFixed(1);
    process.stdout.write(
      `${name.padEnd(32)}${ms.toFixed(0).padStart(7)} ms${(alone / ms).toFixed(2).padStart(7)} times as fast, to ${share} %\n`,
    );
  }
}

async function compareFolder(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.toLowerCase().endsWith(".bmp"));
  if (names.length === 0) throw new BmpError(`Cannot compress ${folder}: there is no .bmp file in it`);
  await compare(names.map((name) => join(folder, name)));
}

async function main([command, from, to]: readonly string[]): Promise<void> {
  if ((command === "compress" || command === "decompress") && from !== undefined && to !== undefined) {
    const convert = command === "compress" ? compress : decompress;
    return writeFile(to, convert(await readFile(from)));
  }
  if (command !== undefined) return compareFolder(command);
  const folder = await mkdtemp(join(tmpdir(), "heddle-pictures-"));
  try {
    await drawFolder(folder, 24, 2400);
    await compareFolder(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

if (import.meta.main) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    const isUsers =
      error instanceof BmpError ||
      error instanceof ArchiveError ||
      (error as { code?: string }).code === "ENOENT";
    if (!isUsers) throw error;
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
