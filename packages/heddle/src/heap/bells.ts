/**
 * Waits of event loops in a heap that processes share: a thread writes down what it waits for, and is rung by a datagram.
 *
 * ```text
 * bytes  name       values                                     written by
 * 0      count      how many addresses follow                  who sits there; 0 again by who settles its end
 * 4 …    addresses  of the words it waits for; 0: none;        the same
 *                   in the last place EVERY: and for others
 * ```
 *
 * - G1: who waits writes the address, and then looks at the word; who notifies has written the word, and then looks at the
 *   addresses. So one of the two sees the other.
 * - G2: an address stays until its thread takes it out. So if who notifies dies before it has rung, whoever settles that can
 *   ring again.
 * - G3: a ring says nothing but that there may be something. Who is rung looks at all words that it waits for. A wait of the
 *   thread that notifies ends by that itself, whatever the word holds.
 * - G4: who waits for more words than there are places for is rung for every word that anybody notifies, as long as that lasts.
 *
 * @packageDocumentation
 */
import type { Words } from "./heap.ts";
import type { Libc, PollHandle, SocketAddress } from "./native/libc.ts";
import type { Seats } from "./seats.ts";
import { bellsAt } from "./segment-layout.ts";

const COUNT = 0;
const ADDRESSES = 4;
/** So many words can one thread wait for by their addresses. */
const NAMED = 6;
/** Behind those: G4. No word has this address. */
const EVERY = -1;

interface Waiter {
  readonly place: number;
  readonly address: number;
  readonly expected: number;
  readonly timer: NodeJS.Timeout | undefined;
  readonly end: (outcome: "ok" | "timed-out") => void;
}

/** The bells of one heap, as one thread has them. */
export class Bells {
  /** Called after each ring. */
  onRing: () => void = () => {};
  readonly #words: Words;
  readonly #seats: Seats;
  readonly #libc: Libc;
  readonly #seat: number;
  readonly #prefix: string;
  readonly #socket: number;
  readonly #handle: PollHandle;
  readonly #waiters = new Set<Waiter>();
  /** Of those who were rung, by their seats. */
  readonly #rungBefore = new Map<number, { readonly identity: number; readonly socket: SocketAddress }>();
  /** How many of them wait for words without a place of their own. */
  #unnamed = 0;

  /** @param id - Of the heap: sockets have names that all processes see. */
  constructor(
    heap: Words & { readonly seats: Seats; readonly seat: number; readonly identity: number },
    libc: Libc,
    id: string,
  ) {
    this.#words = heap;
    this.#seats = heap.seats;
    this.#libc = libc;
    this.#seat = heap.seat;
    this.#prefix = `heddle/${id}/`;
    this.#socket = libc.listen(this.#prefix + heap.identity);
    this.#handle = libc.whenReadable(this.#socket, () => this.#rung());
    this.clear(heap.seat);
  }

  get socket(): number {
    return this.#socket;
  }

  /** Waits for a ring after which the word differs, or for so long. */
  wait(address: number, expected: number, timeoutMs: number): "not-equal" | Promise<"ok" | "timed-out"> {
    const place = this.#takePlace(address);
    // G1.
    if (this.#words.load(address) !== expected) {
      this.#leavePlace(place);
      return "not-equal";
    }
    return new Promise((resolve) => {
      const timer =
        timeoutMs === Infinity ? undefined : setTimeout(() => waiter.end("timed-out"), timeoutMs).unref();
      const waiter: Waiter = {
        place,
        address,
        expected,
        timer,
        end: (outcome) => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          this.#leavePlace(place);
          resolve(outcome);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  /** Rings those who wait for a word. Gives how many they are. */
  notify(address: number): number {
    const words = this.#words;
    const mask = address | 0;
    let rung = 0;
    // G3.
    for (const waiter of this.#waiters) {
      if ((waiter.address | 0) !== mask) continue;
      waiter.end("ok");
      rung++;
    }
    for (const seat of this.#seats) {
      if (seat === this.#seat) continue;
      const bells = bellsAt(seat);
      const count = words.load(bells + COUNT);
      for (let i = 0; i < count; i++) {
        const found = words.load(bells + ADDRESSES + 4 * i);
        if (found !== mask && found !== EVERY) continue;
        this.ring(seat);
        rung++;
        break;
      }
    }
    return rung;
  }

  /** Makes another thread look at what it waits for. */
  ring(seat: number): void {
    const identity = this.#seats.identityAt(seat);
    let known = this.#rungBefore.get(seat);
    if (known?.identity !== identity) {
      known = { identity, socket: this.#libc.socketAddress(this.#prefix + identity) };
      this.#rungBefore.set(seat, known);
    }
    this.#libc.send(this.#socket, known.socket);
  }

  /** Nobody who sits there waits. */
  clear(seat: number): void {
    this.#words.store(bellsAt(seat) + COUNT, 0);
  }

  /** Those who wait are told nothing. */
  close(): void {
    for (const { timer } of this.#waiters) clearTimeout(timer);
    this.#waiters.clear();
    this.#handle.close();
    this.#libc.closeSocket(this.#socket);
  }

  #rung(): void {
    this.#libc.receive(this.#socket);
    this.#look();
    this.onRing();
  }

  /** G3. */
  #look(): void {
    for (const waiter of this.#waiters) {
      if (this.#words.load(waiter.address) !== waiter.expected) waiter.end("ok");
    }
  }

  /** Writes down that this thread waits for a word, and gives where. */
  #takePlace(address: number): number {
    const words = this.#words;
    const bells = bellsAt(this.#seat);
    const count = words.load(bells + COUNT);
    let index = 0;
    while (index < Math.min(count, NAMED) && words.load(bells + ADDRESSES + 4 * index) !== 0) index++;
    const place = bells + ADDRESSES + 4 * index;
    // G4.
    if (index === NAMED) this.#unnamed++;
    words.store(place, index === NAMED ? EVERY : address | 0);
    if (index >= count) words.store(bells + COUNT, index + 1);
    return place;
  }

  #leavePlace(place: number): void {
    const isShared = place === bellsAt(this.#seat) + ADDRESSES + 4 * NAMED;
    if (!isShared || --this.#unnamed === 0) this.#words.store(place, 0);
  }
}
