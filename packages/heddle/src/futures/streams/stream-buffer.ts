/**
 * The reader's end of a stream: values that have come and were not read, and those who wait for the next one.
 *
 * @packageDocumentation
 */
import { throwIfCancelled } from "../../scopes/index.ts";
import { forgetUnobserved, noteUnobserved, type Unobserved } from "../../workers/index.ts";
import { Fifo } from "../fifo.ts";
import { limitWait } from "../wait-limits.ts";

/**
 * How a stream ended: its function returned, or failed. Or it was cancelled: then what was not read is dropped. Or it was cut
 * off as nobody read it: then nobody needs to hear of the error.
 */
export type StreamEnd =
  | { readonly how: "returned"; readonly value: unknown }
  | { readonly how: "failed" | "cancelled" | "cut"; readonly error: unknown };

/** Where the values come from. */
export interface StreamOrigin {
  /** One more was read: another one may come. */
  wasRead(): void;
  /** Somebody waits for what comes next; or nobody does any more. */
  setAwaited(isAwaited: boolean): void;
  /** Nobody will read another value. The end still has to come. */
  leave(): void;
}

/** Somebody who waits for the next value. */
interface Reader {
  readonly resolve: (result: IteratorResult<unknown, unknown>) => void;
  readonly reject: (error: unknown) => void;
  /** What they have the stream by: it must not be collected meanwhile. */
  readonly holder: object | undefined;
}

const NO_LIMITS = {};
const OVER: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * What has come of one stream.
 *
 * ```text
 *            end, from the origin                       end read
 * open ────────────────────────────▶ ended (values left) ────────▶ over
 *   │ leave                                                          ▲
 *   └───────▶ left (waits for the end) ──────────────────────────────┘
 * ```
 *
 * - B1: values are read in the order in which they came, each once, and the end after all of them, once.
 * - B2: there are values, or there are readers, never both.
 */
export class StreamBuffer {
  readonly #origin: StreamOrigin;
  readonly #values = new Fifo<unknown>();
  /** In the order in which they came. */
  readonly #readers = new Set<Reader>();
  /** Those who left, and wait for the end. */
  #leavers: (() => void)[] = [];
  #end: StreamEnd | undefined;
  #isLeft = false;
  #isOver = false;
  /** What stands for the stream where its error waits to be read. */
  #holder: WeakRef<object> | undefined;
  #unobserved: Unobserved | undefined;
  /** How many values were ever asked for. */
  reads = 0;

  constructor(origin: StreamOrigin) {
    this.#origin = origin;
  }

  /** Whether somebody waits for what comes next, be it the end. */
  get isAwaited(): boolean {
    return this.#readers.size > 0 || (this.#isLeft && this.#end === undefined);
  }

  /** Whether another value would be read. */
  get isOpen(): boolean {
    return this.#end === undefined && !this.#isLeft;
  }

  /** An error that nobody reads before `holder` is collected surfaces as an unhandled rejection. */
  heldBy(holder: object): void {
    this.#holder = new WeakRef(holder);
  }

  push(values: readonly unknown[]): void {
    if (this.#isLeft || this.#end !== undefined) return;
    let served = false;
    for (const value of values) {
      const [reader] = this.#readers;
      if (reader === undefined) {
        this.#values.push(value);
        continue;
      }
      this.#readers.delete(reader);
      served = true;
      reader.resolve({ done: false, value });
      this.#origin.wasRead();
    }
    if (served && this.#readers.size === 0) this.#origin.setAwaited(false);
  }

  /** Nothing more comes. Only the first call counts. */
  end(end: StreamEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    if (end.how === "cancelled") this.#values.clear();
    for (const leave of this.#leavers) leave();
    this.#leavers = [];
    for (const reader of this.#readers) this.#giveEnd(reader);
    this.#readers.clear();
    this.#origin.setAwaited(false);
    const holder = this.#holder?.deref();
    if (end.how === "failed" && !this.#isOver && !this.#isLeft && holder !== undefined)
      this.#unobserved = noteUnobserved(holder, end.error);
  }

  /** Ends it before its origin does, which is told. */
  cutShort(end: StreamEnd): void {
    if (this.#end !== undefined) return;
    this.end(end);
    this.#origin.leave();
    this.#origin.setAwaited(true);
  }

  /** The next value, or the end. Throws what the stream ended with; what cancelled the scope of the one who waits. */
  next(): Promise<IteratorResult<unknown, unknown>> {
    this.reads++;
    try {
      throwIfCancelled();
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.#values.size > 0) {
      const value = this.#values.shift();
      this.#origin.wasRead();
      return Promise.resolve({ done: false, value });
    }
    if (this.#isLeft) return Promise.resolve(OVER);
    return new Promise((resolve, reject) => {
      if (this.#end === undefined) this.#stand(resolve, reject);
      else this.#giveEnd({ resolve, reject, holder: undefined });
    });
  }

  /** Reads no more. Resolves when the function has ended; throws what its last steps threw. */
  async leave(): Promise<void> {
    if (this.#end !== undefined) {
      this.#isOver = true;
      this.#values.clear();
      this.#forget();
      return;
    }
    if (!this.#isLeft) {
      this.#isLeft = true;
      this.#values.clear();
      for (const reader of this.#readers) reader.resolve(OVER);
      this.#readers.clear();
      this.#origin.leave();
      this.#origin.setAwaited(true);
    }
    await new Promise<void>((resolve) => this.#leavers.push(resolve));
    const end = this.#end as StreamEnd | undefined;
    if (end?.how === "failed") throw end.error;
  }

  /** Nobody has the stream any more. */
  drop(): void {
    // An error of the end surfaces by itself.
    if (this.#end === undefined) void this.leave();
  }

  #stand(resolve: Reader["resolve"], reject: Reader["reject"]): void {
    const release = limitWait(NO_LIMITS, "a stream", {
      timedOut: () => {},
      cancelled: (reason) => {
        this.#readers.delete(reader);
        reader.reject(reason);
        if (this.#readers.size === 0) this.#origin.setAwaited(false);
      },
    });
    const reader: Reader = {
      resolve: (result) => {
        release();
        resolve(result);
      },
      reject: (error) => {
        release();
        reject(error);
      },
      holder: this.#holder?.deref(),
    };
    this.#readers.add(reader);
    if (this.#readers.size === 1) this.#origin.setAwaited(true);
  }

  #giveEnd(reader: Reader): void {
    const end = this.#end!;
    if (this.#isOver) return reader.resolve(OVER);
    this.#isOver = true;
    this.#forget();
    if (end.how === "returned") reader.resolve({ done: true, value: end.value });
    else reader.reject(end.error);
  }

  #forget(): void {
    if (this.#unobserved === undefined) return;
    forgetUnobserved(this.#unobserved);
    this.#unobserved = undefined;
  }
}
