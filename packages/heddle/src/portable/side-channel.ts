/**
 * What a record in the heap cannot hold: shared memory and other things that only the platform can pass on.
 *
 * A thread that needs such items asks all threads for them by the serial of the record; whoever holds the record
 * answers. That takes the event loop of the other thread, and is done once for each record and thread.
 *
 * @packageDocumentation
 */
import type { BroadcastChannel } from "node:worker_threads";
import { workerThreads } from "#heap";
import type { HeapRecord } from "./records.ts";

const CHANNEL = "heddle.portable";

/** How long an answer may take. The thread that made the record may have ended, or be blocked. */
const PATIENCE_MS = 30_000;

type Message = { readonly wanted: number } | { readonly serial: number; readonly items: readonly unknown[] };

interface Waiting {
  readonly ready: Promise<void>;
  readonly arrive: () => void;
}

/** One thread's end of the channel. It is opened when first needed, and keeps no program alive. */
export class SideChannel {
  #channel: BroadcastChannel | undefined;
  readonly #offers = new Map<number, WeakRef<HeapRecord>>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #arrived = new Map<number, readonly unknown[]>();
  /** Those that nobody answered for, until somebody asks again. */
  readonly #missed = new Set<number>();

  /** Holds the items of a record ready for whoever asks, as long as the record lives. */
  offer(record: HeapRecord): void {
    this.#open();
    this.#offers.set(record.serial, new WeakRef(record));
  }

  /**
   * The items of a record: at once if they have arrived, or a promise to wait for. Ask again when that is fulfilled,
   * which it is in any case.
   */
  fetch(serial: number): readonly unknown[] | Promise<void> {
    if (this.#missed.delete(serial)) {
      throw new Error(`Cannot fetch what record ${serial} shares: no thread answered in ${PATIENCE_MS} ms`);
    }
    const items = this.#arrived.get(serial);
    if (items !== undefined) {
      this.#arrived.delete(serial);
      return items;
    }
    return (this.#waiting.get(serial) ?? this.#ask(serial)).ready;
  }

  /** Forgets a serial whose record is gone. */
  forget(serial: number): void {
    this.#offers.delete(serial);
  }

  #ask(serial: number): Waiting {
    const channel = this.#open();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#settle(serial);
      this.#missed.add(serial);
      resolve();
    }, PATIENCE_MS);
    const arrive = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const waiting = { ready: promise, arrive };
    this.#waiting.set(serial, waiting);
    channel.ref();
    channel.postMessage({ wanted: serial } satisfies Message);
    return waiting;
  }

  #settle(serial: number): void {
    this.#waiting.delete(serial);
    if (this.#waiting.size === 0) this.#channel?.unref();
  }

  #open(): BroadcastChannel {
    if (this.#channel !== undefined) return this.#channel;
    const channel = new (workerThreads().BroadcastChannel)(CHANNEL);
    channel.onmessage = (event: unknown) => this.#receive((event as { data: Message }).data);
    channel.unref();
    return (this.#channel = channel);
  }

  #receive(message: Message): void {
    if ("wanted" in message) {
      const items = this.#offers.get(message.wanted)?.deref()?.sideItems;
      if (items !== undefined)
        this.#channel!.postMessage({ serial: message.wanted, items } satisfies Message);
      return;
    }
    const waiting = this.#waiting.get(message.serial);
    if (waiting === undefined) return;
    this.#arrived.set(message.serial, message.items);
    this.#settle(message.serial);
    waiting.arrive();
  }
}
