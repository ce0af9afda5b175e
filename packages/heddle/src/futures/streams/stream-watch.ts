/**
 * Lets an executor be shut down although there are streams that nobody reads.
 *
 * @packageDocumentation
 */
import { ExecutorShutdownError } from "../errors.ts";
import type { StreamBuffer } from "./stream-buffer.ts";

/** A stream that was not read for so long, in milliseconds, is ended by a shutdown that waits for it. */
const UNREAD_MS = 1000;

interface Watched {
  readonly buffer: StreamBuffer;
  readonly task: string;
  /** How many values had been asked for at the last look. */
  reads: number;
}

/** The streams of an executor that have not ended. */
export class StreamWatch {
  readonly #executor: string;
  readonly #open = new Set<Watched>();
  #isEnding = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(executor: string) {
    this.#executor = executor;
  }

  /** How many there are. */
  get size(): number {
    return this.#open.size;
  }

  /** Gives what takes it out again. */
  add(buffer: StreamBuffer, task: string): () => void {
    const watched = { buffer, task, reads: 0 };
    this.#open.add(watched);
    this.#begin();
    return () => {
      this.#open.delete(watched);
      if (this.#open.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  /** A shutdown waits: from now on streams that nobody reads are ended, those that are yet to begin included. */
  endUnread(): void {
    this.#isEnding = true;
    if (this.#timer === undefined) for (const watched of this.#open) watched.reads = watched.buffer.reads;
    this.#begin();
  }

  #begin(): void {
    if (!this.#isEnding || this.#open.size === 0) return;
    // Whoever waits for the shutdown keeps the program alive by this.
    this.#timer ??= setInterval(() => this.#look(), UNREAD_MS);
  }

  #look(): void {
    for (const watched of this.#open) {
      const { buffer, task, reads } = watched;
      watched.reads = buffer.reads;
      if (buffer.isAwaited || buffer.reads > reads) continue;
      const why = `Cannot go on with the stream of task ${task}: nobody reads it, and executor ${this.#executor} was shut down`;
      buffer.cutShort({ how: "cut", error: new ExecutorShutdownError(this.#executor, why) });
    }
  }
}
