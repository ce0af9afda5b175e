/**
 * Items given on the command line itself.
 *
 * @packageDocumentation
 */
import { createHash } from "node:crypto";
import type { Format } from "../arguments.ts";
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
  yield { items: texts.map((text, index) => itemOf(text, index, format)), bytes: 0 };
}

function itemOf(text: string, index: number, format: Format): unknown {
  const where = `item ${index + 1} of the command line`;
  switch (format) {
    case "numbers": {
      const value = parseNumber(text);
      if (value === undefined) throw inputError(where, `${quoted(text)} is not a number`);
      return value;
    }
    case "json":
      try {
        return parseJson(text);
      } catch (error) {
        throw inputError(where, `${quoted(text)} is not JSON: ${oneLine(error)}`);
      }
    default:
      return text;
  }
}
