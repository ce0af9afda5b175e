/**
 * The values that a task yields, as its caller reads them.
 *
 * @packageDocumentation
 */
import type { StreamBuffer } from "./stream-buffer.ts";

/** What is streamed: generators, and other iterators that go through something. Neither arrays nor queues: those travel. */
export type Streamed<T, R> = AsyncIteratorObject<T, R, any> | IteratorObject<T, R, any>;

/**
 * What a task gives whose function is a generator: its values, to be read once, with `for await`.
 *
 * The function runs in its worker, ahead of its reader by as many values as the option `buffer` says, and no further. What it
 * throws is thrown at its place, after the values before it; what it returns is the value of the last `next()`.
 */
export interface TaskStream<T, R = undefined>
  extends AsyncIterableIterator<T, R | undefined, void>, AsyncDisposable {
  /**
   * The next value, or the end.
   *
   * @throws What the function threw; `BrokenExecutorError` when its worker has ended; what cancelled it. Once.
   */
  next(): Promise<IteratorResult<T, R | undefined>>;
  /**
   * Reads no more: the function is ended where it stands, as by `break` in a loop over it, and its `finally` blocks run.
   * One that is waiting meanwhile is told to stop by the signal of its task. Leaving a `for await` loop calls this.
   *
   * @returns When the function has ended.
   * @throws What it threw as it ended.
   */
  return(): Promise<IteratorResult<T, R | undefined>>;
}

/** What a task gives that yields `T` and returns `R`. A function that never returns, as it always throws, yields nothing. */
export type StreamOf<T, R> = [T, R] extends [never, never] ? never : TaskStream<T, R>;

/** Streams that nobody has any more are left. */
const dropped = new FinalizationRegistry<StreamBuffer>((buffer) => buffer.drop());

class BufferReader implements TaskStream<unknown, unknown> {
  readonly #buffer: StreamBuffer;

  constructor(buffer: StreamBuffer) {
    this.#buffer = buffer;
    buffer.heldBy(this);
    dropped.register(this, buffer, this);
  }

  next(): Promise<IteratorResult<unknown, unknown>> {
    return this.#buffer.next();
  }

  async return(): Promise<IteratorResult<unknown, unknown>> {
    dropped.unregister(this);
    await this.#buffer.leave();
    return { done: true, value: undefined };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  get [Symbol.toStringTag](): string {
    return "TaskStream";
  }
}

/** What users read a buffer by. */
export function taskStream(buffer: StreamBuffer): TaskStream<unknown, unknown> {
  return new BufferReader(buffer);
}
