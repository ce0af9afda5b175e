/**
 * Channels: values pass from those who send to those who receive, in order, each to one.
 *
 * Source: C. A. R. Hoare, "Communicating Sequential Processes" (1978), in the form that Go gave it (`runtime/chan.go`): a
 * line of senders, a line of receivers, a buffer between them, all under one lock.
 * Departs from it: the buffer is a ring, which is used without the lock while nobody waits or looks at several channels;
 * those who wait are threads that block and tasks of event loops in the same lines; and what a thread is about is undone,
 * or handed on, when it dies.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import {
  ANSWER,
  append,
  CELL,
  claimFirst,
  firstOf,
  GROUP,
  lengthOf,
  type Monitor,
} from "../../sync/index.ts";
import { type CellWords, readCell, writeCell } from "../cells/cell-words.ts";
import {
  CAPACITY,
  CLOSED,
  ERROR,
  FLAGS,
  hasRing,
  RECEIVERS,
  ringOfChannel,
  type RingOptions,
  SENDERS,
  STOPPED,
} from "./channel-layout.ts";
import { type Answer, NOT_YET, PASSED, REFUSED, UNBOUNDED } from "./channel-words.ts";
import { isThereMemory, RingSection } from "../cells/ring-section.ts";
import { DONE, NO_ITEM, NO_ROOM, type Ring } from "../cells/ring.ts";

/**
 * One channel, as one thread sees it. The layout is in channel-layout.ts.
 *
 * ```text
 *                    receive                       send
 * senders wait ◀────────────────▶ nobody waits ◀────────────▶ receivers wait
 *       │                              │                            │
 *       └──────────────────────────────┴──────── close ─────────────┴───▶ CLOSED: nobody waits
 *
 *             in a section: stop, and wait until nobody has an end
 * ring in use ────────────────────────────────────────────────────▶ STOPPED: ends move in sections only
 *      ▲          in a section that leaves nobody in line                              │
 *      └───────────────────────────────────────────────────────────────────────────────┘
 * ```
 *
 * - C1: a value is in one place: the cell of a sender's node, the ring, or the cell of a receiver's node that was granted.
 *   It goes from one to the next in one section, or by the one store of the ring.
 * - C2: while a receiver waits that can be granted there is no value in the ring, and no sender waits that can be granted.
 *   While such a sender waits, the ring is full, or there was no memory when it stood in line, or when there came to be room. So
 *   nobody overtakes those who wait, and values leave in the order in which their senders came.
 * - C3: who waits and cannot be granted is one of a choice that another has claimed. If that one dies the choice looks after
 *   itself (X3 of choices).
 * - C4: nothing is put into a closed channel. Senders that wait are refused, receivers when the ring is empty.
 * - C5: a value whose receiver died before it looked goes to the next receiver, or before all others into the ring,
 *   which has one more than its capacity then.
 * - C6: while STOPPED is set no end of the ring moves but in a section, as who takes one looks for it then (Dekker: who stops
 *   them sets it, and then waits until nobody has an end). Whoever looks at a channel in a section stops it first, and so what it saw
 *   holds until the section ends: a select that has looked at its last channel knows all of them at that moment.
 * - C7: STOPPED stays while somebody is in line, and may stay longer. It is taken off by a section that has both ends until it is
 *   committed, or has changed nothing of the channel: if that section is undone, nobody has gone past those who are in line
 *   again.
 */
export class ChannelCore {
  readonly object: number;
  readonly capacity: number;
  readonly #heap: Heap;
  readonly #monitor: Monitor;
  readonly #ring: Ring;
  readonly #section: RingSection;
  readonly #hasRing: boolean;
  /** The value that is passed on; and the one behind it, which goes into the ring. */
  readonly #cell: CellWords = { w0: 0, w1: 0, w2: 0, w3: 0 };
  readonly #next: CellWords = { w0: 0, w1: 0, w2: 0, w3: 0 };

  constructor(heap: Heap, monitor: Monitor, object: number, options?: RingOptions) {
    this.object = object;
    this.capacity = heap.peek(object + CAPACITY);
    this.#heap = heap;
    this.#monitor = monitor;
    this.#ring = ringOfChannel(heap, monitor, object, options);
    this.#section = new RingSection(heap, monitor, this.#ring);
    this.#hasRing = hasRing(this.capacity);
  }

  get isClosed(): boolean {
    return (this.#flags & CLOSED) !== 0;
  }

  /** How many values are in the buffer. */
  get size(): number {
    return this.#ring.size;
  }

  /** How many values are in the buffer, and how many wait on each side. */
  counts(): { size: number; senders: number; receivers: number } {
    const monitor = this.#monitor;
    monitor.enter(this.object);
    const counts = {
      size: this.size,
      senders: lengthOf(monitor, this.object + SENDERS),
      receivers: lengthOf(monitor, this.object + RECEIVERS),
    };
    monitor.leave();
    return counts;
  }

  /**
   * Closes the channel. False, and nothing happens, if it is closed already.
   *
   * @param error - A block, which is the channel's from then on; 0 for none.
   */
  close(error: number): boolean {
    const monitor = this.#monitor;
    monitor.enter(this.object);
    const isFirst = !this.isClosed;
    if (isFirst) {
      this.#stop();
      monitor.store(this.object + ERROR, error | 0);
      monitor.store(this.object + FLAGS, this.#flags | CLOSED);
      while (this.pump()) monitor.goOn();
    }
    monitor.leave();
    return isFirst;
  }

  /** Whether it is worth trying to receive without standing in line. It is looked at without the gate. */
  get mayReceive(): boolean {
    return this.#hasRing || this.#heap.load(this.object + SENDERS) !== 0;
  }

  /** As `mayReceive`, of sending. */
  get maySend(): boolean {
    return this.#hasRing || this.#heap.load(this.object + RECEIVERS) !== 0;
  }

  /** Whether a receive that could not be done at once might be now: for who has looked already. */
  get isWorthReceiving(): boolean {
    return this.size > 0 || this.#heap.load(this.object + SENDERS) !== 0 || this.isClosed;
  }

  /** As `isWorthReceiving`, of sending. */
  get isWorthSending(): boolean {
    const hasRoom = this.#hasRing && this.#isRoomy(this.size);
    return hasRoom || this.#heap.load(this.object + RECEIVERS) !== 0 || this.isClosed;
  }

  /** Sends a value, if that can be done at once. Throws `HeapFullError`; then it was not sent. */
  sendNow(cell: CellWords): Answer {
    if (this.#hasRing) {
      const outcome = this.#ring.tryPut(cell);
      if (outcome === DONE) return PASSED;
      if (outcome === NO_ROOM) return NOT_YET;
    }
    const section = this.#section;
    section.refusal = undefined;
    this.#monitor.enter(this.object);
    const answer = this.#passOn(cell, 0);
    if (answer === NOT_YET) this.passOver();
    this.#monitor.leave();
    if (section.refusal !== undefined) throw section.refusal;
    return answer;
  }

  /** Receives a value, if that can be done at once. */
  receiveNow(cell: CellWords): Answer {
    if (this.#hasRing) {
      const outcome = this.#ring.tryGet(cell);
      if (outcome === DONE) return PASSED;
      if (outcome === NO_ITEM && !this.isClosed) return NOT_YET;
    }
    this.#monitor.enter(this.object);
    const answer = this.#takeOut(cell, 0);
    if (answer === NOT_YET) this.passOver();
    this.#monitor.leave();
    return answer;
  }

  /** As `sendNow`, the value in the node's cell. In a section. */
  trySend(node: number): boolean {
    readCell(this.#heap, node + CELL, this.#cell);
    return this.#answer(node, this.#passOn(this.#cell, groupOf(this.#monitor, node)));
  }

  /** As `receiveNow`, into the node's cell. In a section. */
  tryReceive(node: number): boolean {
    const answer = this.#takeOut(this.#cell, groupOf(this.#monitor, node));
    if (answer === PASSED) writeCell(this.#heap, node + CELL, this.#cell);
    return this.#answer(node, answer);
  }

  /** C6. After it was tried in vain in the same section. */
  standToSend(node: number): void {
    append(this.#monitor, this.object + SENDERS, node);
  }

  /** As `standToSend`. */
  standToReceive(node: number): void {
    append(this.#monitor, this.object + RECEIVERS, node);
  }

  /** C7. In a section that has changed nothing of the channel, or has its ends. */
  passOver(): void {
    const flags = this.#flags;
    if ((flags & STOPPED) !== 0 && this.#isIdle) this.#monitor.store(this.object + FLAGS, flags & ~STOPPED);
  }

  /** C4. What else is left to be granted is granted at once (C2), or by those who wait themselves (C3). */
  pump(): boolean {
    if (!this.isClosed) return false;
    this.#stop();
    return this.#refuse(SENDERS) || (this.#isEmpty && this.#refuse(RECEIVERS));
  }

  /** C5. In a section. False, and nothing is changed, if there is no memory for it. */
  giveBack(cell: CellWords): boolean {
    this.#stop();
    if (this.#passToReceiver(cell, 0)) return true;
    const section = this.#section;
    section.open();
    const hasMemory = isThereMemory(() => section.putBack(cell));
    section.close();
    return hasMemory;
  }

  /** @param group - Its nodes are passed over. */
  #passOn(cell: CellWords, group: number): Answer {
    if (this.isClosed) return REFUSED;
    this.#stop();
    // C2.
    if (this.#passToReceiver(cell, group)) {
      this.#letGo();
      return PASSED;
    }
    if (!this.#hasRing || !this.#isRoomy(this.size)) return NOT_YET;
    const section = this.#section;
    section.open();
    const hasMemory = section.reserve();
    if (hasMemory) {
      section.put(cell);
      this.passOver();
    }
    section.close();
    return hasMemory ? PASSED : NOT_YET;
  }

  #takeOut(cell: CellWords, group: number): Answer {
    this.#stop();
    if (!this.#isEmpty) {
      this.#takeFromRing(cell, group);
      return PASSED;
    }
    if (this.isClosed) return REFUSED;
    const sender = claimFirst(this.#monitor, this.object + SENDERS, group);
    if (sender === 0) return NOT_YET;
    readCell(this.#heap, sender + CELL, cell);
    this.#monitor.grant(sender, PASSED);
    this.#letGo();
    return PASSED;
  }

  #takeFromRing(cell: CellWords, group: number): void {
    const section = this.#section;
    section.open();
    section.take(cell);
    // C2. What is in the ring came before those who wait to send.
    if (!this.isClosed && this.#isRoomy(section.size) && section.reserve()) {
      const sender = claimFirst(this.#monitor, this.object + SENDERS, group);
      if (sender !== 0) {
        readCell(this.#heap, sender + CELL, this.#next);
        section.put(this.#next);
        this.#monitor.grant(sender, PASSED);
      }
    }
    this.passOver();
    section.close();
  }

  #passToReceiver(cell: CellWords, group: number): boolean {
    const receiver = claimFirst(this.#monitor, this.object + RECEIVERS, group);
    if (receiver === 0) return false;
    writeCell(this.#heap, receiver + CELL, cell);
    return this.#monitor.grant(receiver, PASSED);
  }

  get #flags(): number {
    return this.#heap.load(this.object + FLAGS);
  }

  /** Whether nobody stands in line. */
  get #isIdle(): boolean {
    const monitor = this.#monitor;
    return firstOf(monitor, this.object + SENDERS) === 0 && firstOf(monitor, this.object + RECEIVERS) === 0;
  }

  /** Whether the ring is empty, once it was stopped. */
  get #isEmpty(): boolean {
    // Without capacity only gate holders move the head, and hardly ever.
    if (!this.#hasRing && this.#heap.peek(this.#ring.head) === 0) return true;
    return this.#ring.putCount === this.#ring.takenCount;
  }

  #isRoomy(size: number): boolean {
    return this.capacity === UNBOUNDED || size < this.capacity;
  }

  /** C6. */
  #stop(): void {
    if (!this.#hasRing) return;
    const flags = this.#flags;
    if ((flags & STOPPED) !== 0) return;
    const monitor = this.#monitor;
    monitor.store(this.object + FLAGS, flags | STOPPED);
    monitor.awaitEnd(this.#ring.tail);
    monitor.awaitEnd(this.#ring.head);
  }

  /** C7. In a section that does not have the ends yet. */
  #letGo(): void {
    if (!this.#hasRing || !this.#isIdle) return;
    this.#section.open();
    this.passOver();
  }

  /** True if more wait than one section can refuse. */
  #refuse(line: number): boolean {
    const monitor = this.#monitor;
    while (monitor.hasRoom) {
      const node = claimFirst(monitor, this.object + line, 0);
      if (node === 0) return false;
      monitor.grant(node, REFUSED);
    }
    return true;
  }

  /** In the journal: a node that stands in no line, with an answer, is taken for one that was granted. */
  #answer(node: number, answer: Answer): boolean {
    if (answer === NOT_YET) return false;
    this.#monitor.write(node + ANSWER, answer);
    return true;
  }
}

const groupOf = (monitor: Monitor, node: number): number => monitor.read(node + GROUP) >>> 0;
