/**
 * Where items come from, whatever it is.
 *
 * @packageDocumentation
 */
import type { Format } from "../input-arguments.ts";
import type { MapArguments } from "../map-arguments.ts";
import { fileSource, standardInputSource } from "./file.ts";
import { itemsSource } from "./items.ts";

/** Consecutive items, and how many bytes of the input went into them. */
export interface Batch {
  readonly items: readonly unknown[];
  readonly bytes: number;
}

/** An input that was opened and is read once. */
export interface Source {
  /** What messages call it. */
  readonly name: string;
  readonly format: Format;
  /** The size of a regular file; absent when it cannot be known. */
  readonly sizeBytes?: number;
  /** How many items there are, when that is known before the end. */
  readonly total?: number;
  /** Words by which a journal knows the input again. */
  readonly identity: string;
  /**
   * The items, in order; more is read only when the next batch is asked for.
   *
   * @throws `CommandError` with the code `ERR_HEDDLE_INPUT`, after the items before the faulty one.
   */
  readonly batches: AsyncIterable<Batch>;
  /** Lets go of the input, read to its end or not. */
  close(): void;
}

/**
 * Opens what the command line names.
 *
 * @throws `CommandError` with the code `ERR_HEDDLE_INPUT` when it cannot be read.
 */
export async function openSource({
  input,
  items,
  format,
}: Pick<MapArguments, "input" | "items" | "format">): Promise<Source> {
  if (input === undefined) return itemsSource(items, format ?? "lines");
  return input === "-" ? standardInputSource(format ?? "lines") : fileSource(input, format);
}
