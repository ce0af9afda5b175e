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

/** In word 0: words 2 and 3 mean something. Without it they are neither written nor read. */
export const WIDE = 0x80;

/** Writes a cell's words. */
export function writeCell(words: Pick<Heap, "poke">, at: number, cell: CellWords): void {
  words.poke(at, cell.w0);
  words.poke(at + 4, cell.w1);
  if ((cell.w0 & WIDE) === 0) return;
  words.poke(at + 8, cell.w2);
  words.poke(at + 12, cell.w3);
}

/** Reads a cell's words. */
export function readCell(words: Pick<Heap, "peek">, at: number, cell: CellWords): void {
  const w0 = words.peek(at);
  cell.w0 = w0;
  cell.w1 = words.peek(at + 4);
  if ((w0 & WIDE) === 0) return;
  cell.w2 = words.peek(at + 8);
  cell.w3 = words.peek(at + 12);
}
