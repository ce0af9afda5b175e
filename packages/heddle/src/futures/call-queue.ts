/**
 * Where calls wait that no worker has claimed.
 *
 * @packageDocumentation
 */
import type { Board } from "./board.ts";
import type { Call, Calls } from "./calls.ts";
import type { Crew } from "./crew.ts";
import { Fifo } from "./fifo.ts";
import { HeldCalls } from "./held-calls.ts";
import { idleWorker } from "./idle-worker.ts";
import type { Parcel } from "./parcels.ts";
import { HELD, pinned, READY, STATE } from "./slot.ts";

export class CallQueue {
  readonly #board: Board;
  readonly #calls: Calls;
  readonly #crew: Crew;
  readonly #concurrency: number;
  /** Calls that the ring has no room for, oldest first. Hints, as those in the ring. */
  readonly #overflow = new Fifo<Call>();
  readonly #held = new HeldCalls();

  constructor(board: Board, calls: Calls, crew: Crew, concurrency: number) {
    this.#board = board;
    this.#calls = calls;
    this.#crew = crew;
    this.#concurrency = concurrency;
  }

  /** How many hints workers have before them, and how many calls are held. */
  get waiting(): number {
    return this.#board.ring.size + this.#held.size;
  }

  /**
   * Finds a place for what has to be moved with a call: an idle worker gets it at once. Gives that worker; -1 if there is
   * none, and the call has to be held.
   *
   * @param worker - The only one that may run the call; -1 for any.
   */
  place(parcel: Parcel, transferList: readonly unknown[], worker: number): number {
    const taker = worker < 0 ? idleWorker(this.#board, this.#crew, this.#calls, this.#concurrency) : worker;
    if (taker < 0) this.#held.keep(parcel, transferList);
    else this.#crew.post(taker, parcel, transferList);
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

  /** Keeps a call until a worker is about to be free for it, and for what has to be moved with it. */
  hold(call: Call): void {
    this.#board.heap.store(call.address + STATE, HELD);
    this.#held.hold(call);
    this.unblock();
  }

  /** Held calls are served when others end. When none is left that could, a worker gets one at once. */
  unblock(): void {
    if (this.#held.size === 0 || this.#calls.active > this.#held.size) return;
    for (const worker of this.#crew) {
      if (!this.#crew.isReady(worker)) continue;
      this.serve(worker);
      return;
    }
  }

  /** Gives a worker the oldest of the calls that are held, as many as it can begin. What belongs to them stays here. */
  serve(worker: number): void {
    if (!this.#crew.takesWork(worker)) return;
    while (this.#held.size > 0 && this.#calls.pinnedTo(worker) < this.#concurrency) {
      this.publish(this.#held.next()!, worker);
    }
  }

  /** A worker has claimed a call and asks for what belongs to it. */
  sendParcel(call: Call): void {
    if (!call.hasParcelHere || !this.#crew.has(call.worker)) return;
    const { parcel, transferList } = this.#held.takeParcel(call);
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

  /** Lets go of a call that was called off, and of what came with it. */
  drop(call: Call): void {
    this.#held.drop(call);
  }

  close(): void {
    this.#held.close();
  }
}
