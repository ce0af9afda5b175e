/**
 * Drives an iterator for a reader who is elsewhere.
 *
 * @packageDocumentation
 */
import { types } from "node:util";

/** An iterator that yields without waiting lets timers and sockets have their turn after so long, in milliseconds. */
const SLICE_MS = 10;

/** Where the values go. */
export interface StreamSink {
  /** How many more values there is room for. */
  readonly room: number;
  /** Nobody wants another value. */
  readonly isLeft: boolean;
  /** The iterator is in the middle of a step, and waits for something. */
  isStepping: boolean;
  /** Takes a value, of which there is room for one. Throws if it cannot be sent. */
  put(value: unknown): void;
  /** Resolves when there may be room, or nobody may want more. */
  changed(): Promise<void>;
}

/** Why a body is told to stop that was waiting for something when its reader left. */
export function leftReason(): DOMException {
  return new DOMException("Nobody reads the values of this task any more", "AbortError");
}

type AnyIterator = Iterator<unknown, unknown> | AsyncIterator<unknown, unknown>;
type Step = IteratorResult<unknown, unknown>;

/**
 * Whether a result is to be streamed: an iterator in the middle of its function, or of something else that it goes through.
 * What has a way of its own to be iterated, such as an array or a queue, is sent as what it is.
 */
export function isStreamed(result: unknown): result is AnyIterator {
  if (typeof result !== "object" || result === null || types.isProxy(result)) return false;
  const prototype = Object.getPrototypeOf(result) as object | null;
  // Nearly all results are these.
  if (prototype === Object.prototype || prototype === Array.prototype || prototype === null) return false;
  return iteratorPrototype.isPrototypeOf(prototype) || asyncIteratorPrototype.isPrototypeOf(prototype);
}

const iteratorPrototype = Iterator.prototype as object;
const asyncGenerators = Object.getPrototypeOf(async function* () {}) as AsyncGeneratorFunction;
const asyncIteratorPrototype = Object.getPrototypeOf(asyncGenerators.prototype) as object;

/**
 * Puts all values of an iterator, as fast as there is room for them. When nobody wants more, ends it where it stands.
 *
 * @param inside - Calls a step in the context that the iterator's body is to see.
 * @returns What the iterator returned; nothing if it was ended before.
 * @throws What the iterator threw, or `put`. Then it was ended, too.
 */
export async function pull(
  iterator: AnyIterator,
  inside: <T>(step: () => T) => T,
  sink: StreamSink,
): Promise<unknown> {
  const next = (): Step | Promise<Step> => iterator.next();
  const end = async (): Promise<void> => void (await inside(() => iterator.return?.()));
  let sliceEnd = performance.now() + SLICE_MS;
  for (;;) {
    if (sink.isLeft) return await end();
    if (sink.room === 0) {
      await sink.changed();
      continue;
    }
    let step = inside(next);
    if (isThenable(step)) {
      sink.isStepping = true;
      try {
        step = await step;
      } finally {
        sink.isStepping = false;
      }
    }
    if (step.done === true) return step.value;
    try {
      // As `for await` does it with what a plain generator yields.
      sink.put(isThenable(step.value) ? await step.value : step.value);
    } catch (error) {
      // What it throws as it is ended is second to that.
      await end().catch(() => {});
      throw error;
    }
    if (performance.now() < sliceEnd) continue;
    await new Promise<void>((resolve) => setImmediate(resolve));
    sliceEnd = performance.now() + SLICE_MS;
  }
}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | null | undefined)?.then === "function";
}
