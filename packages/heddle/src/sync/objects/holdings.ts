/**
 * The handles of one thread: at most one for each object in use, and each of them a claim.
 *
 * ```text
 *              adopt, revive                  collected                    finaliser
 * no handle ─────────────────▶ live, claimed ───────────▶ dead, claimed ─────────────▶ claim given up
 *                                                             │ revive: another handle, with a claim of its own
 *                                                             └────────▶ live, claimed
 * ```
 *
 * - O1: a live handle has a claim, and the claim is in the thread's ledger.
 * - O2: a handle that was collected keeps its claim until its finaliser runs, so its address stays its object's.
 *
 * @packageDocumentation
 */
import { claimOn, HeldKind, type JoinedHeap, type Ledger } from "#heap";

/** One handle. */
interface Holding {
  readonly handle: WeakRef<object>;
  readonly address: number;
  /** Where in the ledger its claim is. */
  readonly entry: number;
}

export class Holdings {
  readonly #ledger: Ledger;
  readonly #live = new Map<number, Holding>();
  readonly #collected = new FinalizationRegistry<Holding>((holding) => {
    // O2. The address may have a newer handle.
    if (this.#live.get(holding.address) === holding) this.#live.delete(holding.address);
    this.#ledger.giveUp(holding.entry);
  });

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /**
   * Notes the handle of an object that was made just now, with one claim.
   *
   * @throws `HeapFullError` when that cannot be written down. The claim is still the caller's.
   */
  adopt(handle: object, address: number): void {
    this.#track(handle, address, this.#ledger.note(claimOn(HeldKind.OBJECT, address)));
  }

  /**
   * Notes a handle, of which this thread may have others, for an object that somebody holds.
   *
   * @throws `HeapFullError` when the claim cannot be written down. Nothing was claimed then.
   */
  join(handle: object, address: number): void {
    this.#track(handle, address, this.#ledger.take(claimOn(HeldKind.OBJECT, address)));
  }

  /**
   * This thread's handle for an object, which somebody holds who says so: the one that it has, or one that `make` makes.
   *
   * @throws `HeapFullError` when the claim cannot be written down, and what `make` throws. Nothing was claimed then.
   */
  revive(address: number, make: () => object): object {
    const known = this.#live.get(address)?.handle.deref();
    if (known !== undefined) return known;
    const entry = this.#ledger.take(claimOn(HeldKind.OBJECT, address));
    try {
      const handle = make();
      this.#track(handle, address, entry);
      return handle;
    } catch (error) {
      this.#ledger.giveUp(entry);
      throw error;
    }
  }

  /** How many objects this thread has handles for, or had until a moment ago. */
  get size(): number {
    return this.#live.size;
  }

  #track(handle: object, address: number, entry: number): void {
    const holding = { handle: new WeakRef(handle), address, entry };
    this.#live.set(address, holding);
    this.#collected.register(handle, holding);
  }
}

const holdings = new WeakMap<JoinedHeap, Holdings>();

/** This thread's handles for what is in a heap. */
export function holdingsIn(heap: JoinedHeap): Holdings {
  let found = holdings.get(heap);
  if (found === undefined) holdings.set(heap, (found = new Holdings(heap.ledger)));
  return found;
}
