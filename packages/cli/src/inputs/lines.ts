/**
 * Text cut into lines.
 *
 * @packageDocumentation
 */
import type { Parser } from "./parser.ts";

/** Cuts text into lines as it comes. A line ends with `\n` or `\r\n`; the last one may lack its end. */
export class LineSplitter {
  /** The pieces of the line that has not ended yet. */
  #unfinished: string[] = [];

  /** The lines that `text` completes. */
  split(text: string): string[] {
    const lastEnd = text.lastIndexOf("\n");
    if (lastEnd === -1) {
      this.#unfinished.push(text);
      return [];
    }
    const lines = (this.#unfinished.join("") + text.slice(0, lastEnd)).split("\n");
    this.#unfinished = [text.slice(lastEnd + 1)];
    return text.includes("\r") || lines[0]!.endsWith("\r") ? lines.map(withoutReturn) : lines;
  }

  /** The last line, if it lacked its end. */
  end(): string | undefined {
    const rest = this.#unfinished.join("");
    this.#unfinished = [];
    return rest === "" ? undefined : withoutReturn(rest);
  }
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

/** Every line is an item, empty ones too. */
export class LinesParser implements Parser {
  readonly #splitter = new LineSplitter();

  push(text: string, items: unknown[]): void {
    for (const line of this.#splitter.split(text)) items.push(line);
  }

  end(items: unknown[]): void {
    const last = this.#splitter.end();
    if (last !== undefined) items.push(last);
  }
}
