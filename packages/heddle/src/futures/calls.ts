/**
 * The owner's side of the calls under way: one {@link Call} for each slot, used again and again.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { reject, settleCancelled, type Future, type TaskControl } from "./future.ts";
import { FREE, INDEX, isClaimed, SLOT_BYTES, STARTED, STATE, WITHDRAWN, workerOf } from "./slot.ts";
import type { Payloads } from "./payload.ts";
import type { Site } from "./submission-sites.ts";

/** Whom a call turns to when it is cancelled. */
export interface CallOwner {
  /** Ends the worker that runs a task nobody waits for any more. */
  endWorker(worker: number, cause: unknown): void;
  /** The call left the queue before any worker had claimed it, and its slot may be used again. */
  withdrawn(call: Call): void;
}

/** A call in a slot. While it is under way it controls the future that it will settle. */
export class Call implements TaskControl {
  readonly address: number;
  readonly #heap: Heap;
  readonly #owner: CallOwner;
  future: Future<unknown> | undefined = undefined;
  /** Held so that the function's record lives as long as the call. */
  fn: unknown = undefined;
  site: Site | undefined = undefined;
  name: string | undefined = undefined;
  sequence = 0;
  /** The only worker that may run it; -1 for any. */
  pinnedTo = -1;
  /** Its result is here, and waits to be decoded. */
  arrived = false;
  /** Timers and listeners that go when the future has settled. */
  #release: (() => void) | undefined = undefined;

  constructor(heap: Heap, owner: CallOwner, address: number) {
    this.#heap = heap;
    this.#owner = owner;
    this.address = address;
  }

  isRunning(): boolean {
    return isClaimed(this.#heap.load(this.address + STATE));
  }

  /** The worker that has claimed it; -1 while none has. */
  get worker(): number {
    const state = this.#heap.load(this.address + STATE);
    return isClaimed(state) ? workerOf(state) : -1;
  }

  /** When the body began, in milliseconds since 1970; for calls with a time limit, once claimed. */
  get startedMs(): number {
    const bytes = this.#heap.bytes;
    return new DataView(bytes.buffer, this.address + STARTED, 8).getFloat64(0, true);
  }

  cancel(reason: unknown, graceMs: number): boolean {
    const withdrawn = this.#withdraw();
    if (!withdrawn) {
      if (graceMs === Infinity) return false;
      this.#endWorkerAfter(graceMs, reason);
    }
    settleCancelled(this.future!, reason);
    this.#leave(withdrawn);
    return true;
  }

  /** Nobody waits for it any more: it never runs, or its result is dropped. */
  callOff(reason: unknown): void {
    const withdrawn = this.#withdraw();
    settleCancelled(this.future!, reason);
    this.#leave(withdrawn);
  }

  /** It has taken too long: if its body runs, so does its worker. */
  cutOff(error: unknown): void {
    const withdrawn = this.#withdraw();
    if (!withdrawn) this.#endWorkerAfter(0, error);
    reject(this.future!, error);
    this.#leave(withdrawn);
  }

  /** Has `release` called when the call needs no watching any more. */
  onRelease(release: () => void): void {
    const earlier = this.#release;
    this.#release = () => {
      earlier?.();
      release();
    };
  }

  /** The future has settled. */
  release(): void {
    this.#release?.();
    this.#release = undefined;
  }

  /** How errors name it. */
  get taskName(): string {
    return this.name ?? ((this.fn as Function).name || "(anonymous)");
  }

  /** Takes it out of the queue; false if its body runs. */
  #withdraw(): boolean {
    const state = this.#heap.load(this.address + STATE);
    if (isClaimed(state)) return false;
    const withdrawn = this.pinnedTo < 0 ? FREE : WITHDRAWN;
    return this.#heap.compareExchange(this.address + STATE, state, withdrawn) === state;
  }

  #endWorkerAfter(graceMs: number, reason: unknown): void {
    const { sequence, worker } = this;
    const end = (): void => {
      if (this.sequence === sequence && this.isRunning()) this.#owner.endWorker(worker, reason);
    };
    if (graceMs === 0) end();
    else setTimeout(end, graceMs);
  }

  /** A pinned call comes back through its worker: its slot is still linked into a lane. */
  #leave(withdrawn: boolean): void {
    this.release();
    if (withdrawn && this.pinnedTo < 0) this.#owner.withdrawn(this);
  }
}

/** The slots of one executor, and which of them are free. */
export class Calls {
  readonly #heap: Heap;
  readonly #payloads: Payloads;
  readonly #owner: CallOwner;
  readonly #all: Call[] = [];
  readonly #free: Call[] = [];
  /** How many calls are pinned to each worker. */
  readonly #pinned: number[] = [];
  #sequence = 0;

  constructor(heap: Heap, payloads: Payloads, owner: CallOwner) {
    this.#heap = heap;
    this.#payloads = payloads;
    this.#owner = owner;
  }

  /** How many slots are in use. */
  get active(): number {
    return this.#all.length - this.#free.length;
  }

  /** A free slot with an empty message. */
  take(): Call {
    const call = this.#free.pop() ?? this.#add();
    call.sequence = this.#sequence = (this.#sequence + 1) | 0;
    return call;
  }

  /** From now on only this worker may run it. */
  pin(call: Call, worker: number): void {
    call.pinnedTo = worker;
    this.#pinned[worker] = this.pinnedTo(worker) + 1;
  }

  /** How many calls only this worker may run. */
  pinnedTo(worker: number): number {
    return this.#pinned[worker] ?? 0;
  }

  /** Ends the use of a slot. Nobody else may refer to it but by a stale hint. */
  recycle(call: Call): void {
    this.#payloads.release(call.address);
    this.#heap.store(call.address + STATE, FREE);
    call.future = undefined;
    call.fn = undefined;
    call.name = undefined;
    if (call.pinnedTo >= 0) this.#pinned[call.pinnedTo]!--;
    call.pinnedTo = -1;
    call.arrived = false;
    call.release();
    this.#free.push(call);
  }

  at(address: number): Call {
    return this.#all[this.#heap.peek(address + INDEX)]!;
  }

  /** Those under way. */
  *[Symbol.iterator](): Iterator<Call> {
    for (const call of this.#all) if (call.future !== undefined) yield call;
  }

  /** Gives all memory back. No worker may run any more. */
  free(): void {
    for (const call of this.#all) {
      this.#payloads.release(call.address);
      this.#heap.free(call.address);
    }
    this.#all.length = 0;
    this.#free.length = 0;
  }

  #add(): Call {
    const address = this.#heap.allocate(SLOT_BYTES);
    this.#heap.poke(address + INDEX, this.#all.length);
    this.#heap.store(address + STATE, FREE);
    this.#payloads.reset(address);
    const call = new Call(this.#heap, this.#owner, address);
    this.#all.push(call);
    return call;
  }
}
