/**
 * Shared memory in stored values. A message only names it: some thread must have it, or nobody finds it any more. So the
 * thread that stored the value keeps it until the message is gone, and sees that by an object in the heap that both hold.
 *
 * @packageDocumentation
 */
import { CLAIMS, claimOn, HeldKind, threadHeap, type Heap } from "#heap";
import { ObjectKind } from "../object-kinds.ts";
import { FIRST_OWN, writeHeader } from "./header.ts";

interface Kept {
  readonly buffers: readonly SharedArrayBuffer[];
  /** The object that stands for the message. */
  readonly address: number;
  readonly entry: number;
}

/** What one thread keeps for others. */
export class KeptBuffers {
  readonly #heap: Heap;
  /** Oldest first. */
  #kept: Kept[] = [];
  /** With so many it looks for those that are of no more use. */
  #lookAt = 8;

  constructor(heap: Heap) {
    this.#heap = heap;
  }

  /** Keeps buffers until a message is gone. Gives the claim that the message has to hold. */
  keep(buffers: readonly SharedArrayBuffer[]): number {
    if (this.#kept.length >= this.#lookAt) this.#look();
    const address = this.#heap.allocate(FIRST_OWN);
    writeHeader(this.#heap, address, ObjectKind.KEPT_BUFFERS, undefined, FIRST_OWN);
    const claim = claimOn(HeldKind.OBJECT, address);
    try {
      this.#kept.push({ buffers: [...buffers], address, entry: threadHeap().ledger.note(claim) });
    } catch (error) {
      this.#heap.free(address);
      throw error;
    }
    return claim;
  }

  /** Lets go of what no message names any more. */
  #look(): void {
    this.#kept = this.#kept.filter(({ address, entry }) => {
      if (this.#heap.load(address + CLAIMS) > 1) return true;
      threadHeap().ledger.giveUp(entry);
      return false;
    });
    this.#lookAt = Math.max(8, 2 * this.#kept.length);
  }
}
