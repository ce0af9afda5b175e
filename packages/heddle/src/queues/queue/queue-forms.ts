/**
 * The kinds of queues: how each keeps its items.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { type Monitor, type Reach, SHARED } from "../../sync/index.ts";
import { HeapItems } from "./heap-items.ts";
import { Item, readItem } from "./items.ts";
import { QueueCore } from "./queue-core.ts";
import { FLAGS, ITEMS, MAX_SIZE } from "./queue-layout.ts";
import { freeRing, RingSection } from "../cells/ring-section.ts";
import { Ring } from "../cells/ring.ts";
import { StackItems } from "./stack-items.ts";

/** What differs between the kinds. */
export interface QueueForm {
  /** Makes zeroed memory an empty queue. */
  initialise(heap: Heap, object: number): void;
  core(heap: Heap, monitor: Monitor, object: number, reach?: Reach): QueueCore;
  free(heap: Heap, monitor: Monitor, object: number): void;
}

/** Frees what the cell at an address refers to. */
function dropIn(heap: Heap): (at: number) => void {
  return (at) => {
    const item = new Item(heap);
    readItem(heap, at, item);
    item.drop();
  };
}

function ringOf(heap: Heap, monitor: Monitor, object: number, reach: Reach = SHARED): Ring {
  const capacity = heap.peek(object + MAX_SIZE);
  return new Ring(heap, monitor, { address: object + ITEMS, flags: object + FLAGS, capacity, reach });
}

export const oldestFirst: QueueForm = {
  initialise: (heap, object) => Ring.initialise(heap, object + ITEMS),
  core(heap, monitor, object, reach) {
    const ring = ringOf(heap, monitor, object, reach);
    return new QueueCore({
      heap,
      monitor,
      object,
      items: new RingSection(heap, monitor, ring),
      counts: ring,
      ring,
      drop: dropIn(heap),
    });
  },
  free: (heap, monitor, object) => freeRing(heap, ringOf(heap, monitor, object), dropIn(heap)),
};

export const youngestFirst: QueueForm = formOf(StackItems);

export const lowestFirst: QueueForm = formOf(HeapItems);

/** The form of a queue whose items, of which zeroed memory has none, are kept by an object of a class. */
function formOf(
  kind: new (heap: Heap, monitor: Monitor, object: number) => StackItems | HeapItems,
): QueueForm {
  return {
    initialise() {},
    core(heap, monitor, object) {
      const items = new kind(heap, monitor, object);
      return new QueueCore({
        heap,
        monitor,
        object,
        items,
        counts: items,
        ring: undefined,
        drop: dropIn(heap),
      });
    },
    free: (heap, monitor, object) => new kind(heap, monitor, object).free(dropIn(heap)),
  };
}
