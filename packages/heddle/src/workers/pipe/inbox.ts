/**
 * What was sent to one end of a pipe and not received yet, and who waits for it.
 *
 * @packageDocumentation
 */
import type { EndEarly, Waiter } from "../net/wait.ts";
import { closedHere, closedThere } from "./errors.ts";
import { dropLetter, type Letter } from "./letters.ts";

/** Senders wait while so much has not been received. One message may be of any size. */
const ROOM_BYTES = 1 << 20;

/** Somebody who waits for room. */
interface Sender {
  readonly letter: Letter;
  readonly waiter: Waiter<void>;
}

/**
 * Letters in the order in which they were sent, each for one receiver.
 *
 * ```text
 *        finish (the other end was closed)
 * open ────────────────────────────────────▶ finished: what is there can be received
 *   │                                          │
 *   └─────── discard (this end was closed) ────┴──▶ discarded: nothing is there
 * ```
 *
 * - B1: nobody waits to receive while a letter is there, and nobody waits to send while there is room.
 * - B2: whoever waits is answered once, with what came, or why nothing will.
 */
export class Inbox {
  readonly #letters: Letter[] = [];
  readonly #receivers = new Set<Waiter<Letter>>();
  readonly #pollers = new Set<Waiter<boolean>>();
  readonly #senders = new Set<Sender>();
  #sizeBytes = 0;
  #state: "open" | "finished" | "discarded" = "open";
  #cause: unknown;

  /** Whether a receiver would not have to wait. */
  get isReady(): boolean {
    return this.#letters.length > 0 || this.#state === "finished";
  }

  /** How many wait here, for whatever. */
  get waiting(): number {
    return this.#receivers.size + this.#pollers.size + this.#senders.size;
  }

  /** Takes a letter; answers when it has room for it. */
  put(letter: Letter, waiter: Waiter<void>): EndEarly {
    if (this.#state !== "open") {
      dropLetter(letter);
      waiter.reject(closedThere("send"));
      return nothing;
    }
    if (this.#senders.size === 0 && this.#hasRoom) {
      this.#add(letter);
      waiter.resolve();
      return nothing;
    }
    const sender: Sender = { letter, waiter };
    this.#senders.add(sender);
    return (reason) => {
      if (!this.#senders.delete(sender)) return;
      dropLetter(letter);
      waiter.reject(reason);
      // B1. It may have been the first of them, and too big, with nothing here.
      this.#admit();
    };
  }

  /** Answers with the next letter. */
  take(waiter: Waiter<Letter>): EndEarly {
    const letter = this.#letters.shift();
    if (letter !== undefined) {
      this.#sizeBytes -= letter.sizeBytes;
      waiter.resolve(letter);
      this.#admit();
      return nothing;
    }
    if (this.#state !== "open") {
      waiter.reject(
        this.#state === "discarded" ? closedHere("receive") : closedThere("receive", this.#cause),
      );
      return nothing;
    }
    return wait(this.#receivers, waiter, (reason) => waiter.reject(reason));
  }

  /** Answers whether a letter, or the end, is there: with true when there is, with false when it is asked to end early. */
  watch(waiter: Waiter<boolean>): EndEarly {
    if (this.#state === "discarded") waiter.reject(closedHere("poll"));
    else if (this.isReady) waiter.resolve(true);
    else return wait(this.#pollers, waiter, () => waiter.resolve(false));
    return nothing;
  }

  /** No more will be sent. Those who still wait for room have sent nothing: their own end was closed. */
  finish(cause?: unknown): void {
    if (this.#state !== "open") return;
    this.#state = "finished";
    this.#cause = cause;
    this.#refuseSenders(() => closedHere("send"));
    for (const waiter of emptied(this.#receivers)) waiter.reject(closedThere("receive", cause));
    for (const waiter of emptied(this.#pollers)) waiter.resolve(true);
  }

  /** Nobody will receive any more. */
  discard(): void {
    this.#state = "discarded";
    for (const letter of this.#letters.splice(0)) dropLetter(letter);
    this.#sizeBytes = 0;
    this.#refuseSenders(() => closedThere("send"));
    for (const waiter of emptied(this.#receivers)) waiter.reject(closedHere("receive"));
    for (const waiter of emptied(this.#pollers)) waiter.reject(closedHere("poll"));
  }

  get #hasRoom(): boolean {
    return this.#sizeBytes < ROOM_BYTES;
  }

  #add(letter: Letter): void {
    const [receiver] = this.#receivers;
    if (receiver !== undefined) {
      this.#receivers.delete(receiver);
      receiver.resolve(letter);
      return;
    }
    this.#letters.push(letter);
    this.#sizeBytes += letter.sizeBytes;
    for (const poller of emptied(this.#pollers)) poller.resolve(true);
  }

  /** B1. */
  #admit(): void {
    for (const sender of this.#senders) {
      if (!this.#hasRoom) return;
      this.#senders.delete(sender);
      this.#add(sender.letter);
      sender.waiter.resolve();
    }
  }

  #refuseSenders(error: () => Error): void {
    for (const { letter, waiter } of emptied(this.#senders)) {
      dropLetter(letter);
      waiter.reject(error());
    }
  }
}

function nothing(): void {
  // It is over already.
}

function wait<T>(line: Set<T>, waiter: T, end: EndEarly): EndEarly {
  line.add(waiter);
  return (reason) => {
    if (line.delete(waiter)) end(reason);
  };
}

function emptied<T>(set: Set<T>): T[] {
  const all = [...set];
  set.clear();
  return all;
}
