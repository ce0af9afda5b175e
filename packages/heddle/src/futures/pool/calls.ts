/**
 * The owner's side of the calls under way: one {@link Call} for each slot, used again and again.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { Call, type CallOwner } from "./call.ts";
import type { Payloads } from "../board/payload.ts";
import { CLAIMS, FINISHED, FLAGS, FREE, INDEX, SLOT_BYTES, STATE, STOP } from "../board/slot.ts";

/** The slots of one executor, and which of them are free. */
export class Calls {
  readonly #heap: Heap;
  readonly #payloads: Payloads;
  readonly #owner: CallOwner;
  readonly #all: Call[] = [];
  readonly #free: Call[] = [];
  /** How many calls are pinned to each worker. */
  readonly #pinned: number[] = [];
  #abandoned = 0;
  #unread = 0;
  #asked = 0;
  #sequence = 0;
  #ended = 0;

  constructor(heap: Heap, payloads: Payloads, owner: CallOwner) {
    this.#heap = heap;
    this.#payloads = payloads;
    this.#owner = owner;
  }

  /** How many slots are in use. */
  get active(): number {
    return this.#all.length - this.#free.length;
  }

  /** How many calls somebody waits for. */
  get awaited(): number {
    return this.active - this.#abandoned - this.#unread;
  }

  /** Nobody waits for what it yields next; or somebody does. */
  setUnread(call: Call, isUnread: boolean): void {
    if (call.isUnread === isUnread) return;
    call.isUnread = isUnread;
    this.#unread += isUnread ? 1 : -1;
  }

  /** How many calls somebody has asked for their results, of those that are told of here. */
  get asked(): number {
    return this.#asked;
  }

  setAsked(call: Call, isAsked: boolean): void {
    if (call.isAsked === isAsked) return;
    call.isAsked = isAsked;
    this.#asked += isAsked ? 1 : -1;
  }

  /** Nobody waits for one of them any more. */
  countAbandoned(): void {
    this.#abandoned++;
  }

  /** A free slot with an empty message. */
  take(): Call {
    const call = this.#free.pop() ?? this.#add();
    call.sequence = this.#sequence = (this.#sequence + 1) | 0;
    call.rank = this.#ended;
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

  /** It waits for a worker again. */
  unpin(call: Call): void {
    this.#pinned[call.pinnedTo]!--;
    call.pinnedTo = -1;
  }

  /** Ends the use of a slot. Nobody else may refer to it but by a stale hint. */
  recycle(call: Call): void {
    // A message that its writer did not finish may hold things for ever: nobody knows which.
    const holds = (this.#heap.peek(call.address + FLAGS) & CLAIMS) !== 0 && call.kind === FINISHED;
    if (holds) this.#payloads.giveUpClaims(call.address);
    this.#payloads.release(call.address);
    this.#payloads.letGo(call.heldBytes);
    call.heldBytes = 0;
    // A plain write: a worker that follows a stale hint finds a slot that is not READY either way.
    this.#heap.poke(call.address + STATE, FREE);
    if (call.pinnedTo >= 0) this.#pinned[call.pinnedTo]!--;
    if (call.isForgotten) this.#abandoned--;
    this.setUnread(call, false);
    this.setAsked(call, false);
    call.reset();
    this.#ended++;
    this.#free.push(call);
  }

  at(address: number): Call {
    return this.#all[this.#heap.peek(address + INDEX)]!;
  }

  /** How many a worker has begun. */
  get running(): number {
    let count = 0;
    for (const call of this) if (call.hasBegun) count++;
    return count;
  }

  /** Whether a worker runs calls that somebody waits for. */
  runsAwaited(worker: number): boolean {
    for (const call of this) if (!call.isAbandoned && call.worker === worker && call.isClaimed) return true;
    return false;
  }

  /** Whether a worker runs calls that nobody waits for any more. */
  runsAbandoned(worker: number): boolean {
    for (const call of this) if (call.isAbandoned && call.worker === worker && call.isClaimed) return true;
    return false;
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
    this.#heap.poke(address + STOP, 0);
    this.#payloads.reset(address);
    const call = new Call(this.#heap, this.#owner, address);
    this.#all.push(call);
    return call;
  }
}
