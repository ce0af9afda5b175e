/**
 * A queue that gives the youngest item first.
 *
 * @packageDocumentation
 */
import { ObjectKind } from "../../sync/index.ts";
import { registerQueue } from "./queue-kinds.ts";
import { Queue } from "./queue.ts";

/**
 * Items on their way between threads, the youngest first: a stack. In all else it is a {@link Queue}.
 *
 * @remarks
 * Cost: a put or a get holds the queue's gate for some tens of nanoseconds; threads that do so at once wait for each other.
 *
 * @example
 * ```ts
 * import { LifoQueue } from "heddle";
 *
 * const stack = new LifoQueue<number>();
 * stack.putSync(1);
 * stack.putSync(2);
 * stack.getSync(); // => 2
 * ```
 */
export class LifoQueue<T> extends Queue<T> {}

registerQueue(LifoQueue, "LifoQueue", ObjectKind.LIFO_QUEUE, "youngestFirst");
