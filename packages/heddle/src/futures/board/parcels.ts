/**
 * What only a port can carry, beside the calls it belongs to.
 *
 * @packageDocumentation
 */
import type { MessagePort } from "node:worker_threads";
import { workerThreads } from "#heap";

/**
 * The side items of one call or result, behind the number of the call. Flat, as a port takes 2 µs more there and back for an object with
 * a list in it.
 */
export type Parcel = readonly [sequence: number, ...items: unknown[]];

/** One side of a pair of ports, read when the bytes of a call say that there is something to read. */
export class ParcelPort {
  readonly #port: MessagePort | undefined;
  /** Came before those that were asked for. */
  readonly #early = new Map<number, readonly unknown[]>();

  /** @param port - Absent: nothing is posted, and nothing comes. */
  constructor(port: MessagePort | undefined) {
    this.#port = port;
  }

  /** Moves what is in the transfer list. Throws `DataCloneError`, and posts nothing, if something cannot be moved. */
  post(parcel: Parcel, transferList: readonly unknown[]): void {
    this.#port!.postMessage(parcel, transferList as never);
  }

  /** The side items of a call; `undefined` if they have not come. */
  receive(sequence: number): readonly unknown[] | undefined {
    const early = this.#early.size > 0 ? this.#early.get(sequence) : undefined;
    if (early !== undefined) {
      this.#early.delete(sequence);
      return early;
    }
    const port = this.#port;
    if (port === undefined) return undefined;
    for (;;) {
      const received = workerThreads().receiveMessageOnPort(port);
      if (received === undefined) return undefined;
      const items = received.message as unknown[];
      const other = items.shift() as number;
      // Mostly. A table from which all is deleted soon is made anew every few times, in V8's old generation, and that lets it collect the whole heap.
      if (other === sequence) return items;
      this.#early.set(other, items);
    }
  }

  close(): void {
    this.#port?.close();
  }
}

/** Parcels that wait for a worker. What they move has left its owner already, as if they had been posted. */
export class ParcelStore {
  readonly #moved: Map<number, readonly number[]> = new Map();
  #ports: { into: ParcelPort; from: ParcelPort } | undefined;

  /** Throws `DataCloneError`, and keeps nothing, if something cannot be moved. */
  put(parcel: Parcel, transferList: readonly unknown[]): void {
    if (this.#ports === undefined) {
      const { port1, port2 } = new (workerThreads().MessageChannel)();
      this.#ports = { into: new ParcelPort(port1), from: new ParcelPort(port2) };
    }
    const places = transferList.map((moved) => parcel.indexOf(moved));
    this.#ports.into.post(parcel, transferList);
    this.#moved.set(parcel[0], places);
  }

  /** A parcel, and what of it has to be moved on. */
  take(sequence: number): { parcel: Parcel; transferList: unknown[] } {
    const parcel: Parcel = [sequence, ...this.#ports!.from.receive(sequence)!];
    const places = this.#moved.get(sequence)!;
    this.#moved.delete(sequence);
    return { parcel, transferList: places.map((place) => parcel[place]) };
  }

  close(): void {
    this.#ports?.into.close();
  }
}
