/**
 * JSON: a value a line, or one array whose elements are the items.
 *
 * @packageDocumentation
 */
import { oneLine } from "../errors.ts";
import { JsonArrayParser } from "./json-array.ts";
import { parseJson } from "./json-value.ts";
import { LineSplitter } from "./lines.ts";
import { inputError, quoted, type Parser } from "./parser.ts";

/** Decides at the first character that is no space: `[` begins one array, anything else a value a line. */
export class JsonParser implements Parser {
  readonly #name: string;
  readonly #alwaysLines: boolean;
  #chosen: Parser | undefined;

  /** @param alwaysLines - Whether a first line that is an array is one item nevertheless. */
  constructor(name: string, alwaysLines: boolean) {
    this.#name = name;
    this.#alwaysLines = alwaysLines;
  }

  push(text: string, items: unknown[]): void {
    this.#chosen ??= this.#choose(text);
    this.#chosen?.push(text, items);
  }

  end(items: unknown[]): void {
    this.#chosen?.end(items);
  }

  #choose(text: string): Parser | undefined {
    if (this.#alwaysLines) return new JsonLinesParser(this.#name);
    const start = text.trimStart();
    if (start === "") return undefined;
    return start.startsWith("[") ? new JsonArrayParser(this.#name) : new JsonLinesParser(this.#name);
  }
}

/** Every line is a JSON value. Blank lines are skipped. */
class JsonLinesParser implements Parser {
  readonly #splitter = new LineSplitter();
  readonly #name: string;
  #line = 0;

  constructor(name: string) {
    this.#name = name;
  }

  push(text: string, items: unknown[]): void {
    for (const line of this.#splitter.split(text)) this.#add(line, items);
  }

  end(items: unknown[]): void {
    const last = this.#splitter.end();
    if (last !== undefined) this.#add(last, items);
  }

  #add(line: string, items: unknown[]): void {
    this.#line++;
    if (line.trim() === "") return;
    try {
      items.push(parseJson(line));
    } catch (error) {
      throw inputError(`${this.#name}, line ${this.#line}`, `${quoted(line)} is not JSON: ${oneLine(error)}`);
    }
  }
}
