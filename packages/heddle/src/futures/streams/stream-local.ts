/**
 * A stream on the event loop of its reader.
 *
 * @packageDocumentation
 */
import { Context, runIn, Scope } from "../../scopes/index.ts";
import { StreamBuffer, type StreamOrigin } from "./stream-buffer.ts";
import { leftReason, pull, type StreamSink } from "./stream-pull.ts";

type AnyIterator = Iterator<unknown, unknown> | AsyncIterator<unknown, unknown>;

/** One generator, and the buffer that it fills as far as it may. */
export class LocalStream implements StreamOrigin, StreamSink {
  readonly buffer: StreamBuffer = new StreamBuffer(this);
  /** Where its steps run. */
  readonly #context: Context;
  readonly #scope: Scope;
  readonly #inside: <T>(step: () => T) => T;
  room: number;
  isLeft = false;
  isStepping = false;
  #wake: (() => void) | undefined;

  /** @param inside - Calls a step; in the context. */
  constructor(capacity: number, around: Context, inside: <T>(step: () => T) => T) {
    this.#inside = inside;
    this.room = capacity;
    this.#scope = new Scope({}, around);
    this.#context = new Context(this.#scope, around.task, around.values);
  }

  /** Runs the generator to its end. Gives what it returned, or throws what it threw; so does the buffer. */
  async run(iterator: AnyIterator): Promise<unknown> {
    try {
      const value = await this.#pull(iterator);
      this.buffer.end({ how: "returned", value });
      return value;
    } catch (error) {
      this.buffer.end({ how: "failed", error });
      throw error;
    }
  }

  /** Ends a generator that nobody will read. */
  async end(iterator: AnyIterator): Promise<void> {
    this.isLeft = true;
    await this.#pull(iterator).catch(() => {});
  }

  put(value: unknown): void {
    this.room--;
    this.buffer.push([value]);
  }

  changed(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  wasRead(): void {
    this.room++;
    this.#tell();
  }

  setAwaited(): void {}

  leave(): void {
    this.isLeft = true;
    if (this.isStepping) this.#scope.cancel(leftReason());
    this.#tell();
  }

  async #pull(iterator: AnyIterator): Promise<unknown> {
    try {
      return await pull(iterator, (step) => runIn(this.#context, () => this.#inside(step)), this);
    } catch (error) {
      if (this.isLeft && this.#scope.isItsCancellation(error)) return undefined;
      throw error;
    } finally {
      this.#scope.close();
    }
  }

  #tell(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
