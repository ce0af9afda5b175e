/**
 * The words of a cell, in memory and on their way.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";

export const CELL_BYTES = 16;

/** Four words that are put into a cell, or were taken out of one. */
export interface CellWords {
  w0: number;
  w1: number;
  w2: number;
  w3: number;
}

/** Writes a cell's words. */
export function writeCell(words: Pick<Heap, "poke">, at: number, cell: CellWords): void {
  words.poke(at, cell.w0);
  words.poke(at + 4, cell.w1);
  words.poke(at + 8, cell.w2);
  words.poke(at + 12, cell.w3);
}

/** Reads a cell's words. */
export function readCell(words: Pick<Heap, "peek">, at: number, cell: CellWords): void {
  cell.w0 = words.peek(at);
  cell.w1 = words.peek(at + 4);
  cell.w2 = words.peek(at + 8);
  cell.w3 = words.peek(at + 12);
}
