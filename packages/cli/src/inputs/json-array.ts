/**
 * One JSON array, its elements read as they come.
 *
 * @packageDocumentation
 */
import { oneLine } from "../errors.ts";
import { parseJson } from "./json-value.ts";
import { inputError, quoted, type Parser } from "./parser.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * The elements of one array, however long the array is.
 *
 * Only as much is understood here as it takes to find the commas between elements: where strings begin and end, and how
 * deep the brackets are. `JSON.parse` judges each element.
 */
export class JsonArrayParser implements Parser {
  readonly #name: string;
  /** 0: before or after the array; 1: between elements; more: inside of one. */
  #depth = 0;
  #inString = false;
  #escaped = false;
  #ended = false;
  /** The pieces of the element that has not ended yet. */
  #unfinished: string[] = [];
  #elements = 0;

  constructor(name: string) {
    this.#name = name;
  }

  push(text: string, items: unknown[]): void {
    if (this.#ended) return this.#refuseMore(text);
    let start = 0;
    for (let at = 0; at < text.length; at++) {
      if (this.#inString) {
        at = this.#endOfString(text, at);
        continue;
      }
      switch (text.charCodeAt(at)) {
        case QUOTE:
          this.#inString = true;
          break;
        case OPEN_BRACKET:
        case OPEN_BRACE:
          if (this.#depth++ === 0) start = at + 1;
          break;
        case CLOSE_BRACE:
          this.#depth--;
          break;
        case CLOSE_BRACKET:
          if (--this.#depth > 0) break;
          this.#lastElement(text.slice(start, at), items);
          this.#ended = true;
          return this.#refuseMore(text.slice(at + 1));
        case COMMA:
          if (this.#depth !== 1) break;
          this.#element(text.slice(start, at), items);
          start = at + 1;
          break;
      }
    }
    this.#unfinished.push(text.slice(start));
  }

  end(): void {
    if (!this.#ended)
      throw inputError(this.#name, `the array does not end, after ${this.#elements} elements`);
  }

  /** The place of the quote that ends the string, or the end of the text. */
  #endOfString(text: string, from: number): number {
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (this.#escaped) this.#escaped = false;
      else if (code === BACKSLASH) this.#escaped = true;
      else if (code === QUOTE) {
        this.#inString = false;
        return at;
      }
    }
    return text.length;
  }

  #element(lastPiece: string, items: unknown[]): void {
    const text = this.#unfinished.join("") + lastPiece;
    this.#unfinished = [];
    this.#elements++;
    try {
      items.push(parseJson(text));
    } catch (error) {
      const where = `${this.#name}, element ${this.#elements} of the array`;
      throw inputError(where, `${quoted(text.trim())} is not JSON: ${oneLine(error)}`);
    }
  }

  /** An array may be empty; a comma must be followed by an element. */
  #lastElement(lastPiece: string, items: unknown[]): void {
    const isEmpty = this.#elements === 0 && (this.#unfinished.join("") + lastPiece).trim() === "";
    if (!isEmpty) this.#element(lastPiece, items);
  }

  #refuseMore(text: string): void {
    const rest = text.trim();
    if (rest === "") return;
    throw inputError(
      this.#name,
      `${quoted(rest)} follows the end of the array; for one array a line, name the file .jsonl`,
    );
  }
}
