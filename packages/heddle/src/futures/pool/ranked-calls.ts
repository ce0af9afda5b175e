/**
 * Calls with a priority: they go before others, or let them go before.
 *
 * @packageDocumentation
 */
import type { Board } from "../board/board.ts";
import type { Call } from "./call.ts";
import { comesBefore, type Ranked, RankedHeap } from "./ranked-heap.ts";
import { READY, STATE } from "../board/slot.ts";

/** So many are offered at once, at least, and at most. */
const LEAST_OFFERED = 8;
const MOST_OFFERED = 512;

/** A call in line; its slot may have been used again since. */
class Place implements Ranked {
  readonly call: Call;
  readonly rank: number;
  readonly sequence: number;

  constructor(call: Call) {
    this.call = call;
    this.rank = call.rank;
    this.sequence = call.sequence;
  }

  /** Whether the call was claimed or called off. */
  get isVacant(): boolean {
    return this.call.sequence !== this.sequence || this.call.kind !== READY;
  }
}

/**
 * Calls without a priority are in one ring, in the order of their ranks as it is that in which they were made. Others have no place
 * there. They are in line here, and the first of them are offered in the express, at which workers look first.
 *
 * - R1: a call is offered only if it comes before all that wait in the ring.
 * - R2: what is offered comes before what is only in line. Where a call is added that does not respect that, or R1, what nobody has
 *   claimed is put in line again, and the first are offered anew.
 */
export class RankedCalls {
  readonly #board: Board;
  /** The oldest call in the ring that nobody has claimed. */
  readonly #nextInRing: () => Ranked | undefined;
  readonly #line = new RankedHeap<Place>();
  /** In the order in which they are offered. */
  #offered: Place[] = [];
  #mostOffered = LEAST_OFFERED;
  /** Whether any are in line or offered. */
  inUse = false;

  constructor(board: Board, nextInRing: () => Ranked | undefined) {
    this.#board = board;
    this.#nextInRing = nextInRing;
  }

  /** How many are in line, those called off included for a while. */
  get size(): number {
    return this.#line.size;
  }

  /** Puts a call in line. Gives whether a worker had to be woken. */
  add(call: Call): boolean {
    this.#board.heap.store(call.address + STATE, READY);
    this.#line.push(new Place(call));
    if (this.inUse && this.#isInOrder(call)) return this.#wakeFor(this.#offer());
    this.inUse = true;
    return this.#renew();
  }

  /** A call without priority was put into the ring. R1. */
  makeWay(call: Call): void {
    if (!this.#isInOrder(call)) this.#renew();
  }

  /** A call was called off: another may have to be offered. */
  remove(): void {
    this.#renew();
    this.#rest();
  }

  /** Calls have ended: offers as many as there is room for. */
  offerMore(): void {
    const { size } = this.#board.express;
    if (size > 0) this.#offered = this.#offered.slice(-size);
    else {
      // The workers took all there were.
      if (this.#offered.length > 0) this.#mostOffered = Math.min(2 * this.#mostOffered, MOST_OFFERED);
      this.#offered = [];
    }
    this.#wakeFor(this.#offer());
    this.#rest();
  }

  #isInOrder(call: Call): boolean {
    const last = this.#offered.at(-1);
    return last === undefined || !comesBefore(call, last);
  }

  #renew(): boolean {
    for (const place of this.#offered) if (!place.isVacant) this.#line.push(place);
    this.#offered = [];
    this.#mostOffered = LEAST_OFFERED;
    const { express } = this.#board;
    express.begin();
    const count = this.#offer();
    express.commit();
    return this.#wakeFor(count);
  }

  /** R1, R2. Gives how many were offered. */
  #offer(): number {
    const room = this.#mostOffered - this.#offered.length;
    for (let count = 0; count < room; count++) {
      const place = this.#first();
      const inRing = place && this.#nextInRing();
      if (place === undefined || (inRing !== undefined && comesBefore(inRing, place))) return count;
      this.#line.shift();
      this.#offered.push(place);
      this.#board.express.publish(place.call.address);
    }
    return Math.max(room, 0);
  }

  #wakeFor(count: number): boolean {
    let woke = false;
    for (; count > 0; count--) woke = this.#board.parking.wakeForWork() || woke;
    return woke;
  }

  #first(): Place | undefined {
    let place = this.#line.peek();
    for (; place?.isVacant === true; place = this.#line.peek()) this.#line.shift();
    return place;
  }

  #rest(): void {
    if (this.#offered.length > 0 || this.#first() !== undefined) return;
    this.inUse = false;
    this.#board.express.end();
  }
}
