/**
 * The call that is made once.
 *
 * @packageDocumentation
 */
import { unheard } from "../scopes/index.ts";
import { AsyncLocalStorage } from "node:async_hooks";
import type { Heap } from "#heap";
import { LockStateError } from "./errors.ts";
import { ObjectKind } from "./object-kinds.ts";
import { knownHere } from "./objects/known-here.ts";
import {
  addressOf,
  registerShared,
  SharedObject,
  type SharedOptions,
  threadOf,
} from "./objects/shared-object.ts";
import { storedValuesIn, type StoredValues } from "./objects/stored-values.ts";
import { ONCE_BYTES, OnceCore, Outcome, storedOutcome } from "./once-core.ts";
import { checkWaitOptions } from "./wait-options.ts";
import type { ThisThread } from "./waiting/this-thread.ts";
import type { WaitOptions } from "./waiting/waits.ts";

/** What a once knows of itself at one moment; other threads may have changed it since. */
export interface OnceStatistics {
  readonly done: boolean;
  /** How many wait for the one that makes the call. */
  readonly waiters: number;
}

/** How the call went. */
type Result = { readonly value: unknown } | { readonly error: unknown };

/** What this thread knows of a once. */
class Known {
  result: Result | undefined = undefined;
  /** While this thread reads the result of another. */
  reading: Promise<Result> | undefined = undefined;
  /** As {@link knownHere} asks. */
  readonly once: Once;

  constructor(once: Once) {
    this.once = once;
  }
}

/** The calls that the running code is within. */
interface Calls {
  readonly known: Known;
  readonly outer: Calls | undefined;
}
const calls = new AsyncLocalStorage<Calls>();

/**
 * A call that is made once, among all threads that have this: the first one to come makes it, the others wait for it and
 * get what it gave. That it threw, or that its thread ended in the middle, counts as done as well.
 *
 * In the thread that made the call, its value is what the body returned, for as long as that thread has this object. Other
 * threads have a copy of it, as it was then, one for each thread; if it cannot travel, they get the error that says why. An
 * error of the body goes to all.
 *
 * @remarks
 * Fairness: none is needed, all are released together.
 * Cost: one atomic instruction once it is done.
 * Cancel safety: a wait that ends early changes nothing. The call goes on, and others get its result.
 *
 * @example
 * ```ts
 * import { Once } from "heddle/sync";
 *
 * const settings = new Once();
 * let reads = 0;
 * const read = () => ({ reads: ++reads });
 * const first = await settings.run(read);
 * first.reads; // => 1
 * (await settings.run(read)) === first; // => true
 * settings.done; // => true
 * ```
 */
export class Once extends SharedObject {
  readonly #thread: ThisThread;
  readonly #core: OnceCore;
  readonly #known: Known;

  constructor(options?: SharedOptions) {
    super(options);
    this.#thread = threadOf(this);
    this.#core = new OnceCore(this.#thread.monitor, addressOf(this), "Once.run()");
    this.#known = knownHere(this, () => new Known(this));
  }

  /**
   * Calls `body`, if nobody has; else waits for whoever does, without blocking the thread.
   *
   * @param options - For the wait. They do not limit the call; but with a signal that has aborted already none is made.
   * @returns What the one call gave.
   * @throws What the one call threw. `LockStateError` when it will never end: its thread has ended, or this is within
   * the body itself. `TimeoutError`, or the reason of the signal or of the scope around, when the wait ends early.
   */
  run<T>(body: () => T | PromiseLike<T>, options?: WaitOptions): Promise<T> {
    return unheard(this.#run(body, options));
  }

  async #run<T>(body: () => T | PromiseLike<T>, options: WaitOptions | undefined): Promise<T> {
    const checked = check(body, options, "Once.run()");
    checked.signal?.throwIfAborted();
    if (this.#core.outcome === 0) {
      if (this.#core.tryBegin()) return await this.#call(body);
      this.#refuseWithin();
      await this.#thread.waits.promise(this.#core, 0, checked);
    }
    const known = this.#known;
    return settle(known.result ?? (await (known.reading ??= this.#read()))) as T;
  }

  /**
   * As `run`, blocking the thread: its event loop stands still meanwhile.
   *
   * @throws `LockStateError` also when this thread makes the call, which could not go on.
   */
  runSync<T>(body: () => T, options?: WaitOptions): T {
    const checked = check(body, options, "Once.runSync()");
    checked.signal?.throwIfAborted();
    if (this.#core.outcome === 0) {
      if (this.#core.tryBegin()) return this.#callSync(body);
      this.#refuseWithin();
      if (this.#core.caller === this.#thread.identity) {
        throw new LockStateError(
          `Cannot block for once "${this.name}": its body is under way in this thread, and could not go on`,
        );
      }
      this.#thread.waits.block(this.#core, 0, checked);
    }
    return settle((this.#known.result ??= this.#readSync())) as T;
  }

  /** Whether the call is over, whatever came of it. */
  get done(): boolean {
    return this.#core.outcome !== 0;
  }

  /** Whether it is done, and how many wait for it, at this moment. */
  statistics(): OnceStatistics {
    return { done: this.done, waiters: this.#core.waiters };
  }

  get #values(): StoredValues {
    return storedValuesIn(this.#thread.heap);
  }

  #refuseWithin(): void {
    for (let call = calls.getStore(); call !== undefined; call = call.outer) {
      if (call.known !== this.#known) continue;
      throw new LockStateError(
        `Cannot run once "${this.name}" within its own body: it would wait for itself`,
      );
    }
  }

  async #call<T>(body: () => T | PromiseLike<T>): Promise<T> {
    let result: Result;
    try {
      result = { value: await calls.run({ known: this.#known, outer: calls.getStore() }, body) };
    } catch (error) {
      result = { error };
    }
    this.#finish(result);
    return settle(result) as T;
  }

  #callSync<T>(body: () => T): T {
    let result: Result;
    try {
      result = { value: calls.run({ known: this.#known, outer: calls.getStore() }, body) };
    } catch (error) {
      result = { error };
    }
    this.#finish(result);
    return settle(result) as T;
  }

  #finish(result: Result): void {
    this.#known.result = result;
    const isValue = "value" in result;
    let outcome: Outcome = isValue ? Outcome.VALUE : Outcome.ERROR;
    let stored: number;
    try {
      stored = isValue
        ? this.#values.store(result.value, "value")
        : this.#values.store(result.error, "error");
    } catch (error) {
      // The other threads are told why they cannot have it.
      outcome = Outcome.ERROR;
      stored = storeOrNot(this.#values, error);
    }
    this.#core.finish(outcome, stored);
  }

  async #read(): Promise<Result> {
    const { isValue, address } = this.#whatIsStored();
    const value = await this.#values.readAsync(address);
    return (this.#known.result ??= isValue ? { value } : { error: value });
  }

  #readSync(): Result {
    const { isValue, address } = this.#whatIsStored();
    const value = this.#values.readSync(address);
    return isValue ? { value } : { error: value };
  }

  #whatIsStored(): { isValue: boolean; address: number } {
    const { outcome } = this.#core;
    const address = storedOutcome(this.#thread.heap, addressOf(this));
    if (address !== 0) return { isValue: outcome === Outcome.VALUE, address };
    const why =
      outcome === Outcome.DIED
        ? "the thread that made the call ended before it was done"
        : "the heap had no room for it";
    throw new LockStateError(`Cannot give the result of once "${this.name}": ${why}`);
  }
}

function check(body: unknown, options: WaitOptions | undefined, operation: string): WaitOptions {
  if (typeof body !== "function") {
    throw new TypeError(`Cannot begin ${operation}: its body must be a function, and is ${String(body)}`);
  }
  return checkWaitOptions(options, operation);
}

function settle(result: Result): unknown {
  if ("error" in result) throw result.error;
  return result.value;
}

function storeOrNot(values: StoredValues, error: unknown): number {
  try {
    return values.store(error, "error");
  } catch {
    return 0;
  }
}

registerShared(Once, {
  kind: ObjectKind.ONCE,
  name: "Once",
  version: 1,
  sizeBytes: ONCE_BYTES,
  destroy: (heap: Heap, address: number) => {
    const outcome = storedOutcome(heap, address);
    if (outcome !== 0) storedValuesIn(heap).drop(outcome);
  },
});
