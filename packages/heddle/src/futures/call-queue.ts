/**
 * Where calls wait that no worker has claimed.
 *
 * @packageDocumentation
 */
import type { Board } from "./board.ts";
import type { Call, Calls } from "./calls.ts";
import type { Crew } from "./crew.ts";
import { Fifo } from "./fifo.ts";
import { idleWorker } from "./idle-worker.ts";
import { type Parcel, ParcelStore } from "./parcels.ts";
import { pinned, READY, STATE } from "./slot.ts";

/**
 * What has to be moved with a call stays here until a worker has claimed it and asks: what is posted to a worker that runs
 * something else is lost if that ends it.
 */
export class CallQueue {
  readonly #board: Board;
  readonly #calls: Calls;
  readonly #crew: Crew;
  readonly #concurrency: number;
  /** Calls that the ring has no room for, oldest first. Hints, as those in the ring. */
  readonly #overflow = new Fifo<Call>();
  readonly #parcels = new ParcelStore();

  constructor(board: Board, calls: Calls, crew: Crew, concurrency: number) {
    this.#board = board;
    this.#calls = calls;
    this.#crew = crew;
    this.#concurrency = concurrency;
  }

  /** How many hints workers have before them. */
  get waiting(): number {
    return this.#board.ring.size;
  }

  /**
   * Finds a place for what has to be moved with a call: an idle worker gets it at once. Gives that worker; -1 if there is
   * none, and it stays here.
   *
   * @param worker - The only one that may run the call; -1 for any.
   */
  place(call: Call, parcel: Parcel, transferList: readonly unknown[], worker: number): number {
    const taker = worker < 0 ? idleWorker(this.#board, this.#crew, this.#calls, this.#concurrency) : worker;
    if (taker >= 0) this.#crew.post(taker, parcel, transferList);
    else {
      this.#parcels.put(parcel, transferList);
      call.hasParcelHere = true;
    }
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
    heap.store(call.address + STATE, READY);
    if (this.#overflow.size === 0 && ring.publish(call.address)) return parking.wakeForWork();
    this.#overflow.push(call);
    return false;
  }

  /** A worker has claimed a call and asks for what belongs to it. */
  sendParcel(call: Call): void {
    if (!call.hasParcelHere || !this.#crew.has(call.worker)) return;
    const { parcel, transferList } = this.#takeParcel(call);
    this.#crew.post(call.worker, parcel, transferList);
  }

  /** Moves calls from the overflow to the ring. */
  feed(): void {
    if (this.#overflow.size === 0) return;
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
  }

  close(): void {
    this.#parcels.close();
  }

  #takeParcel(call: Call): ReturnType<ParcelStore["take"]> {
    call.hasParcelHere = false;
    return this.#parcels.take(call.sequence);
  }
}
