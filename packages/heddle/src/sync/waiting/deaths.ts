/**
 * How a thread learns that another one has died that shares a heap with it, and what it does then.
 *
 * @packageDocumentation
 */
import type { JoinedHeap } from "#heap";
import { settleEnd } from "./ends.ts";
import { type Monitor, settleSections } from "./monitor.ts";

/** A thread that was found dead has posted its last message long before this has passed. */
const GRACE_MS = 1000;

/** The ends of others that one thread settles in one heap. */
export class Deaths {
  /** Of this thread. */
  monitor!: Monitor;
  readonly #heap: JoinedHeap;
  /**
   * Seats of threads that were found dead before they were reported. What they held is given up later, for their messages
   * may not have been read yet.
   */
  readonly #early: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Of those, the ones of which only the sections have been settled. */
  readonly #halfSettled: number[] = [];

  constructor(heap: JoinedHeap) {
    this.#heap = heap;
  }

  /** Settles the end of a thread whose seat this one has claimed for that; what it held is still to be given up. */
  settle(seat: number): void {
    const heap = this.#heap;
    for (
      let left = heap.seats.inherit(seat, heap.seat);
      left >= 0;
      left = heap.seats.inherit(seat, heap.seat)
    ) {
      this.settle(left);
      heap.settleSeat(left);
    }
    settleEnd(this.monitor, seat);
  }

  /** Goes on with ends that were settled only as far as a section allowed. */
  settleHalves(): void {
    for (const seat of this.#halfSettled.splice(0)) this.settle(seat);
  }

  /** Looks for threads that have died and of which nobody has told this one. */
  settleTheDead(): void {
    this.settleHalves();
    for (const seat of this.#heap.seats) if (this.#claimDead(seat)) this.settle(seat);
  }

  /**
   * This thread stands before a gate that does not open. If its owner has died, the gates are opened now, from within a
   * section that is being entered; the rest of its end is settled afterwards.
   */
  openGatesOf(seat: number): void {
    if (seat < 0 || !this.#claimDead(seat)) return;
    settleSections(this.monitor, seat, this.#heap.seats.recordAt(seat));
    if (this.#halfSettled.push(seat) === 1) setImmediate(() => this.settleHalves());
  }

  /** Settles what is left to be settled, at once. */
  finish(): void {
    clearTimeout(this.#timer);
    this.settleHalves();
    for (const seat of this.#early.splice(0)) this.#heap.settleSeat(seat);
  }

  /** Claims the end of a thread if it has died. */
  #claimDead(seat: number): boolean {
    const heap = this.#heap;
    if (seat === heap.seat || !heap.hasDied(seat) || !heap.seats.claimEndOf(seat, heap.seat)) return false;
    if (this.#early.push(seat) === 1) {
      this.#timer = setTimeout(() => this.finish(), GRACE_MS);
      this.#timer.unref();
    }
    return true;
  }
}
