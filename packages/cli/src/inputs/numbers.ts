/**
 * One number a line.
 *
 * @packageDocumentation
 */
import { LineSplitter } from "./lines.ts";
import { inputError, quoted, type Parser } from "./parser.ts";

/** An integer that is surely below 2⁵³. */
const SHORT_INTEGER = /^[+-]?\d{1,15}$/;
const INTEGER = /^[+-]?\d+$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** An integer written as JavaScript writes it: nothing is lost when it is read as a number. */
const CANONICAL_INTEGER = /^(0|-?[1-9]\d*)$/;

/** That of UTF-8, its bytes taken for characters. */
const BYTE_ORDER_MARK = "\u00EF\u00BB\u00BF";

/** How much of a file is looked at to guess its format. */
const GUESS_BYTES = 64 * 1024;

/**
 * Reads a decimal number. An integer beyond 2⁵³ − 1 becomes a bigint, so that no digit is lost.
 *
 * @returns `undefined` when `text` is no finite number.
 */
export function parseNumber(text: string): number | bigint | undefined {
  if (SHORT_INTEGER.test(text)) return Number(text);
  if (!NUMBER.test(text)) return undefined;
  const value = Number(text);
  if (INTEGER.test(text) && !Number.isSafeInteger(value)) return BigInt(text.replace("+", ""));
  return Number.isFinite(value) ? value : undefined;
}

/**
 * Whether a file that begins so holds numbers and nothing else, each written as JavaScript writes it, so that taking them
 * for numbers loses nothing: not the zeros of `00123`, not the digits of `1.50`.
 *
 * @param isWhole - Whether `block` is all there is.
 */
export function holdsOnlyNumbers(block: Uint8Array, isWhole: boolean): boolean {
  const splitter = new LineSplitter();
  const text = Buffer.from(block.subarray(0, GUESS_BYTES)).toString("latin1");
  const lines = splitter.split(text.startsWith(BYTE_ORDER_MARK) ? text.slice(BYTE_ORDER_MARK.length) : text);
  const last = splitter.end();
  if (isWhole && block.length <= GUESS_BYTES && last !== undefined) lines.push(last);
  return lines.length > 0 && lines.every(isCanonical);
}

function isCanonical(text: string): boolean {
  return CANONICAL_INTEGER.test(text) || (NUMBER.test(text) && String(Number(text)) === text);
}

/** Every line is a number, with or without spaces around it. Blank lines are skipped. */
export class NumbersParser implements Parser {
  readonly #splitter = new LineSplitter();
  readonly #name: string;
  readonly #guessed: boolean;
  #line = 0;

  /** @param guessed - Whether the format was guessed: then what reading as a number would change is refused. */
  constructor(name: string, guessed: boolean) {
    this.#name = name;
    this.#guessed = guessed;
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
    const text = line.trim();
    if (text === "" && !this.#guessed) return;
    const value = this.#guessed && !isCanonical(line) ? undefined : parseNumber(text);
    if (value === undefined) throw this.#fault(line);
    items.push(value);
  }

  #fault(line: string): Error {
    const where = `${this.#name}, line ${this.#line}`;
    if (!this.#guessed) return inputError(where, `${quoted(line)} is not a number`);
    return inputError(
      where,
      `${quoted(line)} after lines that were all plain numbers; say --format lines or --format numbers`,
    );
  }
}
