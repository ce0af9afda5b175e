/**
 * The memory that an executor and its workers share.
 *
 * ```text
 * ring      hints at READY slots, from the owner to all workers
 * express   the same for those that go before
 * lanes     one done list per worker: slots pinned to it, from the owner
 * done      the done list of finished slots, from all workers to the owner
 * parking   which workers sleep or spin
 * core      where the owner ran when it last woke a worker, + 1; 0: not known
 * ```
 *
 * @packageDocumentation
 */
import { DoneList, type Heap, HintRing, Parking } from "#heap";
import { Express } from "./express.ts";

/** So many calls are offered to the workers at once; more wait in the owner. */
const RING_CAPACITY = 8192;

/** More workers than this in one pool have never been of use. */
export const MAX_WORKERS = 1024;

/** What a worker needs to find the board. */
export interface BoardLocation {
  readonly address: number;
  readonly capacity: number;
}

export class Board {
  readonly heap: Heap;
  readonly location: BoardLocation;
  readonly ring: HintRing;
  readonly express: Express;
  readonly done: DoneList;
  readonly parking: Parking;
  readonly #lanes: number;
  readonly #core: number;

  constructor(heap: Heap, location: BoardLocation) {
    const { address, capacity } = location;
    this.heap = heap;
    this.location = location;
    this.ring = new HintRing(heap, address, RING_CAPACITY);
    const express = address + HintRing.sizeBytes(RING_CAPACITY);
    this.express = new Express(heap, express);
    const done = express + Express.SIZE_BYTES;
    this.done = new DoneList(heap, done);
    // On a cache line of their own each: the done list is written by all.
    const parking = done + 64;
    this.parking = new Parking(heap, parking, capacity);
    this.#lanes = parking + Parking.sizeBytes(capacity);
    this.#core = this.#lanes + capacity * DoneList.SIZE_BYTES;
  }

  /** Makes a board for up to `capacity` workers. */
  static create(heap: Heap, capacity: number): Board {
    const sizeBytes =
      HintRing.sizeBytes(RING_CAPACITY) +
      Express.SIZE_BYTES +
      64 +
      Parking.sizeBytes(capacity) +
      capacity * DoneList.SIZE_BYTES +
      4;
    const address = heap.allocate(sizeBytes);
    heap.bytes.fill(0, address, address + sizeBytes);
    return new Board(heap, { address, capacity });
  }

  /** How many hints there are that any worker may take. */
  get offered(): number {
    return this.ring.size + this.express.size;
  }

  /** The core that the owner was on when it last woke a worker; -1 if that is not known. */
  get ownerCore(): number {
    return this.heap.load(this.#core) - 1;
  }

  set ownerCore(core: number) {
    this.heap.store(this.#core, core + 1);
  }

  /** Slots for one worker only. */
  lane(worker: number): DoneList {
    return new DoneList(this.heap, this.#lanes + DoneList.SIZE_BYTES * worker);
  }

  free(): void {
    this.heap.free(this.location.address);
  }
}
