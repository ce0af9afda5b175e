/**
 * Many threads hand nodes to one, which may sleep.
 *
 * Source: the take-all variant of R. K. Treiber's stack (1986): pushes only, and one consumer that takes
 * everything, so that no node can come back under a stale head.
 * Departs from it: the head also says that the consumer sleeps, so a push needs no second word to ring.
 *
 * @packageDocumentation
 */
import type { WaitOutcome, Words } from "./heap.ts";

/** Nothing handed over, and the consumer is awake. */
const EMPTY = 0;
/** Nothing handed over, and the consumer sleeps. No node has this address. */
const ASLEEP = 1;

/**
 * A list of nodes: blocks whose first word links them.
 *
 * ```text
 * word  name  values                         written by
 * 0     head  EMPTY | ASLEEP | newest node   any thread, by CAS; the consumer, by exchange
 *
 *        push                       push              push
 * EMPTY ──────▶ node ─▶ node … ◀─── (more)   ASLEEP ────────▶ node, and ring
 *   ▲  │          │ takeAll                     ▲ │
 *   │  └──────────┼──────── trySleep ───────────┘ │ awake
 *   └─────────────┴───────────────────────────────┘
 * ```
 *
 * - I1: who pushes onto ASLEEP rings; the consumer sleeps only after its CAS from EMPTY, so no node is
 *   ever in the list while the consumer sleeps unrung.
 * - I2: only the consumer takes, and it takes all: a pushed head is never followed by a stale link.
 * - I3: a producer that dies before its CAS has handed over nothing; after it, everything. If it dies between its
 *   CAS and the ring, the consumer sleeps on, for later pushes do not ring: whoever learns of a producer's death
 *   has the consumer take.
 * - I4: a push may begin with any guess of the head, for its CAS succeeds only where that is the head, and so what the node was linked to. The
 *   guess is what the last push found: nothing, or, where the consumer is busy elsewhere, the node that it pushed.
 *
 * Ordering: who takes a node sees everything that its producer wrote before the push.
 * Progress: push is lock-free; takeAll takes no retries, and a step for each node to turn the list round.
 */
export class DoneList {
  static readonly SIZE_BYTES = 4;
  readonly #words: Words;
  /** Where the head is, for those who wait on it. */
  readonly address: number;
  /** I4. A producer's own. */
  #guess = EMPTY;

  constructor(words: Words, address: number) {
    this.#words = words;
    this.address = address;
  }

  /** Hands a node over, and rings if the consumer sleeps. Gives whether it did. */
  push(node: number): boolean {
    const words = this.#words;
    for (let guess = this.#guess; ;) {
      const isTaken = guess === EMPTY || guess === ASLEEP;
      words.poke(node, isTaken ? EMPTY : guess);
      const head = words.compareExchange(this.address, guess, node | 0);
      if (head !== guess) {
        guess = head;
        continue;
      }
      this.#guess = isTaken ? EMPTY : node | 0;
      // I1.
      if (head === ASLEEP) words.notify(this.address);
      return head === ASLEEP;
    }
  }

  /** Takes every node. Gives the oldest, linked to the younger ones by their first words; 0 for none. */
  takeAll(): number {
    const words = this.#words;
    const head = words.load(this.address);
    if (head === EMPTY || head === ASLEEP) return 0;
    let node = words.exchange(this.address, EMPTY) >>> 0;
    let older = 0;
    while (node !== 0) {
      const next = words.peek(node) >>> 0;
      words.poke(node, older | 0);
      older = node;
      node = next;
    }
    return older;
  }

  /** Whether there is something to take. */
  get ready(): boolean {
    const head = this.#words.load(this.address);
    return head !== EMPTY && head !== ASLEEP;
  }

  /** The same by a plain read, which may give what held a moment ago: for who will look again before it sleeps. */
  get seemsReady(): boolean {
    const head = this.#words.peek(this.address);
    return head !== EMPTY && head !== ASLEEP;
  }

  /** Before a wait: from now on a push rings. False if there is something to take first. */
  trySleep(): boolean {
    const head = this.#words.compareExchange(this.address, EMPTY, ASLEEP);
    return head === EMPTY || head === ASLEEP;
  }

  /** A wait for the ring, to be begun after {@link trySleep}. */
  waitAsync(): Exclude<WaitOutcome, "ok"> | Promise<Exclude<WaitOutcome, "not-equal">> {
    return this.#words.waitAsync(this.address, ASLEEP);
  }

  /** After a wait, or instead of one: pushes need not ring any more. */
  awake(): void {
    this.#words.compareExchange(this.address, ASLEEP, EMPTY);
  }
}
