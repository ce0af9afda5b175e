/**
 * What a queue keeps its items in, and an item on its way.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { readCell, writeCell } from "../cells/cell-words.ts";
import { CellCoder } from "../cells/cells.ts";

/** An item on its way into a queue, or out of one. */
export class Item extends CellCoder {
  /** Of a queue with priorities: the lowest is the next. */
  priority = 0;

  /** The same item, for when it must outlive its words: these are not to be dropped then. */
  copy(): Item {
    const copy = new Item(this.heap);
    copy.set(this);
    return copy;
  }

  set(other: Item): void {
    this.takeFrom(other);
    this.priority = other.priority;
  }
}

/** The items of a queue, within a section on it. To be opened, used, and closed before the section ends. */
export interface Items {
  open(): void;
  close(): void;
  readonly size: number;
  /** Whether one more can be put, or taken, before the section must end. */
  readonly canPut: boolean;
  readonly canTake: boolean;
  /** Throws `HeapFullError`; then nothing was put. */
  put(item: Item): void;
  /** Takes the next item, of which there must be one. */
  take(item: Item): void;
  /** Makes an item the next one that was so before. Throws `HeapFullError`; then it is not. */
  putBack(item: Item): void;
  /**
   * Takes all items out of a queue into which no more will come. Once the section is committed they are dropped.
   *
   * @param drop - Is given where the words of a cell stand.
   */
  takeAll(drop: (at: number) => void): void;
}

/** What anybody may know of the items at any moment. */
export interface ItemCounts {
  readonly size: number;
  /** How many were ever put, modulo 2³². */
  readonly putCount: number;
}

/** A cell and a priority. */
export const ITEM_BYTES = 24;
const PRIORITY = 16;

const doubles = new Float64Array(1);
const halves = new Int32Array(doubles.buffer);

export function writeDouble(words: Pick<Heap, "poke">, at: number, value: number): void {
  doubles[0] = value;
  words.poke(at, halves[0]!);
  words.poke(at + 4, halves[1]!);
}

export function readDouble(words: Pick<Heap, "peek">, at: number): number {
  halves[0] = words.peek(at);
  halves[1] = words.peek(at + 4);
  return doubles[0]!;
}

/** Writes an item to where nobody else looks yet. */
export function writeItem(words: Pick<Heap, "poke">, at: number, item: Item): void {
  writeCell(words, at, item);
  writeDouble(words, at + PRIORITY, item.priority);
}

export function readItem(words: Pick<Heap, "peek">, at: number, item: Item): void {
  readCell(words, at, item);
  item.priority = readDouble(words, at + PRIORITY);
}
