/**
 * A heap as one of the threads sees it that share it.
 *
 * @packageDocumentation
 */
import type { Heap } from "./heap.ts";
import type { Ledger } from "./ledger.ts";
import type { Seats } from "./seats.ts";

/** A thread, as the operating system and Node know it. */
export interface Whereabouts {
  readonly processId: number;
  /** As `threadId` of `node:worker_threads`; -1 where that is not known. */
  readonly threadId: number;
  /** The operating system's number of it; 0 where that is not known. */
  readonly nativeId: number;
}

/** A heap in which this thread has a seat. */
export interface JoinedHeap extends Heap {
  readonly seats: Seats;
  /** The number of this thread's seat. */
  readonly seat: number;
  /** Of this thread, among all that ever used the heap. */
  readonly identity: number;
  /** Where this thread writes down what it holds, so that others can give it up when it has ended. */
  readonly ledger: Ledger;
  /** Whether the thread on a seat runs no more, as the operating system sees it. Where that cannot be known, it does. */
  hasDied(seat: number): boolean;
  /** Which thread of which process has an identity; `undefined` if it has left or ended. */
  whereabouts(identity: number): Whereabouts | undefined;
  /** The core that this thread runs on; -1 where that is not known. */
  readonly core: number;
  /**
   * Moves this thread to another core, from which it may go on to any that it may run on; gives whether it did. It stays where it is
   * where it cannot be moved, and while all cores have something to do.
   */
  leaveCore(): boolean;
  /** Whether somebody may have died whose end is not settled, as far as that is known without asking. */
  readonly mayHaveLost: boolean;
  /** Has a callback called, from the event loop, when somebody has died whom nobody else tells of. */
  whenSomebodyDies(callback: () => void): void;
  /**
   * Gives up what an ended thread held, and lets another one take over the memory that it had for its own. This thread has
   * claimed that end, and settled what the other was about in the heap.
   */
  settleSeat(seat: number): void;
}
