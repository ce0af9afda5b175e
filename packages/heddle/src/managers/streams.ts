/**
 * Async iterables through a session: pulled by who reads, so many values at a time.
 *
 * @packageDocumentation
 */
import { leavable } from "../scopes/index.ts";
import type { PathStep } from "./messages.ts";

/** So many values may come before the reader has taken the last ones. */
const CREDIT = 16;

/** Some values of a stream. */
interface Batch {
  readonly items: unknown[];
  readonly done: boolean;
}

const NOT_YET = Symbol("not yet");

/** The side where the values are made. Its methods are called from the other one. */
export class StreamSource {
  readonly #iterator: AsyncIterator<unknown> | Iterator<unknown>;
  /** A value that was asked for, and did not come in time for its batch. */
  #coming: Promise<IteratorResult<unknown>> | undefined;
  #isOver = false;

  constructor(iterable: object) {
    const { [Symbol.asyncIterator]: asynchronous, [Symbol.iterator]: plain } =
      iterable as AsyncIterable<unknown> & Iterable<unknown>;
    if (typeof asynchronous === "function") this.#iterator = asynchronous.call(iterable);
    else if (typeof plain === "function") this.#iterator = plain.call(iterable);
    else this.#iterator = iterable as Iterator<unknown>;
  }

  /** At least one value, unless it is the end; and of at most `credit` all that come without waiting. */
  async pull(credit: number): Promise<Batch> {
    const items: unknown[] = [];
    while (!this.#isOver && items.length < Math.min(credit, CREDIT)) {
      this.#coming ??= Promise.resolve(this.#iterator.next());
      this.#coming.catch(() => undefined);
      const result = items.length === 0 ? await this.#coming : await this.#ifThere(this.#coming);
      if (result === NOT_YET) break;
      this.#coming = undefined;
      if (result.done === true) this.#isOver = true;
      else items.push(result.value);
    }
    return { items, done: this.#isOver };
  }

  /** The reader wants no more. */
  async stop(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#iterator.return?.();
  }

  /** A failure is thrown with the next batch, after what came before it. */
  async #ifThere(
    coming: Promise<IteratorResult<unknown>>,
  ): Promise<IteratorResult<unknown> | typeof NOT_YET> {
    const turn = new Promise<typeof NOT_YET>((resolve) => setImmediate(resolve, NOT_YET));
    return (await Promise.race([coming.catch(() => NOT_YET), turn])) as
      | IteratorResult<unknown>
      | typeof NOT_YET;
  }
}

/** How a reader gets at a source. */
export interface SourceCalls {
  call(path: readonly PathStep[], args: unknown[]): Promise<unknown>;
  release(): void;
}

/** The side where the values are read. */
export class StreamReader implements AsyncIterableIterator<unknown> {
  readonly #source: SourceCalls;
  #items: unknown[] = [];
  #isOver = false;
  /** Under way, perhaps for a reader that was told to stop meanwhile: the values are for the next one. */
  #pulling: Promise<void> | undefined;
  /** Readers that do not wait for each other get their values in order. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(source: SourceCalls) {
    this.#source = source;
  }

  next(): Promise<IteratorResult<unknown>> {
    const next = this.#last.then(() => this.#next());
    this.#last = next.catch(() => undefined);
    return next;
  }

  return(value?: unknown): Promise<IteratorResult<unknown>> {
    const end = this.#last.then(() => this.#return(value));
    this.#last = end.catch(() => undefined);
    return end;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #next(): Promise<IteratorResult<unknown>> {
    while (this.#items.length === 0 && !this.#isOver) {
      await leavable("a remote stream", () => (this.#pulling ??= this.#pull()));
    }
    if (this.#items.length > 0) return { value: this.#items.shift(), done: false };
    return { value: undefined, done: true };
  }

  async #pull(): Promise<void> {
    try {
      const { items, done } = (await this.#source.call(["pull"], [CREDIT])) as Batch;
      this.#items = items;
      if (done) {
        this.#isOver = true;
        this.#source.release();
      }
    } catch (error) {
      this.#isOver = true;
      throw error;
    } finally {
      this.#pulling = undefined;
    }
  }

  async #return(value: unknown): Promise<IteratorResult<unknown>> {
    this.#items = [];
    if (!this.#isOver) {
      this.#isOver = true;
      await this.#source.call(["stop"], []);
      this.#source.release();
    }
    return { value, done: true };
  }
}

/** Iterates over what a promise gives. */
export function lazily(iterator: Promise<AsyncIterator<unknown>>): AsyncIterableIterator<unknown> {
  iterator.catch(() => undefined);
  return {
    next: async () => (await iterator).next(),
    return: async (value?: unknown) => {
      await (await iterator).return?.(value);
      return { value, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** The values of anything that can be iterated over, as a stream. */
export async function* valuesOf(iterable: object): AsyncGenerator<unknown, void, undefined> {
  yield* iterable as AsyncIterable<unknown>;
}
