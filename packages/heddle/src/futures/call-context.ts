/**
 * What of the caller's context a call takes along to its worker: the values of context variables, and that it may be told
 * to stop while its body runs.
 *
 * A call made outside any context takes nothing. Else one more argument, at the end, has the values.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { type Binding, Context, currentContext, runIn, Scope } from "../scopes/index.ts";
import { WireError } from "../wire/index.ts";
import { STOP } from "./slot.ts";
import type { TaskOptions } from "./task-options.ts";

/** Names of variables, each followed by its value. */
export type Carried = readonly unknown[];

const NOTHING: Carried = [];

/** What a call takes along that is made now; `undefined` for nothing. */
export function carriedAlong({ signal }: TaskOptions): Carried | undefined {
  const { scope, values } = currentContext();
  if (values === undefined) return scope === undefined && signal === undefined ? undefined : NOTHING;
  const carried = new Map<string, unknown>();
  for (let at: Binding | undefined = values; at !== undefined; at = at.before) {
    if (!carried.has(at.name)) carried.set(at.name, at.value);
  }
  return [...carried].flat(1);
}

/** What keeps a value from being taken along names a place in the call; users know the variable. */
export function ofVariable(error: unknown, argumentCount: number, carried: Carried): unknown {
  const place = `args[${argumentCount}]`;
  if (!(error instanceof WireError) || !error.path.startsWith(place)) return error;
  const [at = "", index] = /^\[(\d+)\]/.exec(error.path.slice(place.length)) ?? [];
  const path = `context variable "${String(carried[Number(index) - 1])}"${error.path.slice(place.length + at.length)}`;
  return Object.assign(error, { message: error.message.replace(error.path, path), path });
}

/** Asks the body of a call to stop. */
export function askToStop(heap: Heap, slot: number): void {
  heap.store(slot + STOP, 1);
  heap.notify(slot + STOP);
}

/**
 * The scope of a body in its worker: cancelled when the owner asks for it. A body that computes sees that when it looks,
 * one that waits when its thread is told.
 */
export class CallScope extends Scope {
  readonly #heap: Heap;
  readonly #word: number;
  readonly #values: Binding | undefined;

  constructor(heap: Heap, slot: number, carried: Carried) {
    super();
    this.#heap = heap;
    this.#word = slot + STOP;
    let values: Binding | undefined;
    for (let i = 0; i < carried.length; i += 2) {
      values = { name: carried[i] as string, value: carried[i + 1], before: values };
    }
    this.#values = values;
  }

  call(body: () => unknown): unknown {
    return runIn(new Context(this, undefined, this.#values), body);
  }

  override look(): void {
    this.#lookAtWord();
    super.look();
  }

  /** Has the thread told when the owner asks. For a body that goes on asynchronously. */
  listen(): void {
    if (this.isClosed || this.isCancelled) return;
    const outcome = this.#heap.waitAsync(this.#word, 0);
    if (typeof outcome === "string") this.#lookAtWord();
    // Told for another reason, such as a later call in the same slot, it listens on.
    else void outcome.then(() => (this.#lookAtWord(), this.listen()));
  }

  /** The body has ended: from now on the slot is another's. */
  override close(): void {
    super.close();
    this.#heap.notify(this.#word);
  }

  #lookAtWord(): void {
    if (this.isClosed || this.isCancelled || this.#heap.load(this.#word) === 0) return;
    this.cancel(new DOMException("The caller has cancelled this call", "AbortError"));
  }
}
