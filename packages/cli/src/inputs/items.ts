/**
 * Items given on the command line itself.
 *
 * @packageDocumentation
 */
import { createHash } from "node:crypto";
import type { Format } from "../input-arguments.ts";
import { oneLine } from "../errors.ts";
import { parseJson } from "./json-value.ts";
import { parseNumber } from "./numbers.ts";
import { inputError, quoted } from "./parser.ts";
import type { Batch, Source } from "./source.ts";

/** The items of a command line, each a text unless `format` says otherwise. */
export function itemsSource(texts: readonly string[], format: Format): Source {
  return {
    name: "the command line",
    format,
    total: texts.length,
    identity: `the items with the hash ${createHash("sha256").update(JSON.stringify(texts)).digest("hex")}`,
    batches: batchesOf(texts, format),
    close: () => {},
  };
}

async function* batchesOf(texts: readonly string[], format: Format): AsyncGenerator<Batch> {
  yield { items: texts.map((text, index) => READERS[format](text, index)), bytes: 0 };
}

const READERS: Readonly<Record<Format, (text: string, index: number) => unknown>> = {
  lines: (text) => text,
  // The command line is refused before it comes here: a row without a header has no names.
  csv: (text) => text,
  numbers: (text, index) => {
    const value = parseNumber(text);
    if (value === undefined) throw inputError(placeOf(index), `${quoted(text)} is not a number`);
    return value;
  },
  json: (text, index) => {
    try {
      return parseJson(text);
    } catch (error) {
      throw inputError(placeOf(index), `${quoted(text)} is not JSON: ${oneLine(error)}`);
    }
  },
};

function placeOf(index: number): string {
  return `item ${index + 1} of the command line`;
}
