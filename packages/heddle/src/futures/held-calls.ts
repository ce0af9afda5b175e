/**
 * Calls with side items that wait for a worker to be free, oldest first.
 *
 * @packageDocumentation
 */
import type { Call } from "./calls.ts";
import { type Parcel, ParcelStore } from "./parcels.ts";

/**
 * Keeps calls until a worker is found for them, and what has to be moved with them until that worker has claimed them: what
 * is posted to a worker that runs something else is lost if that ends it.
 */
export class HeldCalls {
  /** A Map keeps the order, and lets one leave from anywhere. */
  readonly #waiting = new Map<number, Call>();
  readonly #parcels = new ParcelStore();

  /** How many wait for a worker. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Keeps what has to be moved with a call that is about to be held. */
  keep(parcel: Parcel, transferList: readonly unknown[]): void {
    this.#parcels.put(parcel, transferList);
  }

  hold(call: Call): void {
    call.hasParcelHere = true;
    this.#waiting.set(call.sequence, call);
  }

  /** The oldest call. Its parcel stays here. */
  next(): Call | undefined {
    for (const [sequence, call] of this.#waiting) {
      this.#waiting.delete(sequence);
      return call;
    }
    return undefined;
  }

  /** The parcel of a call, and what of it has to be moved on. */
  takeParcel(call: Call): { parcel: Parcel; transferList: unknown[] } {
    call.hasParcelHere = false;
    return this.#parcels.take(call.sequence);
  }

  /** Lets go of a call that was called off, and of what came with it. */
  drop(call: Call): void {
    this.#waiting.delete(call.sequence);
    if (call.hasParcelHere) this.takeParcel(call);
  }

  close(): void {
    this.#parcels.close();
  }
}
