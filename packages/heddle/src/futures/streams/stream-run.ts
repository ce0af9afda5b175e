/**
 * The worker's side of a stream: runs a generator, and sends its values in batches through the slot of its call.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import type { CallScope } from "../board/call-context.ts";
import { FLOW } from "../board/slot.ts";
import {
  dropStored,
  isLasting,
  newBatch,
  type SentBatch,
  type StreamBatch,
  tryStore,
} from "./stream-batch.ts";
import { WorkerFlow } from "./stream-flow.ts";
import { leftReason, pull, type StreamSink } from "./stream-pull.ts";

/** What a run needs of its worker. */
export interface StreamHost {
  /** Writes a batch into a slot, and hands that to the owner of the executor. Throws if something in it cannot be sent. */
  sendBatch(slot: number, batch: SentBatch): void;
  /** Throws if a value cannot be sent. Whatever the slot held is lost. */
  tryValue(slot: number, value: unknown): void;
}

/**
 * One generator under way. See docs/design/0011-streams.md.
 *
 * - R1: the slot is written only while it is this side's: from the acknowledgement of one batch until the next is handed over.
 * - R2: no value is asked for beyond the credits, so never more than those are on their way or unread.
 * - R3: each value is sent in the first batch that goes after it was yielded, and a batch goes as soon as the slot is free: so
 *   batches grow by themselves while the owner is busy.
 * - R4: a value that can change is written, or stored, before the generator goes on.
 */
export class StreamRun implements StreamSink {
  readonly #heap: Heap;
  readonly #slot: number;
  readonly #scope: CallScope;
  readonly #host: StreamHost;
  readonly #flow: WorkerFlow;
  #batch = newBatch();
  /** R4. The last value of the batch can only be sent, not stored: nothing more is asked for until then. */
  #isHeld = false;
  /** The flow word as it was last looked at. */
  #seen = 0;
  #isListening = false;
  #isClosed = false;
  /** What kept a value from being sent. */
  #fault: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;
  isStepping = false;

  constructor(heap: Heap, slot: number, scope: CallScope, host: StreamHost) {
    this.#heap = heap;
    this.#slot = slot;
    this.#scope = scope;
    this.#host = host;
    this.#flow = new WorkerFlow(heap, slot + FLOW);
  }

  /** Runs it to its end. Gives what it returned, or throws what it threw, when the owner has all its values. */
  async run(iterator: Iterator<unknown, unknown> | AsyncIterator<unknown, unknown>): Promise<unknown> {
    const forget = this.#scope.onCancel(() => this.#look());
    try {
      await this.#open();
      return await this.#pull(iterator);
    } finally {
      forget();
      this.#isClosed = true;
      dropStored(this.#batch);
      // Ends the wait that is pending.
      this.#heap.notify(this.#flow.address);
    }
  }

  get room(): number {
    return this.#isHeld ? 0 : this.#flow.room;
  }

  get isLeft(): boolean {
    return this.#isUnread || this.#fault !== undefined;
  }

  put(value: unknown): void {
    this.#flow.noteYield();
    if (isLasting(value) || this.#flow.isFree || !tryStore(this.#batch, value)) {
      this.#batch.values.push(value);
      this.#isHeld = !isLasting(value);
    }
    this.#flush();
  }

  changed(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  get #isUnread(): boolean {
    return this.#scope.isCancelled || this.#flow.isLeft;
  }

  /** Tells the owner that this is a stream, by an empty batch. */
  async #open(): Promise<void> {
    this.#scope.look();
    if (this.#scope.isCancelled) return;
    this.#send(newBatch());
    this.#listen();
    await this.#whenFree();
  }

  async #pull(iterator: Iterator<unknown, unknown> | AsyncIterator<unknown, unknown>): Promise<unknown> {
    try {
      return await pull(iterator, (step) => this.#scope.runBody(step), this);
    } catch (error) {
      if (this.#fault !== undefined) throw this.#fault.error;
      if (this.#isUnread && this.#scope.isItsCancellation(error)) return undefined;
      throw error;
    } finally {
      await this.#drain();
    }
  }

  /** R1. All that was yielded has gone, unless nobody wants it, and the slot is this side's. */
  async #drain(): Promise<void> {
    await this.#whenFree();
    this.#flush();
    await this.#whenFree();
    if (this.#fault !== undefined) throw this.#fault.error;
  }

  async #whenFree(): Promise<void> {
    while (!this.#flow.isFree) await this.changed();
  }

  /** R3. */
  #flush(): void {
    if (this.#batch.values.length === 0 || !this.#flow.isFree || this.isLeft) return;
    const batch = this.#batch;
    this.#batch = newBatch();
    this.#isHeld = false;
    try {
      this.#send(batch);
    } catch (error) {
      this.#sendUpToFault(batch, error);
    }
  }

  #send({ values, stored }: StreamBatch): void {
    this.#host.sendBatch(this.#slot, [values, stored]);
    this.#flow.noteHandOver();
  }

  /** A value cannot be sent: those before it go, and the stream ends with why. */
  #sendUpToFault(batch: StreamBatch, error: unknown): void {
    const { values, stored } = batch;
    const isStored = new Set(stored);
    const good = values.findIndex((value, place) => {
      if (isStored.has(place)) return false;
      try {
        this.#host.tryValue(this.#slot, value);
        return false;
      } catch (fault) {
        this.#fault = { error: fault };
        return true;
      }
    });
    this.#fault ??= { error };
    dropStored(batch, Math.max(good, 0));
    if (good > 0)
      this.#send({ values: values.slice(0, good), stored: stored.filter((place) => place < good) });
  }

  #look(): void {
    if (this.#isClosed) return;
    this.#seen = this.#flow.word;
    if (this.isStepping && this.#isUnread) this.#scope.cancel(leftReason());
    this.#flush();
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
    this.#listen();
  }

  /** Has {@link #look} called when the owner writes the flow word. */
  #listen(): void {
    if (this.#isListening || this.#isClosed) return;
    this.#isListening = true;
    const outcome = this.#heap.waitAsync(this.#flow.address, this.#seen);
    const look = (): void => {
      this.#isListening = false;
      this.#look();
    };
    if (typeof outcome === "string") queueMicrotask(look);
    else void outcome.then(look);
  }
}
