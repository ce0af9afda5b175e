/**
 * The kinds of queues: how each keeps its items.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import {
  type Monitor,
  type Reach,
  registerReclaim,
  registerShared,
  SHARED,
  type SharedObject,
  thisThreadIn,
} from "../../sync/index.ts";
import { HeapItems } from "./heap-items.ts";
import { Item, readItem } from "./items.ts";
import { QueueCore } from "./queue-core.ts";
import { FLAGS, ITEMS, MAX_SIZE, QUEUE_BYTES } from "./queue-layout.ts";
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

/** How users call what they do with queues of a class. */
export interface QueueOperations {
  readonly put: string;
  readonly putSync: string;
  readonly tryPut: string;
  readonly get: string;
  readonly getSync: string;
  readonly join: string;
  readonly joinSync: string;
  readonly shutdown: string;
}

function operationsOf(name: string): QueueOperations {
  return {
    put: `${name}.put()`,
    putSync: `${name}.putSync()`,
    tryPut: `${name}.tryPut()`,
    get: `${name}.get()`,
    getSync: `${name}.getSync()`,
    join: `${name}.join()`,
    joinSync: `${name}.joinSync()`,
    shutdown: `${name}.shutdown()`,
  };
}

/** A class of queues. */
export interface QueueKind {
  readonly name: string;
  readonly form: QueueForm;
  readonly operations: QueueOperations;
}

const kinds = new Map<object, QueueKind>();

/** Declares a class of queues. */
export function registerQueue(
  cls: new () => SharedObject,
  name: string,
  kind: number,
  form: QueueForm,
): void {
  kinds.set(cls, { name, form, operations: operationsOf(name) });
  const destroy = (heap: Heap, object: number): void => form.free(heap, thisThreadIn(heap).monitor, object);
  registerShared(cls, { kind, name, version: 1, sizeBytes: QUEUE_BYTES, options: ["maxSize"], destroy });
  registerReclaim(kind, (monitor, object, node) =>
    form.core(thisThreadIn(monitor.words).heap, monitor, object).reclaim(node),
  );
}

/** A class of queues, or else the next one of those that it extends. */
export function queueKind(cls: object): QueueKind {
  for (let up = cls; ; up = Object.getPrototypeOf(up) as object) {
    const kind = kinds.get(up);
    if (kind !== undefined) return kind;
  }
}
