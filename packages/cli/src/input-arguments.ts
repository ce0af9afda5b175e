/**
 * Which items a command is about.
 *
 * @packageDocumentation
 */
import { usageError } from "./errors.ts";

/** How the bytes of an input become items. */
export type Format = "lines" | "numbers" | "json" | "csv";
export const FORMATS: readonly Format[] = ["lines", "numbers", "json", "csv"];

export interface InputArguments {
  readonly items: readonly string[];
  /** A path, or `-` for standard input. */
  readonly input?: string;
  readonly format?: Format;
}

/**
 * @param verb - What the command does with them.
 * @throws `CommandError` with the code `ERR_HEDDLE_USAGE` when there are no items, two sources of them, or they cannot be what
 * the format says.
 */
export function refuseWrongInput(verb: string, { items, input, format }: InputArguments): void {
  if (items.length > 0 && input !== undefined) {
    throw usageError("Cannot use --input together with ITEMs: give one of the two");
  }
  if (items.length === 0 && input === undefined) {
    throw usageError(`Cannot ${verb}: no input; give ITEMs, --input FILE, or --input - for standard input`);
  }
  if (items.length > 0 && format === "csv") {
    throw usageError("Cannot read ITEMs as csv: give --input FILE, or another --format");
  }
}
