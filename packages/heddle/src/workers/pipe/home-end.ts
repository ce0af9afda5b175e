/**
 * One end of a pipe, in the thread that made the pipe: where what is sent to it waits, whoever receives it.
 *
 * @packageDocumentation
 */
import type { EndEarly, Waiter } from "../net/wait.ts";
import { closedHere } from "./errors.ts";
import { Inbox } from "./inbox.ts";
import { dropLetter, type Letter } from "./letters.ts";

/** An end of a pipe, wherever it is. What is passed to `send` belongs to the end from then on. */
export interface End {
  /** Whether what is sent here may leave the process. */
  readonly isAbroad: boolean;
  readonly isClosed: boolean;
  /** Says that it is used in this thread. */
  useHere(): void;
  send(letter: Letter, waiter: Waiter<void>): EndEarly;
  receive(waiter: Waiter<Letter>): EndEarly;
  poll(waiter: Waiter<boolean>): EndEarly;
  close(): void;
}

/** Whoever has an end elsewhere. */
export interface Holder {
  readonly isAbroad: boolean;
}

/**
 * - E1: an end that others have, and that was never used here, closes when the last of them is gone: nobody else would.
 * - E2: an end that only this thread could have, and does not have any more, closes when the same is true of the other one, or
 *   that is closed: nobody can tell.
 */
export class HomeEnd implements End {
  readonly inbox: Inbox = new Inbox();
  /** What those who have it elsewhere know it by. */
  readonly name: string;
  other!: HomeEnd;
  readonly #holders = new Set<Holder>();
  #isClosed = false;
  #isUsedHere = false;
  #wasIssued = false;
  #wasDropped = false;
  #onClose: () => void;

  /** @param onClose - Called once, when it is closed. */
  constructor(name: string, onClose: () => void) {
    this.name = name;
    this.#onClose = onClose;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether only threads of other processes have the other end. */
  get isAbroad(): boolean {
    const holders = [...this.other.#holders];
    return holders.length > 0 && !this.other.#isUsedHere && holders.every(({ isAbroad }) => isAbroad);
  }

  /** E1. It is used in this thread. */
  useHere(): void {
    this.#isUsedHere = true;
  }

  send(letter: Letter, waiter: Waiter<void>): EndEarly {
    if (!this.#isClosed) return this.other.inbox.put(letter, waiter);
    dropLetter(letter);
    waiter.reject(closedHere("send"));
    return () => undefined;
  }

  receive(waiter: Waiter<Letter>): EndEarly {
    return this.inbox.take(waiter);
  }

  poll(waiter: Waiter<boolean>): EndEarly {
    return this.inbox.watch(waiter);
  }

  /** @param cause - Why, where nobody asked for it. */
  close(cause?: unknown): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.other.inbox.finish(cause);
    this.inbox.discard();
    this.#onClose();
    if (this.other.#wasDropped) this.other.close();
  }

  /** E2. Others may have it from now on, whether they came to say so or not. */
  issue(): void {
    this.#wasIssued = true;
  }

  /** E2. This thread has it no more, nor can it get it again unless it comes from elsewhere. */
  drop(): void {
    const { other } = this;
    if (this.#wasIssued) return;
    this.#wasDropped = true;
    if (!other.#isClosed && (!other.#wasDropped || this.inbox.waiting > 0 || other.inbox.waiting > 0)) return;
    this.close();
  }

  /** Somebody elsewhere has it from now on. */
  addHolder(holder: Holder): void {
    this.#holders.add(holder);
  }

  /** E1. He is gone. */
  removeHolder(holder: Holder, cause: unknown): void {
    if (!this.#holders.delete(holder) || this.#holders.size > 0 || this.#isUsedHere) return;
    this.close(cause ?? new Error("All who had the other end of the pipe are gone"));
  }
}
