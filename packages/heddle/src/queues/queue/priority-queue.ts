/**
 * A queue that gives the item with the lowest priority first.
 *
 * @packageDocumentation
 */
import { ObjectKind, type WaitOptions } from "../../sync/index.ts";
import { checkPriority, withoutPriority } from "../options.ts";
import { registerQueue } from "./queue-kinds.ts";
import { operationsOf, Queue, setPriority } from "./queue.ts";

/** Where an item comes in a queue with priorities. */
export interface PriorityOptions {
  /** The lowest comes first; of equal ones the one that was put first. Any number but NaN. Default 0. */
  priority?: number;
}

/**
 * Items on their way between threads, the one with the lowest priority first, and of equal ones the oldest. In all else it is
 * a {@link Queue}.
 *
 * @remarks
 * Cost: a put or a get holds the queue's gate while an address moves through as many levels as a heap of all items has;
 * threads that do so at once wait for each other.
 *
 * @example
 * ```ts
 * import { PriorityQueue } from "heddle";
 *
 * const queue = new PriorityQueue<string>();
 * queue.putSync("later", { priority: 2 });
 * queue.putSync("now", { priority: -1 });
 * queue.getSync(); // => "now"
 * ```
 */
export class PriorityQueue<T> extends Queue<T> {
  override put(item: T, options?: WaitOptions & PriorityOptions): Promise<void> {
    try {
      setPriority(this, checkPriority(options, operationsOf(this).put, true));
    } catch (error) {
      return Promise.reject(error);
    }
    return super.put(item, withoutPriority(options));
  }

  override putSync(item: T, options?: WaitOptions & PriorityOptions): void {
    setPriority(this, checkPriority(options, operationsOf(this).putSync, true));
    super.putSync(item, withoutPriority(options));
  }

  override tryPut(item: T, options?: PriorityOptions): boolean {
    setPriority(this, checkPriority(options, operationsOf(this).tryPut, false));
    return super.tryPut(item);
  }
}

registerQueue(PriorityQueue, "PriorityQueue", ObjectKind.PRIORITY_QUEUE, "lowestFirst");
