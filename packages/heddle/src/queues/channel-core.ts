/**
 * Channels: values pass from those who send to those who receive, in order, each to one.
 *
 * Source: C. A. R. Hoare, "Communicating Sequential Processes" (1978), in the form that Go gave it (`runtime/chan.go`): a
 * line of senders, a line of receivers, a buffer between them, all under one lock.
 * Departs from it: those who wait are threads that block and tasks of event loops in the same lines; and what a thread is
 * about is undone, or handed on, when it dies.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import {
  type Alternative,
  ANSWER,
  append,
  CELL,
  claimFirst,
  FIRST_OWN,
  GROUP,
  lengthOf,
  type Monitor,
  NONE,
  WAIT_LIST_BYTES,
  WANT,
} from "../sync/index.ts";
import { type CellWords, readCell, writeCell } from "./cell-words.ts";
import { CellCoder } from "./cells.ts";
import { BUFFER_BYTES, ChannelBuffer } from "./channel-buffer.ts";

const STATE = FIRST_OWN;
const CAPACITY = FIRST_OWN + 4;
const ERROR = FIRST_OWN + 8;
const SENDERS = FIRST_OWN + 12;
const RECEIVERS = SENDERS + WAIT_LIST_BYTES;
export const BUFFER: number = RECEIVERS + WAIT_LIST_BYTES;
export const CHANNEL_BYTES: number = BUFFER + BUFFER_BYTES;

/** Of the state; 0 while it is open. */
const CLOSED = 1;

/** As many values as there is memory for. */
export const UNBOUNDED = -1;
/** A larger capacity is none. */
export const LARGEST_CAPACITY: number = 2 ** 30;

/** What a node wants. */
const TO_RECEIVE = 0;
const TO_SEND = 1;

/** How a send or a receive went: the value went over, the channel is closed, or it has to wait. */
export type Answer = typeof NOT_YET | typeof PASSED | typeof REFUSED;
export const NOT_YET = 0;
export const PASSED = 1;
export const REFUSED = 2;

/** Makes zeroed memory an open channel. */
export function initialiseChannel(heap: Pick<Heap, "poke">, object: number, capacity: number): void {
  heap.poke(object + CAPACITY, capacity);
}

/** The block of the error that a channel was closed with; 0 for none. It stays there until the channel goes. */
export const closeErrorOf = (heap: Pick<Heap, "load">, object: number): number =>
  heap.load(object + ERROR) >>> 0;

/**
 * One channel, as one thread sees it.
 *
 * ```text
 * bytes  name       values                                            written by
 * 16     state      0, then CLOSED                                    gate holders
 * 20     capacity   how many values may stand in it; UNBOUNDED        its creator, once
 * 24     error      block of the error it was closed with; 0          gate holders, once
 * 28     senders    those who wait for a receiver, or for room        gate holders
 * 36     receivers  those who wait for a value                        gate holders
 * 44     buffer     see channel-buffer.ts                             gate holders
 *
 *                    receive                       send
 * senders wait ◀────────────────▶ nobody waits ◀────────────▶ receivers wait
 *       │                              │                            │
 *       └──────────────────────────────┴──────── close ─────────────┴───▶ CLOSED: nobody waits
 * ```
 *
 * - C1: a value is in one place: the cell of a sender's node, the buffer, or the cell of a receiver's node that was granted.
 *   It goes from one to the next in one section.
 * - C2: while a receiver waits that can be granted there is no value in the buffer, and no sender waits that can be granted.
 *   While such a sender waits, the buffer is full, or there is no memory for more. So nobody overtakes those who wait, and values leave in the order in
 *   which their senders came.
 * - C3: who waits and cannot be granted is one of a choice that another has claimed. If that one dies the choice looks after
 *   itself (X3 of choices).
 * - C4: nothing is put into a closed channel. Senders that wait are refused, receivers when the buffer is empty.
 * - C5: a value whose receiver died before it looked goes to the next receiver, or before all others into the buffer,
 *   which has one more than its capacity then.
 */
export class ChannelCore {
  readonly object: number;
  readonly #heap: Heap;
  readonly #monitor: Monitor;
  readonly #buffer: ChannelBuffer;
  /** The value that is passed on; and the one behind it, which goes into the buffer. */
  readonly #cell: CellWords = { w0: 0, w1: 0, w2: 0, w3: 0 };
  readonly #next: CellWords = { w0: 0, w1: 0, w2: 0, w3: 0 };

  constructor(heap: Heap, monitor: Monitor, object: number) {
    this.object = object;
    this.#heap = heap;
    this.#monitor = monitor;
    this.#buffer = new ChannelBuffer(heap, monitor, object + BUFFER);
  }

  get isClosed(): boolean {
    return this.#heap.load(this.object + STATE) === CLOSED;
  }

  get capacity(): number {
    return this.#heap.peek(this.object + CAPACITY);
  }

  /** How many values are in the buffer, and how many wait on each side. */
  counts(): { size: number; senders: number; receivers: number } {
    const monitor = this.#monitor;
    monitor.enter(this.object);
    const counts = {
      size: this.#buffer.count,
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
      monitor.store(this.object + ERROR, error | 0);
      monitor.store(this.object + STATE, CLOSED);
      while (this.pump()) monitor.goOn();
    }
    monitor.leave();
    return isFirst;
  }

  /** Whether it seems that a value can be received, or is refused, at once. It is looked at without the gate. */
  get mayReceive(): boolean {
    return this.#heap.load(this.object + SENDERS) !== 0 || this.#buffer.seemsInUse || this.isClosed;
  }

  /** As `mayReceive`, of sending. */
  get maySend(): boolean {
    return this.capacity !== 0 || this.#heap.load(this.object + RECEIVERS) !== 0 || this.isClosed;
  }

  /** Sends a value, if that can be done at once. */
  sendNow(cell: CellWords): Answer {
    this.#monitor.enter(this.object);
    const answer = this.#passOn(cell, 0);
    this.#monitor.leave();
    return answer;
  }

  /** Receives a value, if that can be done at once. */
  receiveNow(cell: CellWords): Answer {
    this.#monitor.enter(this.object);
    const answer = this.#takeOut(cell, 0);
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

  standToSend(node: number): void {
    append(this.#monitor, this.object + SENDERS, node);
  }

  standToReceive(node: number): void {
    append(this.#monitor, this.object + RECEIVERS, node);
  }

  /** C4. What else is left to be granted is granted at once (C2), or by those who wait themselves (C3). */
  pump(): boolean {
    if (!this.isClosed) return false;
    return this.#refuse(SENDERS) || (this.#buffer.count === 0 && this.#refuse(RECEIVERS));
  }

  /** C5. In a section. False, and nothing is changed, if there is no memory for it. */
  giveBack(cell: CellWords): boolean {
    return this.#passToReceiver(cell, 0) || this.#buffer.putBack(cell);
  }

  /** @param group - Its nodes are passed over. */
  #passOn(cell: CellWords, group: number): Answer {
    if (this.isClosed) return REFUSED;
    // C2.
    if (this.#passToReceiver(cell, group)) return PASSED;
    return this.#hasRoom && this.#buffer.put(cell) ? PASSED : NOT_YET;
  }

  #takeOut(cell: CellWords, group: number): Answer {
    const isBuffered = this.#buffer.count > 0;
    if (isBuffered) this.#buffer.take(cell);
    if (this.isClosed) return isBuffered ? PASSED : REFUSED;
    // C2. What is in the buffer came before those who wait to send.
    const sender = !isBuffered || this.#hasRoom ? claimFirst(this.#monitor, this.object + SENDERS, group) : 0;
    if (sender === 0) {
      if (isBuffered) this.#buffer.shrink();
      return isBuffered ? PASSED : NOT_YET;
    }
    const next = isBuffered ? this.#next : cell;
    readCell(this.#heap, sender + CELL, next);
    if (isBuffered) this.#buffer.put(next);
    this.#monitor.grant(sender, PASSED);
    return PASSED;
  }

  #passToReceiver(cell: CellWords, group: number): boolean {
    const receiver = claimFirst(this.#monitor, this.object + RECEIVERS, group);
    if (receiver === 0) return false;
    writeCell(this.#heap, receiver + CELL, cell);
    return this.#monitor.grant(receiver, PASSED);
  }

  get #hasRoom(): boolean {
    const { capacity } = this;
    return capacity === UNBOUNDED || this.#buffer.count < capacity;
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

/** The value of the cell at an address. */
export function cellAt(heap: Pick<Heap, "peek">, address: number): CellCoder {
  const cell = new CellCoder();
  readCell(heap, address, cell);
  return cell;
}

const groupOf = (monitor: Monitor, node: number): number => monitor.read(node + GROUP) >>> 0;

/** The side of a channel that values come from. */
export class Receiving<T> implements Alternative<T> {
  readonly object: number;
  readonly operation: string;
  readonly #heap: Heap;
  readonly #core: ChannelCore;
  readonly #finish: (cell: number) => T;

  /** @param finish - Makes what the wait gives: of the cell with the value; of 0, if the channel is closed. */
  constructor(heap: Heap, core: ChannelCore, operation: string, finish: (cell: number) => T) {
    this.object = core.object;
    this.operation = operation;
    this.#heap = heap;
    this.#core = core;
    this.#finish = finish;
  }

  prepare(node: number): void {
    this.#heap.poke(node + WANT, TO_RECEIVE);
  }

  attempt(node: number): boolean {
    return this.#core.tryReceive(node);
  }

  stand(node: number): void {
    this.#core.standToReceive(node);
  }

  enlist(node: number): boolean {
    this.prepare(node);
    if (this.attempt(node)) return true;
    this.stand(node);
    return false;
  }

  pump(): boolean {
    return this.#core.pump();
  }

  collect(node: number): T {
    const isPassed = takeAnswer(this.#heap, node) === PASSED;
    return this.#finish(isPassed ? node + CELL : 0);
  }
}

/** The side of a channel that values go to. */
export class Sending<T> implements Alternative<T> {
  readonly object: number;
  readonly operation: string;
  readonly #heap: Heap;
  readonly #core: ChannelCore;
  readonly #cell: CellWords;
  readonly #finish: (isSent: boolean) => T;

  /**
   * @param cell - What is to be sent next. It means nothing once a node has it.
   * @param finish - Makes what the wait gives: sent, or refused as the channel is closed.
   */
  constructor(
    heap: Heap,
    core: ChannelCore,
    operation: string,
    cell: CellWords,
    finish: (isSent: boolean) => T,
  ) {
    this.object = core.object;
    this.operation = operation;
    this.#heap = heap;
    this.#core = core;
    this.#cell = cell;
    this.#finish = finish;
  }

  prepare(node: number): void {
    this.#heap.poke(node + WANT, TO_SEND);
    writeCell(this.#heap, node + CELL, this.#cell);
    this.#cell.w0 = 0;
  }

  attempt(node: number): boolean {
    return this.#core.trySend(node);
  }

  stand(node: number): void {
    this.#core.standToSend(node);
  }

  enlist(node: number): boolean {
    this.prepare(node);
    if (this.attempt(node)) return true;
    this.stand(node);
    return false;
  }

  pump(): boolean {
    return this.#core.pump();
  }

  collect(node: number): T {
    const isSent = takeAnswer(this.#heap, node) === PASSED;
    if (!isSent) cellAt(this.#heap, node + CELL).drop();
    return this.#finish(isSent);
  }

  abandon(node: number): void {
    cellAt(this.#heap, node + CELL).drop();
  }
}

/** Reads an answer. From then on the value of the node is this thread's to see to, and lost with it. */
function takeAnswer(heap: Heap, node: number): number {
  const answer = heap.peek(node + ANSWER);
  heap.poke(node + ANSWER, NONE);
  return answer;
}

/** What a node of the dead leaves behind: a value that arrived (C5), or one that was not sent. In a section. */
export function reclaim(heap: Heap, monitor: Monitor, object: number, node: number): void {
  const hasValue = monitor.read(node + ANSWER) === PASSED ? TO_RECEIVE : TO_SEND;
  if (monitor.read(node + WANT) !== hasValue) return;
  const left = cellAt(heap, node + CELL);
  if (hasValue === TO_RECEIVE && new ChannelCore(heap, monitor, object).giveBack(left)) return;
  monitor.afterwards(() => left.drop());
}
