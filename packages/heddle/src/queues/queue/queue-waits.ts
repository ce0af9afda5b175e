/**
 * Waiting at a queue: for an item, for room, for all to be done.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { ANSWER, CELL, type Place } from "../../sync/index.ts";
import { Item, readItem } from "./items.ts";
import type { QueueCore } from "./queue-core.ts";
import { type Attempt, GET, JOIN, PUT, TAKEN, type Want } from "./queue-words.ts";

/** What waits in one way at one queue. */
abstract class QueuePlace<T> implements Place<T> {
  readonly object: number;
  readonly operation: string;
  readonly #core: QueueCore;
  readonly #want: Want;
  /** Has what is to be put, whenever a wait begins. */
  readonly #item: Item | undefined;

  constructor(core: QueueCore, want: Want, operation: string, item?: Item) {
    this.#item = item;
    this.object = core.object;
    this.operation = operation;
    this.#core = core;
    this.#want = want;
  }

  enlist(node: number): boolean {
    this.#core.enlist(node, this.#want, this.#item);
    return false;
  }

  pump(): boolean {
    return this.#core.pump();
  }

  abstract collect(node: number): T;
}

/** Waits for an item. */
export class GetPlace<T> extends QueuePlace<T> {
  readonly #heap: Heap;
  readonly #item: Item;
  readonly #receive: (how: Attempt, item: Item) => T;

  /** @param receive - Makes of the item what the wait gives. */
  constructor(heap: Heap, core: QueueCore, operation: string, receive: (how: Attempt, item: Item) => T) {
    super(core, GET, operation);
    this.#heap = heap;
    this.#item = new Item(heap);
    this.#receive = receive;
  }

  collect(node: number): T {
    const how = this.#heap.peek(node + ANSWER) as Attempt;
    readItem(this.#heap, node + CELL, this.#item);
    this.markTaken(node);
    return this.#receive(how, this.#item);
  }

  /** From here on the item is lost with this thread, rather than had twice. */
  markTaken(node: number): void {
    this.#heap.poke(node + ANSWER, TAKEN);
  }
}

/** Waits for room. */
export class PutPlace extends QueuePlace<Attempt> {
  readonly #heap: Heap;

  constructor(heap: Heap, core: QueueCore, operation: string, item: Item) {
    super(core, PUT, operation, item);
    this.#heap = heap;
  }

  collect(node: number): Attempt {
    return this.#heap.peek(node + ANSWER) as Attempt;
  }
}

/** Waits for all to be done. */
export class JoinPlace extends QueuePlace<void> {
  constructor(core: QueueCore, operation: string) {
    super(core, JOIN, operation);
  }

  collect(): void {}
}
