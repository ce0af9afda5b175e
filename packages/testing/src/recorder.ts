/**
 * Records what real threads do, in shared memory, without a lock.
 *
 * ```text
 * word   name     values                                            written by
 * 0      next     number of the next event: the common clock        any thread, by add
 * 1      text     where the next text goes                          any thread, by add
 * 2      events   room for so many                                  the creator
 * 4 …    event n  kind: 0 not complete, CALL, RETURN, THROW         who took number n, last
 *                 thread | number of the call | text at | length    who took number n
 * ```
 *
 * - I1: who takes a number by the add writes that event, and nobody else does.
 * - I2: a call takes its number before its operation begins, a return after it has ended: so if one operation
 *   ended before another began, their numbers say so.
 * - I3: the kind is written last. A thread that dies leaves an event that is not complete, which counts for nothing.
 *
 * @packageDocumentation
 */
import type { Operation, Thrown } from "./history.ts";
import { checkOptions, checkWhole } from "./options.ts";

const NEXT = 0;
const TEXT = 1;
const EVENTS = 2;
const FIRST_EVENT = 4;

const EVENT_WORDS = 5;
const KIND = 0;
const THREAD = 1;
const OF = 2;
const TEXT_AT = 3;
const TEXT_LENGTH = 4;

const CALL = 1;
const RETURN = 2;
const THROW = 3;

/** What is handed to other threads, by which they reach the same history. */
export interface HistoryHandle {
  readonly words: SharedArrayBuffer;
  readonly text: SharedArrayBuffer;
}

/** How much room a recorder has. */
export interface HistoryRecorderOptions {
  /** Room for so many operations. Default 10,000. */
  readonly operations?: number;
  /** Room for arguments and results, as JSON. Default: 64 bytes for an operation. */
  readonly textBytes?: number;
}

/**
 * A history that several threads write at once. Arguments and results are recorded as JSON.
 *
 * Threads share it by its `handle`: `new HistoryRecorder(handle)` in another thread is the same history.
 */
export class HistoryRecorder {
  /** To be posted to another thread. */
  readonly handle: HistoryHandle;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #text: Uint8Array<SharedArrayBuffer>;

  /** @throws `TypeError`, `RangeError` for options that are none. */
  constructor(from: HistoryRecorderOptions | HistoryHandle = {}) {
    const isHandle = typeof from === "object" && from !== null && "words" in from;
    checkOptions(from, isHandle ? ["words", "text"] : ["operations", "textBytes"], "record a history");
    this.handle = isHandle ? from : emptyHistory(from);
    this.#words = new Int32Array(this.handle.words);
    this.#text = new Uint8Array(this.handle.text);
  }

  /**
   * Calls an operation, and records that, as of the thread of this number. Gives what it gives.
   *
   * @throws What the operation throws. An `Error` when there is no room for more.
   */
  call<Result>(thread: number, name: string, args: readonly unknown[], operation: () => Result): Result {
    const call = this.#begin(thread, name, args);
    let result: Result;
    try {
      result = operation();
    } catch (error) {
      this.#end(THROW, thread, call, nameOf(error));
      throw error;
    }
    this.#end(RETURN, thread, call, result);
    return result;
  }

  /** As `call`, for an operation that ends when its promise settles. A thread may have several under way. */
  async callAsync<Result>(
    thread: number,
    name: string,
    args: readonly unknown[],
    operation: () => PromiseLike<Result>,
  ): Promise<Result> {
    const call = this.#begin(thread, name, args);
    let result: Result;
    try {
      result = await operation();
    } catch (error) {
      this.#end(THROW, thread, call, nameOf(error));
      throw error;
    }
    this.#end(RETURN, thread, call, result);
    return result;
  }

  /** What was recorded, by the order of calls. Complete as soon as the threads have ended, or were terminated. */
  history(): Operation[] {
    const operations = new Map<number, Operation>();
    const count = Math.min(Atomics.load(this.#words, NEXT), this.#words[EVENTS]!);
    for (let event = 0; event < count; event++) {
      const base = wordOf(event);
      // I3.
      const kind = Atomics.load(this.#words, base + KIND);
      const thread = this.#words[base + THREAD]!;
      const call = this.#words[base + OF]!;
      if (kind === CALL) {
        const { name, args } = this.#read(base) as Pick<Operation, "name" | "args">;
        operations.set(event, { thread, name, args, start: event, end: Infinity });
      } else if (kind !== 0) {
        const text = this.#read(base);
        const result = kind === THROW ? ({ threw: text as string } satisfies Thrown) : text;
        operations.set(call, { ...operations.get(call)!, end: event, result });
      }
    }
    return [...operations.values()];
  }

  /** Gives the number of the call. */
  #begin(thread: number, name: string, args: readonly unknown[]): number {
    const text = this.#write({ name, args });
    const call = this.#takeNumber();
    this.#complete(call, CALL, thread, call, text);
    return call;
  }

  #end(kind: typeof RETURN | typeof THROW, thread: number, call: number, result: unknown): void {
    const event = this.#takeNumber();
    this.#complete(event, kind, thread, call, this.#write(result));
  }

  #takeNumber(): number {
    const event = Atomics.add(this.#words, NEXT, 1);
    if (event < this.#words[EVENTS]!) return event;
    throw new Error(
      `Cannot record the operation: the history has room for ${this.#words[EVENTS]! / 2}; make it with more operations`,
    );
  }

  #complete(
    event: number,
    kind: number,
    thread: number,
    call: number,
    text: { at: number; length: number },
  ): void {
    const base = wordOf(event);
    this.#words[base + THREAD] = thread;
    this.#words[base + OF] = call;
    this.#words[base + TEXT_AT] = text.at;
    this.#words[base + TEXT_LENGTH] = text.length;
    // I3.
    Atomics.store(this.#words, base + KIND, kind);
  }

  #write(value: unknown): { at: number; length: number } {
    const json = JSON.stringify(value);
    if (json === undefined) return { at: 0, length: 0 };
    const bytes = new TextEncoder().encode(json);
    const at = Atomics.add(this.#words, TEXT, bytes.length);
    if (at + bytes.length > this.#text.length) {
      throw new Error(
        `Cannot record the operation: all ${this.#text.length} bytes for arguments and results are taken; make it with more textBytes`,
      );
    }
    this.#text.set(bytes, at);
    return { at, length: bytes.length };
  }

  #read(base: number): unknown {
    const at = this.#words[base + TEXT_AT]!;
    const length = this.#words[base + TEXT_LENGTH]!;
    if (length === 0) return undefined;
    return JSON.parse(new TextDecoder().decode(this.#text.slice(at, at + length)));
  }
}

const wordOf = (event: number): number => FIRST_EVENT + event * EVENT_WORDS;

function emptyHistory({
  operations = 10_000,
  textBytes = 64 * operations,
}: HistoryRecorderOptions): HistoryHandle {
  checkWhole("record a history", "operations", operations, { least: 1 });
  checkWhole("record a history", "textBytes", textBytes);
  const words = new SharedArrayBuffer(4 * wordOf(2 * operations));
  new Int32Array(words)[EVENTS] = 2 * operations;
  return { words, text: new SharedArrayBuffer(textBytes) };
}

function nameOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return String(error);
  if ("code" in error && typeof error.code === "string") return error.code;
  return "name" in error ? String(error.name) : "Error";
}
