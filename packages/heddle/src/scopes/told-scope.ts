/**
 * Scopes that other threads cancel.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { beginIn, type Binding, LazyContext, OUTSIDE, runIn } from "./context.ts";
import { TaskNode } from "./task-node.ts";

class ToldContext extends LazyContext {
  readonly scope: ToldScope;

  constructor(scope: ToldScope, values: Binding | undefined) {
    super(values);
    this.scope = scope;
  }
}

/**
 * The scope of what runs here on behalf of another thread: cancelled when a word of the heap is not 0. A body that
 * computes sees that when it looks, one that waits when its thread is told.
 *
 * It is a task if it has a name. One without is all that the thread does.
 */
export abstract class ToldScope extends TaskNode {
  readonly #heap: Heap;
  readonly #word: number;
  readonly #isTask: boolean;
  #isListening = false;

  constructor(heap: Heap, word: number, name?: string) {
    super(name, OUTSIDE);
    this.#heap = heap;
    this.#word = word;
    this.#isTask = name !== undefined;
  }

  /** Why it is cancelled. The word is not 0. */
  abstract readonly reasonTold: unknown;

  /** Calls `body` in this scope, where the variables have these values. */
  call<T>(values: Binding | undefined, body: () => T): T {
    return runIn(new ToldContext(this, values), body);
  }

  /** Puts into this scope all that has run before there was any, where variables have these values. */
  begin(values: Binding | undefined): void {
    beginIn(new ToldContext(this, values));
  }

  override asTask(): TaskNode | undefined {
    return this.#isTask ? this : undefined;
  }

  /** Has the thread told when the word changes. For a body that goes on asynchronously. */
  listen(): void {
    if (this.isClosed || this.isCancelled || this.#isListening) return;
    const outcome = this.#heap.waitAsync(this.#word, 0);
    if (typeof outcome === "string") return this.hear();
    this.#isListening = true;
    void outcome.then(() => {
      this.#isListening = false;
      this.hear();
      // Told for another reason, such as a later use of the word, it listens on.
      this.listen();
    });
  }

  /** The body has ended: from now on the word is another's. */
  override close(): void {
    super.close();
    if (this.#isListening) this.#heap.notify(this.#word);
  }

  override hear(): void {
    if (this.isClosed || this.isCancelled || this.#heap.load(this.#word) === 0) return;
    this.cancel(this.reasonTold);
  }
}
