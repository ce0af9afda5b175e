/** Looks at the options of queues, at the door. */
import { inspect } from "node:util";
import { hintFor, type WaitOptions } from "../sync/index.ts";
import type { QueueShutdownOptions } from "./queue/queue.ts";

/** A larger bound is never reached: it is none. */
const LARGEST_MAX_SIZE = 2 ** 30;

/** Gives how many items there may be; 0 for no bound. Half an item is one. */
export function checkMaxSize(maxSize: number | undefined, name: string): number {
  if (maxSize === undefined) return 0;
  if (typeof maxSize !== "number") {
    throw new TypeError(`Cannot make a ${name}: its maxSize must be a number, and is ${inspect(maxSize)}`);
  }
  if (Number.isNaN(maxSize)) {
    throw new RangeError(
      `Cannot make a ${name}: its maxSize must be the number of items, or 0 for no bound, and is ${maxSize}`,
    );
  }
  return maxSize > LARGEST_MAX_SIZE || maxSize < 0 ? 0 : Math.ceil(maxSize);
}

/** Whether a shutdown drops what is in the queue. */
export function checkShutdown(options: QueueShutdownOptions | undefined, operation: string): boolean {
  if (options === undefined) return false;
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `Cannot begin ${operation}: its options must be an object such as { immediate: true }, and are ${inspect(options)}`,
    );
  }
  for (const key in options) {
    if (key === "immediate") continue;
    const hint = hintFor(key, ["immediate"]);
    throw new TypeError(`Cannot begin ${operation}: it has no option ${key}; ${hint}it knows immediate`);
  }
  const { immediate = false } = options;
  if (typeof immediate !== "boolean") {
    throw new TypeError(
      `Cannot begin ${operation}: immediate must be a boolean, and is ${inspect(immediate)}`,
    );
  }
  return immediate;
}

const NOT_TO_WAIT: readonly string[] = ["priority"];
const TO_WAIT: readonly string[] = ["priority", "timeoutMs", "signal"];

/** What puts an item into a queue with priorities is given. */
export type PutOptions = WaitOptions & { readonly priority?: number };

/**
 * Gives the priority of an item. What else the options have is looked at by who waits.
 *
 * @param waits - Whether it is to be put by a wait.
 */
export function checkPriority(options: PutOptions | undefined, operation: string, waits: boolean): number {
  if (options === undefined) return 0;
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `Cannot begin ${operation}: its options must be an object such as { priority: 1 }, and are ${inspect(options)}`,
    );
  }
  const known = waits ? TO_WAIT : NOT_TO_WAIT;
  for (const key in options) {
    if (!known.includes(key)) {
      throw new TypeError(
        `Cannot begin ${operation}: it has no option ${key}; ${hintFor(key, known)}it knows ${known.join(", ")}`,
      );
    }
  }
  const { priority = 0 }: { readonly priority?: unknown } = options;
  if (typeof priority !== "number") {
    throw new TypeError(
      `Cannot begin ${operation}: its priority must be a number, and is ${inspect(priority)}`,
    );
  }
  if (Number.isNaN(priority))
    throw new RangeError(`Cannot begin ${operation}: its priority is NaN, which has no place`);
  return priority;
}

/** The same options, for a put that knows no priority. */
export function withoutPriority(options: PutOptions | undefined): WaitOptions | undefined {
  if (options === undefined || (options.timeoutMs === undefined && options.signal === undefined))
    return undefined;
  const { priority: _, ...rest } = options;
  return rest;
}
