/**
 * The classes of queues.
 *
 * @packageDocumentation
 */
import { queueing } from "../queueing-later.ts";
import { registerReclaim, registerShared, type SharedObject, thisThreadIn } from "../../sync/index.ts";

/** The name of a `QueueForm`. */
export type QueueOrder = "oldestFirst" | "youngestFirst" | "lowestFirst";

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
  /** In which order items are taken. */
  readonly order: QueueOrder;
  readonly operations: QueueOperations;
}

const kinds = new Map<object, QueueKind>();

/** Declares a class of queues. */
export function registerQueue(
  cls: new () => SharedObject,
  name: string,
  kind: number,
  order: QueueOrder,
): void {
  kinds.set(cls, { name, order, operations: operationsOf(name) });
  registerShared(cls, {
    kind,
    name,
    version: 1,
    get sizeBytes() {
      return queueing().QUEUE_BYTES;
    },
    options: ["maxSize"],
    destroy: (heap, object) => queueing()[order].free(heap, thisThreadIn(heap).monitor, object),
  });
  registerReclaim(kind, (monitor, object, node) =>
    queueing()[order].core(thisThreadIn(monitor.words).heap, monitor, object).reclaim(node),
  );
}

/** A class of queues, or else the next one of those that it extends. */
export function queueKind(cls: object): QueueKind {
  for (let up = cls; ; up = Object.getPrototypeOf(up) as object) {
    const kind = kinds.get(up);
    if (kind !== undefined) return kind;
  }
}
