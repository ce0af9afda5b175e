/**
 * Items of a file or of standard input, read block by block.
 *
 * @packageDocumentation
 */
import { createReadStream, type Stats } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { extname } from "node:path";
import type { Readable } from "node:stream";
import type { Format } from "../input-arguments.ts";
import { CommandError, systemReason } from "../errors.ts";
import { CsvParser } from "./csv.ts";
import { JsonParser } from "./json.ts";
import { LinesParser } from "./lines.ts";
import { NumbersParser, holdsOnlyNumbers } from "./numbers.ts";
import type { Parser } from "./parser.ts";
import type { Batch, Source } from "./source.ts";
import { decodeBlocks } from "./text.ts";

/** Bytes asked of a file at a time. What is read ahead is a few of these. */
const BLOCK_BYTES = 128 * 1024;

const FORMAT_BY_EXTENSION: Readonly<Record<string, Format>> = {
  ".csv": "csv",
  ".json": "json",
  ".jsonl": "json",
  ".ndjson": "json",
};

/** Opens standard input. */
export function standardInputSource(format: Format): Source {
  const name = "standard input";
  return {
    name,
    format,
    identity: name,
    batches: batchesOf(process.stdin, PARSERS[format]({ name, isGuess: false, alwaysLines: false }), name),
    close: () => process.stdin.destroy(),
  };
}

/**
 * Opens a file. Without a `format`, its extension decides, and when that says nothing, whether it begins with numbers
 * and nothing else.
 *
 * @throws `CommandError` with the code `ERR_HEDDLE_INPUT` when it cannot be read.
 */
export async function fileSource(path: string, format: Format | undefined): Promise<Source> {
  const { stats, realPath } = await lookUp(path);
  const stream = createReadStream(path, { highWaterMark: BLOCK_BYTES });
  const blocks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined>;
  const first = await blocks.next().catch((error: unknown) => {
    throw unreadable(path, error);
  });

  const extension = extname(path).toLowerCase();
  const known = format ?? FORMAT_BY_EXTENSION[extension];
  const block = first.done === true ? new Uint8Array() : first.value;
  const chosen = known ?? (holdsOnlyNumbers(block, block.byteLength === stats.size) ? "numbers" : "lines");
  const parser = PARSERS[chosen]({
    name: path,
    isGuess: known === undefined,
    alwaysLines: extension === ".jsonl" || extension === ".ndjson",
  });
  return {
    name: path,
    format: chosen,
    ...(stats.isFile() && { sizeBytes: stats.size }),
    identity: stats.isFile()
      ? `${realPath} (${stats.size} bytes, changed ${stats.mtime.toISOString()})`
      : realPath,
    batches: batchesOf(withFirst(first, blocks), parser, path),
    close: () => stream.destroy(),
  };
}

async function lookUp(path: string): Promise<{ stats: Stats; realPath: string }> {
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) throw Object.assign(new Error("a directory"), { code: "EISDIR" });
    return { stats, realPath: await realpath(path) };
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** The blocks of `rest`, after the one that was read before. */
async function* withFirst(
  first: IteratorResult<Uint8Array, undefined>,
  rest: AsyncIterator<Uint8Array, undefined>,
): AsyncGenerator<Uint8Array> {
  for (let next = first; next.done !== true; next = await rest.next()) yield next.value;
}

async function* batchesOf(
  stream: Readable | AsyncIterable<Uint8Array>,
  parser: Parser,
  name: string,
): AsyncGenerator<Batch> {
  const blocks = decodeBlocks(stream as AsyncIterable<Uint8Array>, name);
  let bytes = 0;
  for (let isLast = false; !isLast;) {
    const block = await blocks.next().catch((error: unknown) => {
      throw error instanceof CommandError ? error : unreadable(name, error);
    });
    isLast = block.done === true;
    const items: unknown[] = [];
    let fault: unknown;
    try {
      if (block.done === true) {
        parser.end(items);
      } else {
        bytes += block.value.bytes;
        parser.push(block.value.text, items);
      }
    } catch (error) {
      fault = error;
    }
    if (items.length > 0) {
      yield { items, bytes };
      bytes = 0;
    }
    if (fault !== undefined) throw fault;
  }
}

function unreadable(name: string, error: unknown): CommandError {
  return new CommandError("ERR_HEDDLE_INPUT", `Cannot read ${name}: ${systemReason(error)}`, {
    cause: error,
  });
}

interface ParserChoice {
  readonly name: string;
  /** Whether nobody named the format. */
  readonly isGuess: boolean;
  /** Whether JSON is surely a value a line. */
  readonly alwaysLines: boolean;
}

const PARSERS: Readonly<Record<Format, (choice: ParserChoice) => Parser>> = {
  lines: () => new LinesParser(),
  numbers: ({ name, isGuess }) => new NumbersParser(name, isGuess),
  json: ({ name, alwaysLines }) => new JsonParser(name, alwaysLines),
  csv: ({ name }) => new CsvParser(name),
};
