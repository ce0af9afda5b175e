/** Items, some at a time, from an array, an iterable or an asynchronous iterable. */
export interface MapSource<T> {
  /** How many items are left, where that is known. */
  readonly left: number | undefined;
  /** How many there are in all, where that is known. */
  readonly total: number | undefined;
  /**
   * Up to `count` items, at least one; an empty array at the end. An asynchronous source may give fewer than
   * asked for, rather than hold items back while the next one takes its time.
   */
  take(count: number): T[] | Promise<T[]>;
  /** Nothing more will be taken. */
  close(): void;
}

/** @throws `TypeError` when `items` cannot be iterated. */
export function mapSource<T>(items: Iterable<T> | AsyncIterable<T>): MapSource<T> {
  if (Array.isArray(items)) return new ArraySource<T>(items);
  if (ArrayBuffer.isView(items) && !(items instanceof DataView)) return new ArraySource<T>(items as never);
  if (items !== null && items !== undefined) {
    const asynchronous = (items as AsyncIterable<T>)[Symbol.asyncIterator];
    if (typeof asynchronous === "function") return new AsyncSource<T>(asynchronous.call(items));
    const synchronous = (items as Iterable<T>)[Symbol.iterator];
    if (typeof synchronous === "function") return new IteratorSource<T>(synchronous.call(items));
  }
  throw new TypeError(
    `Cannot map: the items are ${items === null ? "null" : typeof items}, which cannot be iterated`,
  );
}

class ArraySource<T> implements MapSource<T> {
  readonly #items: ArrayLike<T>;
  readonly total: number;
  #next = 0;

  constructor(items: ArrayLike<T>) {
    this.#items = items;
    this.total = items.length;
  }

  get left(): number {
    return this.total - this.#next;
  }

  take(count: number): T[] {
    const from = this.#next;
    this.#next = Math.min(from + count, this.total);
    return Array.prototype.slice.call(this.#items, from, this.#next) as T[];
  }

  close(): void {
    this.#next = this.total;
  }
}

/** What an iterator threw, kept until the items before it have been given out. A source that has thrown has ended. */
class Failure {
  #error: { readonly error: unknown } | undefined;

  keep(error: unknown): void {
    this.#error = { error };
  }

  /** Throws it, once. */
  throw(): void {
    if (this.#error === undefined) return;
    const { error } = this.#error;
    this.#error = undefined;
    throw error;
  }
}

class IteratorSource<T> implements MapSource<T> {
  readonly left = undefined;
  readonly total = undefined;
  readonly #iterator: Iterator<T>;
  readonly #failure = new Failure();
  #ended = false;

  constructor(iterator: Iterator<T>) {
    this.#iterator = iterator;
  }

  take(count: number): T[] {
    const items: T[] = [];
    try {
      while (!this.#ended && items.length < count) {
        const step = this.#iterator.next();
        if (step.done === true) this.#ended = true;
        else items.push(step.value);
      }
    } catch (error) {
      this.#ended = true;
      this.#failure.keep(error);
    }
    if (items.length === 0) this.#failure.throw();
    return items;
  }

  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#iterator.return?.();
  }
}

class AsyncSource<T> implements MapSource<T> {
  readonly left = undefined;
  readonly total = undefined;
  readonly #iterator: AsyncIterator<T>;
  readonly #failure = new Failure();
  #ended = false;
  /** Asked for, and not yet given out. */
  #pending: Promise<IteratorResult<T>> | undefined;

  constructor(iterator: AsyncIterator<T>) {
    this.#iterator = iterator;
  }

  async take(count: number): Promise<T[]> {
    const items: T[] = [];
    try {
      while (!this.#ended && items.length < count) {
        this.#pending ??= this.#iterator.next();
        const step = await (items.length === 0 ? this.#pending : Promise.race([this.#pending, soon()]));
        if (step === undefined) break;
        this.#pending = undefined;
        if (step.done === true) this.#ended = true;
        else items.push(step.value);
      }
    } catch (error) {
      this.#ended = true;
      this.#failure.keep(error);
    }
    if (items.length === 0) this.#failure.throw();
    return items;
  }

  close(): void {
    // What it still throws concerns nobody.
    this.#pending?.catch(() => {});
    if (this.#ended) return;
    this.#ended = true;
    void Promise.resolve(this.#iterator.return?.()).catch(() => {});
  }
}

/** Resolves after the microtasks that are queued now, and a turn of the event loop. */
function soon(): Promise<undefined> {
  return new Promise((resolve) => setImmediate(resolve, undefined));
}
