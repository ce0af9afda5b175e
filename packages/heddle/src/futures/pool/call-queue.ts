/**
 * Where calls wait that no worker has claimed.
 *
 * @packageDocumentation
 */
import type { Board } from "../board/board.ts";
import type { Call } from "./call.ts";
import type { Calls } from "./calls.ts";
import type { Crew } from "./crew.ts";
import { Fifo } from "../fifo.ts";
import { Homes } from "./homes.ts";
import { idleWorker } from "./idle-worker.ts";
import { NO_PARCEL, type Parcel, ParcelStore } from "../board/parcels.ts";
import { RankedCalls } from "./ranked-calls.ts";
import { PARCEL, pinned, READY, STATE } from "../board/slot.ts";

/**
 * What has to be moved with a call stays here until a worker has claimed it and asks: what is posted to a worker that runs
 * something else is lost if that ends it.
 */
export class CallQueue {
  readonly #board: Board;
  readonly #calls: Calls;
  readonly #crew: Crew;
  readonly #concurrency: number;
  readonly #homes: Homes;
  /** Calls that the ring has no room for, oldest first. Hints, as those in the ring. */
  readonly #overflow = new Fifo<Call>();
  readonly #ranked: RankedCalls;
  readonly #parcels = new ParcelStore<Call>();

  constructor(board: Board, calls: Calls, crew: Crew, options: { concurrency: number; maxWorkers: number }) {
    this.#board = board;
    this.#calls = calls;
    this.#crew = crew;
    this.#concurrency = options.concurrency;
    this.#homes = new Homes(calls, crew, options.maxWorkers);
    this.#ranked = new RankedCalls(board, () => this.#nextInRing());
  }

  /** How many calls wait that are nobody's, or have waited: withdrawn ones count until they are passed over. */
  get waiting(): number {
    return this.#board.offered + this.#ranked.size;
  }

  /** Whether there is a worker that would begin the call that is being made: one that waits, or is about to, as no other call is under way. */
  get hasIdle(): boolean {
    if (this.#calls.active <= 1) return true;
    return idleWorker(this.#board, this.#crew, this.#calls, this.#concurrency) >= 0;
  }

  /** The worker for the calls of an affinity; -1 for any. */
  homeOf(affinity: string | undefined): number {
    return affinity === undefined ? -1 : this.#homes.of(affinity);
  }

  /** A worker has gone. */
  forget(worker: number): void {
    this.#homes.forget(worker);
  }

  /**
   * Finds a place for what has to be moved with a call: an idle worker gets it at once, or else it stays here. Gives the
   * worker that is to run the call; -1 for any.
   *
   * @param worker - The only one that may run the call; -1 for any.
   */
  place(call: Call, parcel: Parcel, worker: number): number {
    const taker = worker < 0 ? idleWorker(this.#board, this.#crew, this.#calls, this.#concurrency) : worker;
    // Where that ends, another one takes its place.
    const mayChange = call.affinity !== undefined;
    let number = NO_PARCEL;
    if (taker >= 0 && !mayChange) number = this.#crew.post(taker, parcel);
    else {
      this.#parcels.put(call, parcel);
      call.hasParcelHere = true;
    }
    this.#board.heap.poke(call.address + PARCEL, number);
    return taker;
  }

  /** Offers a call to one worker, or to all if that is -1. Gives whether one had to be woken. */
  publish(call: Call, worker: number): boolean {
    const { heap, ring, parking } = this.#board;
    if (worker >= 0) {
      this.#calls.pin(call, worker);
      heap.store(call.address + STATE, pinned(worker));
      this.#board.lane(worker).push(call.address);
      return parking.wake(worker);
    }
    if (call.isRanked) return this.#ranked.add(call);
    heap.store(call.address + STATE, READY);
    if (this.#overflow.size > 0 || !ring.publish(call.address)) {
      this.#overflow.push(call);
      return false;
    }
    if (this.#ranked.inUse) this.#ranked.makeWay(call);
    return parking.wakeForWork();
  }

  /** A worker has claimed a call and asks for what belongs to it. */
  sendParcel(call: Call): void {
    if (!call.hasParcelHere || !this.#crew.has(call.worker)) return;
    // I5.
    this.#board.heap.store(call.address + PARCEL, this.#crew.post(call.worker, this.#takeParcel(call)));
  }

  /** Calls have ended: others have their turn. */
  feed(): void {
    if (this.#overflow.size > 0) this.#fillRing();
    if (this.#ranked.inUse) this.#ranked.offerMore();
  }

  #fillRing(): void {
    const { heap, ring, parking } = this.#board;
    for (let call = this.#overflow.peek(); call !== undefined; call = this.#overflow.peek()) {
      if (heap.load(call.address + STATE) === READY && !ring.publish(call.address)) break;
      this.#overflow.shift();
    }
    parking.wakeForWork();
  }

  /** Lets go of what came with a call that was called off. */
  drop(call: Call): void {
    if (call.hasParcelHere) this.#takeParcel(call);
    if (call.isRanked && this.#ranked.inUse) this.#ranked.remove();
    // Else workers may pass over all that the ring holds, and nobody is told to fill it.
    if (this.#overflow.size === 0) return;
    this.#nextInRing();
    this.#fillRing();
  }

  close(): void {
    this.#parcels.close();
  }

  /** Passes over what is called off, or is in line elsewhere. */
  #nextInRing(): Call | undefined {
    const { ring } = this.#board;
    for (let slot = ring.peekHint(); slot !== 0; slot = ring.peekHint()) {
      const call = this.#calls.at(slot);
      if (call.kind === READY && !call.isRanked) return call;
      ring.advance();
    }
    return this.#overflow.peek();
  }

  #takeParcel(call: Call): Parcel {
    call.hasParcelHere = false;
    return this.#parcels.take(call);
  }
}
