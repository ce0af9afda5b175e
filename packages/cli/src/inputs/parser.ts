/**
 * What the parsers of all formats have in common.
 *
 * @packageDocumentation
 */
import { CommandError } from "../errors.ts";

/** Turns the text of an input into items, piece by piece. */
export interface Parser {
  /**
   * Adds to `items` what `text` completes. The end of an unfinished item is kept for the next call.
   *
   * @throws `CommandError`, after the items before the faulty one were added.
   */
  push(text: string, items: unknown[]): void;
  /** Adds what the end of the input completes. */
  end(items: unknown[]): void;
}

/** An input that cannot be understood, and where. */
export function inputError(where: string, problem: string): CommandError {
  return new CommandError("ERR_HEDDLE_INPUT", `Cannot read ${where}: ${problem}`);
}

/** A piece of the input for a message: in quotes, and not too much of it. */
export function quoted(text: string): string {
  return JSON.stringify(text.length <= 40 ? text : `${text.slice(0, 39)}…`);
}
