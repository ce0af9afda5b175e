/**
 * A queue between threads: who puts, who gets, who waits for room, for items, or for all to be done; and its shutdown.
 *
 * Source: the queues of Python 3.13 (`Lib/queue.py`), for what they promise.
 * Departs from them: who finds nobody waiting puts and gets without a lock, on the ring; those who wait are served in
 * order, and none is overtaken.
 *
 * @packageDocumentation
 */
import { type Heap, HeapFullError } from "#heap";
import { ANSWER, append, CELL, firstOf, lengthOf, type Monitor, WANT } from "../../sync/index.ts";
import { Item, type ItemCounts, type Items, readItem, writeItem } from "./items.ts";
import {
  CLOSED,
  DONE_COUNT,
  DRAINED,
  DROPPED,
  FLAGS,
  GETTERS,
  HAS_GETTERS,
  HAS_JOINERS,
  HAS_PUTTERS,
  JOINERS,
  MAX_SIZE,
  PUTTERS,
} from "./queue-layout.ts";
import { type Attempt, DONE, ENDED, GET, JOIN, NO_MEMORY, NOT_NOW, PUT, type Want } from "./queue-words.ts";
import { DONE as RING_DONE, NO_ITEM, NO_ROOM, type Ring } from "../cells/ring.ts";

/** What a core works on. */
export interface QueueParts {
  readonly heap: Heap;
  readonly monitor: Monitor;
  readonly object: number;
  readonly items: Items;
  readonly counts: ItemCounts;
  /** The ring that the items are in, if they are in one. */
  readonly ring: Ring | undefined;
  /** Frees what a cell refers to. */
  readonly drop: (at: number) => void;
}

/**
 * One queue, as one thread sees it. The layout is in queue-layout.ts.
 *
 * ```text
 *            enlist of a getter                 put, which the pump hands on
 * nobody ─────────────────────▶ HAS_GETTERS ─────────────────────────────────▶ nobody waits
 * waits      enlist of a putter                 get, after which the pump lets a putter's item in
 *    └────────────────────────▶ HAS_PUTTERS ─────────────────────────────────▶ …
 *
 * open ── shutdown ──▶ CLOSED ── shutdown at once ──▶ CLOSED, DROPPED
 * ```
 *
 * - Q1: a flag is set in the section that puts a node in line, while it has the ring's ends. So who takes an end afterwards
 *   sees it, and goes to the gate; and what was put, or taken, before is seen by the section.
 * - Q2: outside of sections nobody waits for what is there: the pump grants until there is no room for who puts, or no item for
 *   who gets.
 * - Q3: an item goes from a putter's node into the queue, and from there into a getter's node, in one section. So it is in
 *   one place, whoever dies.
 * - Q4: unfinished = put - drained - done. Who says that a task is done looks at the flags after that; who joins sets its flag
 *   before it looks at the count.
 * - Q5: nothing is put after CLOSED. Who is in line to put then is told that it ended; who is in line to get, once no item is left.
 *
 * Ordering: who gets an item sees all that was written before it was put.
 * Progress: fair among those who stand in line. Where nobody does, who comes first goes first.
 */
export class QueueCore {
  readonly object: number;
  readonly maxSize: number;
  readonly #parts: QueueParts;
  readonly #heap: Heap;
  readonly #monitor: Monitor;
  readonly #items: Items;
  readonly #counts: ItemCounts;
  readonly #ring: Ring | undefined;
  /** On its way between a node and the items. */
  readonly #passing: Item;
  /** Why the last item was not put. */
  #refusal: HeapFullError | undefined;

  constructor(parts: QueueParts) {
    this.#parts = parts;
    this.object = parts.object;
    this.#heap = parts.heap;
    this.#passing = new Item(parts.heap);
    this.#monitor = parts.monitor;
    this.#items = parts.items;
    this.#counts = parts.counts;
    this.#ring = parts.ring;
    this.maxSize = parts.heap.peek(parts.object + MAX_SIZE);
  }

  get size(): number {
    return this.#counts.size;
  }

  get isClosed(): boolean {
    return (this.#flags & CLOSED) !== 0;
  }

  /** Whether a get might go well now. */
  get isWorthGetting(): boolean {
    return this.#counts.size > 0 || this.isClosed;
  }

  /** Whether a put might go well now, or will never. */
  get isWorthPutting(): boolean {
    return this.maxSize === 0 || this.#counts.size < this.maxSize || this.isClosed;
  }

  /** How many items were put and not said to be done. */
  get unfinished(): number {
    return Math.max(0, this.#unfinished(this.#heap.load(this.object + DONE_COUNT)));
  }

  /** How many wait for an item, for room, for all to be done. */
  lengths(): [getters: number, putters: number, joiners: number] {
    const monitor = this.#monitor;
    monitor.enter(this.object);
    const [getters = 0, putters = 0, joiners = 0] = [GETTERS, PUTTERS, JOINERS].map((line) =>
      lengthOf(monitor, this.object + line),
    );
    monitor.leave();
    return [getters, putters, joiners];
  }

  /** Puts an item, if it can be done at once. Throws `HeapFullError`; then it was not put. */
  tryPut(item: Item): Attempt {
    if (this.#ring !== undefined) {
      const outcome = this.#ring.tryPut(item);
      if (outcome === RING_DONE) return DONE;
      if (outcome === NO_ROOM) return NOT_NOW;
    }
    const outcome = this.#inSection(() => this.#put(item));
    if (outcome === NO_MEMORY) throw this.#refusal!;
    return outcome;
  }

  /** Takes an item, if it can be done at once. */
  tryGet(item: Item): Attempt {
    if (this.#ring !== undefined) {
      const outcome = this.#ring.tryGet(item);
      if (outcome === RING_DONE) return DONE;
      if (outcome === NO_ITEM && !this.isClosed) return NOT_NOW;
    }
    return this.#inSection(() => this.#get(item));
  }

  /** Makes an item that was taken the next one again; without memory for that it is dropped. */
  putBack(item: Item): void {
    this.#inSection(() => this.#putBack(item));
  }

  /** Q4. False, and nothing happens, if all were said to be done. */
  taskDone(): boolean {
    const heap = this.#heap;
    const word = this.object + DONE_COUNT;
    for (;;) {
      const done = heap.load(word);
      if (this.#unfinished(done) <= 0) return false;
      if (heap.compareExchange(word, done, (done + 1) | 0) === done) break;
    }
    if ((this.#flags & HAS_JOINERS) !== 0) this.#inSection(() => DONE);
    return true;
  }

  /** Q5. At once: what is in the queue is dropped, and will not be done. */
  shutdown(immediate: boolean): void {
    const monitor = this.#monitor;
    const items = this.#items;
    this.#inSection(() => {
      const flags = this.#flags;
      const isNew = immediate && (flags & DROPPED) === 0;
      monitor.store(this.object + FLAGS, flags | CLOSED | (immediate ? DROPPED : 0));
      if (!isNew) return DONE;
      monitor.store(this.object + DRAINED, (this.#heap.load(this.object + DRAINED) + items.size) | 0);
      items.takeAll(this.#parts.drop);
      return DONE;
    });
  }

  /** Puts a node in line, for what it wants, and grants what can be granted. In a section. */
  enlist(node: number, want: Want, item: Item | undefined): void {
    const monitor = this.#monitor;
    if (item !== undefined) writeItem(this.#heap, node + CELL, item);
    this.#items.open();
    // Q4.
    if (want === JOIN) monitor.store(this.object + FLAGS, this.#flags | HAS_JOINERS);
    append(monitor, this.object + lineOf(want), node);
    this.#grantAll();
    this.#items.close();
  }

  /** Grants what can be granted now, to those in all three lines. In a section. */
  pump(): boolean {
    this.#items.open();
    const isMore = this.#grantAll();
    this.#items.close();
    return isMore;
  }

  /** Sees to what a wait held whose thread has ended. In a section. */
  reclaim(node: number): void {
    const heap = this.#heap;
    const want = this.#monitor.read(node + WANT);
    const answer = this.#monitor.read(node + ANSWER);
    const isTaken = want === GET && answer === DONE;
    const isLeft = want === PUT && answer !== DONE;
    if (!isTaken && !isLeft) return;
    const item = new Item(heap);
    readItem(heap, node + CELL, item);
    if (isLeft) return this.#monitor.afterwards(() => item.drop());
    this.#items.open();
    this.#putBack(item);
    // What is more than one section can hold is left to those who wait: they are told to look.
    this.#grantAll();
    this.#items.close();
  }

  get #flags(): number {
    return this.#heap.load(this.object + FLAGS);
  }

  #unfinished(done: number): number {
    return (this.#counts.putCount - this.#heap.load(this.object + DRAINED) - done) | 0;
  }

  get #hasRoom(): boolean {
    return this.maxSize === 0 || this.#items.size < this.maxSize;
  }

  #first(line: number): number {
    return firstOf(this.#monitor, this.object + line);
  }

  /** Runs a step in a section, with the items open, and grants what can be granted after it. */
  #inSection(step: () => Attempt): Attempt {
    const monitor = this.#monitor;
    monitor.enter(this.object);
    this.#items.open();
    const outcome = step();
    let isMore = outcome === DONE && this.#grantAll();
    this.#items.close();
    while (isMore) {
      monitor.goOn();
      isMore = this.pump();
    }
    monitor.leave();
    return outcome;
  }

  #put(item: Item): Attempt {
    if (this.isClosed) return ENDED;
    if (this.#first(PUTTERS) !== 0 || !this.#hasRoom) return NOT_NOW;
    return this.#admit(item);
  }

  #get(item: Item): Attempt {
    if (this.#items.size === 0) return this.isClosed ? ENDED : NOT_NOW;
    if (this.#first(GETTERS) !== 0) return NOT_NOW;
    this.#items.take(item);
    return DONE;
  }

  #putBack(item: Item): Attempt {
    try {
      if ((this.#flags & DROPPED) === 0) {
        this.#items.putBack(item);
        return DONE;
      }
    } catch (error) {
      if (!(error instanceof HeapFullError)) throw error;
    }
    const left = item.copy();
    this.#monitor.afterwards(() => left.drop());
    return DONE;
  }

  #admit(item: Item): Attempt {
    try {
      this.#items.put(item);
      return DONE;
    } catch (error) {
      if (!(error instanceof HeapFullError)) throw error;
      this.#refusal = error;
      return NO_MEMORY;
    }
  }

  /** Q2. Gives whether there is more than one section can hold. */
  #grantAll(): boolean {
    const isMore = this.#grantMost();
    this.#tidyFlags();
    return isMore;
  }

  #grantMost(): boolean {
    const monitor = this.#monitor;
    for (let grants = true; grants;) {
      if (!monitor.hasRoom) return true;
      const putter = this.#first(PUTTERS);
      const getter = this.#first(GETTERS);
      const hasItem = this.#items.size > 0;
      if (putter !== 0 && this.isClosed) monitor.grant(putter, ENDED);
      else if (putter !== 0 && this.#hasRoom) {
        if (!this.#items.canPut) return true;
        this.#letIn(putter);
      } else if (getter !== 0 && hasItem) {
        if (!this.#items.canTake) return true;
        this.#handTo(getter);
      } else if (getter !== 0 && this.isClosed) monitor.grant(getter, ENDED);
      else grants = this.#grantJoiner();
    }
    return false;
  }

  /** Q3. */
  #letIn(putter: number): void {
    readItem(this.#heap, putter + CELL, this.#passing);
    this.#monitor.grant(putter, this.#admit(this.#passing));
  }

  /** Q3. */
  #handTo(getter: number): void {
    this.#items.take(this.#passing);
    writeItem(this.#heap, getter + CELL, this.#passing);
    this.#monitor.grant(getter, DONE);
  }

  #grantJoiner(): boolean {
    const joiner = this.#first(JOINERS);
    if (joiner === 0 || this.unfinished > 0) return false;
    this.#monitor.grant(joiner, DONE);
    return true;
  }

  #tidyFlags(): void {
    const before = this.#flags;
    const waiting =
      (this.#first(GETTERS) === 0 ? 0 : HAS_GETTERS) |
      (this.#first(PUTTERS) === 0 ? 0 : HAS_PUTTERS) |
      (this.#first(JOINERS) === 0 ? 0 : HAS_JOINERS);
    const after = (before & (CLOSED | DROPPED)) | waiting;
    if (after !== before) this.#monitor.store(this.object + FLAGS, after);
  }
}

function lineOf(want: Want): number {
  if (want === GET) return GETTERS;
  return want === PUT ? PUTTERS : JOINERS;
}
