/**
 * Values that a stream sends together.
 *
 * A value is sent as it was when it was yielded, whatever its function does with it afterwards. Most can wait for that as they
 * are, for they never change; others are stored in the heap meanwhile, and the batch has the addresses of their blocks.
 *
 * @packageDocumentation
 */
import { storedValues } from "../../sync/index.ts";

/** A batch as it is written. */
export interface StreamBatch {
  /** Values, and addresses of stored ones. */
  readonly values: unknown[];
  /** Where in `values` the addresses stand, in order. */
  readonly stored: number[];
}

/** What travels of a batch. */
export type SentBatch = readonly [values: unknown[], stored: number[]];

export const newBatch = (): StreamBatch => ({ values: [], stored: [] });

/** Whether a value stays as it is by itself. */
export function isLasting(value: unknown): boolean {
  return value === null || (typeof value !== "object" && typeof value !== "function");
}

/** Stores a value as it is now. Gives whether that was possible. If not, nothing was done: it may be one that only a port can carry. */
export function tryStore(batch: StreamBatch, value: unknown): boolean {
  let block: number;
  try {
    block = storedValues().store(value, "value");
  } catch {
    return false;
  }
  batch.stored.push(batch.values.length);
  batch.values.push(block);
  return true;
}

/** Frees the blocks of a batch, or those from a place on. */
export function dropStored({ values, stored }: StreamBatch, from: number = 0): void {
  for (const place of stored) if (place >= from) storedValues().drop(values[place] as number);
}

/**
 * The values of a batch that has arrived.
 *
 * @returns Those before the first one that this thread cannot have; and why, if there is one.
 * @throws `NotLoadedError` when a module has to be imported first: await it and try again. The batch stays then.
 */
export function takeBatch(
  [values, stored]: SentBatch,
  isNotLoaded: (error: unknown) => boolean,
): { values: unknown[]; fault?: { error: unknown } } {
  const taken = [...values];
  let fault: { error: unknown } | undefined;
  for (const place of stored) {
    try {
      taken[place] = storedValues().read(values[place] as number);
    } catch (error) {
      if (isNotLoaded(error)) throw error;
      taken.length = place;
      fault = { error };
      break;
    }
  }
  dropStored({ values, stored });
  return { values: taken, ...(fault && { fault }) };
}
