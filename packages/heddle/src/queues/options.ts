/** Looks at the options of queues, at the door. */
import { inspect } from "node:util";
import type { QueueShutdownOptions } from "./queue.ts";

/** A larger bound is never reached: it is none. */
const LARGEST_MAX_SIZE = 2 ** 30;

/** Gives how many items there may be; 0 for no bound. Half an item is one. */
export function checkMaxSize(maxSize: number | undefined): number {
  if (maxSize === undefined) return 0;
  if (typeof maxSize !== "number") {
    throw new TypeError(`Cannot make a queue: its maxSize must be a number, and is ${inspect(maxSize)}`);
  }
  if (Number.isNaN(maxSize)) {
    throw new RangeError(
      `Cannot make a queue: its maxSize must be the number of items, or 0 for no bound, and is ${maxSize}`,
    );
  }
  return maxSize > LARGEST_MAX_SIZE || maxSize < 0 ? 0 : Math.ceil(maxSize);
}

/** Whether a shutdown drops what is in the queue. */
export function checkShutdown(options: QueueShutdownOptions | undefined): boolean {
  if (options === undefined) return false;
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `Cannot shut down a queue: its options must be an object such as { immediate: true }, and are ${inspect(options)}`,
    );
  }
  const { immediate = false } = options;
  if (typeof immediate !== "boolean") {
    throw new TypeError(
      `Cannot shut down a queue: immediate must be a boolean, and is ${inspect(immediate)}`,
    );
  }
  return immediate;
}

/** Gives the priority of an item. */
export function checkPriority(options: { readonly priority?: number } | undefined): number {
  if (options === undefined) return 0;
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `Cannot put an item: its options must be an object such as { priority: 1 }, and are ${inspect(options)}`,
    );
  }
  const { priority = 0 }: { readonly priority?: unknown } = options;
  if (typeof priority !== "number") {
    throw new TypeError(`Cannot put an item: its priority must be a number, and is ${inspect(priority)}`);
  }
  if (Number.isNaN(priority))
    throw new RangeError("Cannot put an item: its priority is NaN, which has no place");
  return priority;
}
