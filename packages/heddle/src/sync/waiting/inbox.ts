/**
 * Tells a thread's event loop that asynchronous waits were granted by other threads.
 *
 * @packageDocumentation
 */
import { DoneList, type Words } from "#heap";
import { INBOX, LOOK } from "./record.ts";

/** Longer than any program runs; a timer of its own keeps the event loop alive. */
const FOR_EVER_MS = 2 ** 30;

/** Whom the inbox tells. */
export interface InboxOwner {
  /** A node of this thread was granted. */
  granted(node: number): void;
  /** A thread has ended: something that a node of this thread waits for may have been left to it. */
  look(): void;
}

/**
 * - B1: while anybody waits, a wait for the ring is pending; it may outlive them.
 * - B2: the program is kept alive exactly while anybody waits: a pending `Atomics.waitAsync` does not do that
 *   (nodejs/node#61941).
 * - B3: it looks whether it is to look after it has said that it sleeps, and who tells it so does that first and then wakes
 *   it. So one of the two sees the other.
 * - B4: nobody is told anything while he says that he waits: what ends his wait otherwise is set up after that.
 */
export class Inbox {
  readonly #words: Words;
  readonly #record: number;
  readonly #list: DoneList;
  readonly #owner: InboxOwner;
  #keepAlive: NodeJS.Timeout | undefined;
  #waiters = 0;
  #isListening = false;

  readonly #onRing = (): void => {
    this.#isListening = false;
    this.#list.awake();
    this.#empty();
    if (this.#waiters > 0) this.#listen();
  };

  constructor(words: Words, record: number, owner: InboxOwner) {
    this.#words = words;
    this.#record = record;
    this.#list = new DoneList(words, record + INBOX);
    this.#owner = owner;
  }

  /** One more waits. */
  add(): void {
    if (this.#waiters++ > 0) return;
    this.#keepAlive ??= setInterval(() => {}, FOR_EVER_MS);
    this.#keepAlive.ref();
    this.#listen();
  }

  /** One less waits. */
  remove(): void {
    if (--this.#waiters === 0) this.#keepAlive!.unref();
  }

  #listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    // B3.
    const sleeps = this.#list.trySleep() && this.#words.load(this.#record + LOOK) === 0;
    const outcome = sleeps ? this.#list.waitAsync() : "not-equal";
    if (typeof outcome !== "string") void outcome.then(this.#onRing);
    // B4.
    else queueMicrotask(this.#onRing);
  }

  #empty(): void {
    for (let node = this.#list.takeAll(); node !== 0;) {
      const next = this.#words.peek(node) >>> 0;
      this.#owner.granted(node);
      node = next;
    }
    if (this.#words.exchange(this.#record + LOOK, 0) !== 0) this.#owner.look();
  }
}
