/**
 * Calls with side items that wait for a worker to be free, oldest first.
 *
 * @packageDocumentation
 */
import type { Call } from "./calls.ts";
import { type Parcel, ParcelStore } from "./parcels.ts";

export class HeldCalls {
  /** A Map keeps the order, and lets one leave from anywhere. */
  readonly #calls = new Map<number, Call>();
  readonly #parcels = new ParcelStore();

  get size(): number {
    return this.#calls.size;
  }

  /** Keeps what has to be moved with a call that is about to be held. */
  keep(parcel: Parcel, transferList: readonly unknown[]): void {
    this.#parcels.put(parcel, transferList);
  }

  hold(call: Call): void {
    this.#calls.set(call.sequence, call);
  }

  /** Lets go of a call that was called off, and of what came with it. */
  drop(call: Call): void {
    if (this.#calls.delete(call.sequence)) this.#parcels.take(call.sequence);
  }

  /** The oldest call, with its parcel and what of that has to be moved on. */
  take(): { call: Call; parcel: Parcel; transferList: unknown[] } | undefined {
    for (const [sequence, call] of this.#calls) {
      this.#calls.delete(sequence);
      return { call, ...this.#parcels.take(sequence) };
    }
    return undefined;
  }

  close(): void {
    this.#parcels.close();
  }
}
