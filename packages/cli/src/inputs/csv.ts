/**
 * Comma-separated values whose first row names the fields.
 *
 * Source: RFC 4180. Departs from it: a quote inside a field that does not begin with one is an ordinary character, as
 * spreadsheets read it; rows may end with `\n` alone; empty rows are skipped.
 *
 * @packageDocumentation
 */
import { inputError, quoted, type Parser } from "./parser.ts";

const NEW_LINE = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;

/**
 * ```text
 *          quote               quote
 * start ──────────▶ quoted ◀──────────▶ closed     closed: the quote either ended the field or was the
 *   ▲ └──▶ plain                          │        first half of "", a quote that belongs to it
 *   └────────┴───── comma, end of row ────┘
 * ```
 */
type State = "start" | "plain" | "quoted" | "closed";

/** Each row after the first is an object of strings. */
export class CsvParser implements Parser {
  readonly #name: string;
  #state: State = "start";
  /** The pieces of the field that has not ended yet. */
  #pieces: string[] = [];
  #row: string[] = [];
  #header: string[] | undefined;
  /** The line that is being read, and the ones where the row and the quoted field began. */
  #line = 1;
  #rowLine = 1;
  #quoteLine = 1;

  constructor(name: string) {
    this.#name = name;
  }

  push(text: string, items: unknown[]): void {
    let at = 0;
    while (at < text.length) {
      switch (this.#state) {
        case "start":
          at = this.#start(text, at);
          break;
        case "plain":
          at = this.#plain(text, at, items);
          break;
        case "quoted":
          at = this.#quoted(text, at);
          break;
        case "closed":
          at = this.#closed(text, at, items);
          break;
      }
    }
  }

  end(items: unknown[]): void {
    if (this.#state === "quoted") {
      throw inputError(
        `${this.#name}, line ${this.#quoteLine}`,
        "the quoted field that begins there does not end",
      );
    }
    if (this.#state === "plain") this.#endPlainRow(items);
    else if (this.#state === "closed" || this.#row.length > 0) this.#endRow(items);
  }

  #start(text: string, at: number): number {
    if (text.charCodeAt(at) !== QUOTE) {
      this.#state = "plain";
      return at;
    }
    this.#state = "quoted";
    this.#quoteLine = this.#line;
    return at + 1;
  }

  #plain(text: string, from: number, items: unknown[]): number {
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code !== COMMA && code !== NEW_LINE) continue;
      this.#pieces.push(text.slice(from, at));
      if (code === COMMA) this.#endField();
      else this.#endPlainRow(items);
      return at + 1;
    }
    this.#pieces.push(text.slice(from));
    return text.length;
  }

  #quoted(text: string, from: number): number {
    const quote = text.indexOf('"', from);
    const end = quote === -1 ? text.length : quote;
    const piece = text.slice(from, end);
    this.#pieces.push(piece);
    this.#line += piece.split("\n").length - 1;
    if (quote !== -1) this.#state = "closed";
    return end + 1;
  }

  #closed(text: string, at: number, items: unknown[]): number {
    const character = text[at]!;
    if (character === '"') {
      this.#pieces.push('"');
      this.#state = "quoted";
    } else if (character === ",") {
      this.#endField();
    } else if (character === "\n") {
      this.#endRow(items);
    } else if (character === "\r") {
      this.#pieces.push("\r");
      this.#state = "plain";
    } else {
      throw inputError(
        `${this.#name}, line ${this.#line}`,
        `${quoted(character)} follows the quote that ends a field`,
      );
    }
    return at + 1;
  }

  #endField(): void {
    this.#row.push(this.#pieces.length === 1 ? this.#pieces[0]! : this.#pieces.join(""));
    this.#pieces = [];
    this.#state = "start";
  }

  /** Ends a row whose last field is not in quotes: a return before its end belongs to the end. */
  #endPlainRow(items: unknown[]): void {
    const field = this.#pieces.join("");
    this.#pieces = [field.endsWith("\r") ? field.slice(0, -1) : field];
    const isBlank = this.#row.length === 0 && this.#pieces[0] === "";
    if (isBlank) this.#nextLine();
    else this.#endRow(items);
  }

  #endRow(items: unknown[]): void {
    this.#endField();
    this.#take(this.#row, items);
    this.#nextLine();
  }

  #nextLine(): void {
    this.#row = [];
    this.#pieces = [];
    this.#state = "start";
    this.#line++;
    this.#rowLine = this.#line;
  }

  #take(row: readonly string[], items: unknown[]): void {
    const where = `${this.#name}, line ${this.#rowLine}`;
    if (this.#header === undefined) {
      const repeated = row.find((name, column) => row.indexOf(name) !== column);
      if (repeated !== undefined) throw inputError(where, `two columns are named ${quoted(repeated)}`);
      this.#header = [...row];
      return;
    }
    const header = this.#header;
    if (row.length !== header.length) {
      throw inputError(where, `${row.length} fields where the first row has ${header.length}`);
    }
    items.push(Object.fromEntries(row.map((field, column) => [header[column]!, field])));
  }
}
