/**
 * What only a port can carry, beside the calls it belongs to.
 *
 * @packageDocumentation
 */
import { types } from "node:util";
import type { MessagePort } from "node:worker_threads";
import { workerThreads } from "#heap";
import { moveFailed } from "../../wire/index.ts";

/** No parcel's number. */
export const NO_PARCEL = 0;

/** Numbers are words, and begin anew when those are used up. */
const following = (number: number): number => (number + 1) | 0 || 1;

/**
 * One side of a pair of ports, read when the bytes of a call say that there is something to read.
 *
 * What is posted has a number, from 1 on: both sides count, so a port need not carry it. A single buffer is posted as it is, as most parcels are one: a port takes 0.6 µs less for it there and back than for a list.
 *
 * - P1: what has a number has been posted, and what was posted before it.
 * - P2: what cannot be posted has no number; what cannot be received has one, and is counted.
 */
export class ParcelPort {
  readonly #port: MessagePort | undefined;
  #posted = NO_PARCEL;
  #received = NO_PARCEL;
  /** Came before those that were asked for. */
  readonly #early = new Map<number, readonly unknown[]>();

  /** @param port - Absent: nothing is posted, and nothing comes. */
  constructor(port: MessagePort | undefined) {
    this.#port = port;
  }

  /** Moves what is in the transfer list. Gives the number. Throws `WireError`, and posts nothing, if something cannot be moved. */
  post(items: readonly unknown[], transferList: readonly unknown[]): number {
    const [first] = items;
    const isOne = items.length === 1 && types.isArrayBuffer(first);
    try {
      this.#port!.postMessage(isOne ? first : items, transferList as never);
    } catch (error) {
      throw moveFailed(error, transferList as readonly object[]);
    }
    return (this.#posted = following(this.#posted));
  }

  /** The side items of this number; `undefined` for {@link NO_PARCEL}, and where they do not come any more. */
  receive(number: number): readonly unknown[] | undefined {
    if (number === NO_PARCEL) return undefined;
    if (((number - this.#received) | 0) <= 0) return this.#takeEarly(number);
    for (;;) {
      const items = this.#next();
      // Mostly. A table from which all is deleted soon is made anew every few times, in V8's old generation, and that lets it collect the whole heap.
      if (items === undefined || this.#received === number) return items;
      this.#early.set(this.#received, items);
    }
  }

  #takeEarly(number: number): readonly unknown[] | undefined {
    if (this.#early.size === 0) return undefined;
    const items = this.#early.get(number);
    this.#early.delete(number);
    return items;
  }

  #next(): readonly unknown[] | undefined {
    const port = this.#port;
    if (port === undefined) return undefined;
    let isThere = true;
    try {
      const received = workerThreads().receiveMessageOnPort(port);
      isThere = received !== undefined;
      const message = received?.message as ArrayBuffer | unknown[] | undefined;
      return message === undefined || Array.isArray(message) ? message : [message];
    } finally {
      // P2.
      if (isThere) this.#received = following(this.#received);
    }
  }

  close(): void {
    this.#port?.close();
  }
}

/** Side items, and which of them are moved. */
export interface Parcel {
  readonly items: readonly unknown[];
  readonly transferList: readonly unknown[];
}

interface Kept {
  readonly number: number;
  /** Of what is moved, among the items. */
  readonly places: readonly number[];
}

/** Parcels that wait for a worker, by what they belong to. What they move has left its owner already, as if they had been posted. */
export class ParcelStore<Owner> {
  readonly #kept = new Map<Owner, Kept>();
  #ports: { into: ParcelPort; from: ParcelPort } | undefined;

  /** Throws `WireError`, and keeps nothing, if something cannot be moved. */
  put(owner: Owner, { items, transferList }: Parcel): void {
    if (this.#ports === undefined) {
      const { port1, port2 } = new (workerThreads().MessageChannel)();
      this.#ports = { into: new ParcelPort(port1), from: new ParcelPort(port2) };
    }
    const places = transferList.map((moved) => items.indexOf(moved));
    this.#kept.set(owner, { number: this.#ports.into.post(items, transferList), places });
  }

  /** A parcel, and what of it has to be moved on. */
  take(owner: Owner): Parcel {
    const { number, places } = this.#kept.get(owner)!;
    this.#kept.delete(owner);
    const items = this.#ports!.from.receive(number)!;
    return { items, transferList: places.map((place) => items[place]) };
  }

  close(): void {
    this.#ports?.into.close();
  }
}
