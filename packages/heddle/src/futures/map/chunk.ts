/**
 * Several items in one call.
 *
 * @packageDocumentation
 */
import { types } from "node:util";
import { declareEverywhere, portable } from "../../portable/index.ts";
import { throwIfCancelled } from "../../scopes/index.ts";

// Workers of a bundle have it, too.
declareEverywhere("throwIfCancelled", throwIfCancelled);

/** What became of the items of a chunk. */
export interface ChunkOutcome {
  /** The results in order; nothing of meaning where an item failed. */
  values: unknown[];
  /** Which items failed (their place in the chunk), and with what. */
  errors: [place: number, error: unknown][];
  /** Which of them only say that the chunk was told to stop. Absent where it was not. */
  stopped?: readonly number[];
  /** How long the bodies took in all, in milliseconds. */
  elapsedMs: number;
  /** Whether a body gave a promise. */
  waited: boolean;
  "heddle.chunk": true;
}

/** Whether a worker's result is that of {@link runChunk}, and not of a function that a user submitted. */
export function isChunkOutcome(result: unknown): result is ChunkOutcome {
  return (
    typeof result === "object" &&
    result !== null &&
    !types.isProxy(result) &&
    Object.hasOwn(result, CHUNK_MARK)
  );
}

/** What its items have failed with, apart from being told to stop. */
export function failuresIn({ errors, stopped = [] }: ChunkOutcome): unknown[] {
  return errors.filter(([place]) => !stopped.includes(place)).map(([, error]) => error);
}

/** Nobody else names a property so. */
const CHUNK_MARK = "heddle.chunk";

type ItemFunction = (item: unknown, index: number) => unknown;

/**
 * Calls `fn` for each item, until it is told to stop. Runs in a worker, and therefore stands on nothing there but what is declared.
 *
 * @param first - The index of the first item.
 * @param failFast - Whether the items after the first failure are left out.
 * @param check - `throwIfCancelled`: an argument, as a minifier renames what is captured.
 */
export const runChunk: (
  fn: ItemFunction,
  first: number,
  items: readonly unknown[],
  failFast: boolean,
  check: () => void,
) => ChunkOutcome | Promise<ChunkOutcome> = portable(
  (fn: ItemFunction, first: number, items: readonly unknown[], failFast: boolean, check: () => void) => {
    const began = performance.now();
    // Whether it is told to stop is looked at about once in a millisecond: a look costs as much as a cheap item.
    let untilLook = 1;
    let stride = 1;
    let lookedMs = began;
    const look = (): void => {
      check();
      const nowMs = performance.now();
      stride = nowMs - lookedMs < 1 ? Math.min(2 * stride, 4096) : 1;
      untilLook = stride;
      lookedMs = nowMs;
    };
    const values: unknown[] = [];
    const errors: [number, unknown][] = [];
    const outcome = (waited: boolean): ChunkOutcome => ({
      values,
      errors,
      elapsedMs: performance.now() - began,
      waited,
      "heddle.chunk": true,
    });

    const fail = (place: number, error: unknown): void => {
      values.push(undefined);
      errors.push([place, error]);
    };

    /** Told to stop before this item. What has failed until then is told, the rest left out. */
    const stop = (place: number, reason: unknown, waited: boolean): ChunkOutcome => {
      if (errors.length === 0) throw reason;
      fail(place, reason);
      return outcome(waited);
    };

    const goOn = async (place: number, pending: unknown): Promise<ChunkOutcome> => {
      for (;;) {
        try {
          values.push(await pending);
        } catch (error) {
          fail(place, error);
          if (failFast) break;
        }
        if (++place === items.length) break;
        try {
          check();
        } catch (reason) {
          return stop(place, reason, true);
        }
        try {
          pending = fn(items[place], first + place);
        } catch (error) {
          pending = Promise.reject(error);
        }
      }
      return outcome(true);
    };

    for (let place = 0; place < items.length; place++) {
      try {
        if (--untilLook === 0) look();
      } catch (reason) {
        return stop(place, reason, false);
      }
      try {
        const value = fn(items[place], first + place);
        if (
          value !== null &&
          typeof value === "object" &&
          typeof (value as PromiseLike<unknown>).then === "function"
        ) {
          return goOn(place, value);
        }
        values.push(value);
      } catch (error) {
        fail(place, error);
        if (failFast) break;
      }
    }
    return outcome(false);
  },
);
