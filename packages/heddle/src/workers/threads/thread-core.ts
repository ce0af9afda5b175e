/**
 * What the threads of a process know of one of them: a shared object, with a line of those who wait for its end.
 *
 * @packageDocumentation
 */
import { claimOn, giveUpClaim, type Heap, HeldKind } from "#heap";
import {
  type Monitor,
  ObjectKind,
  RELEASE_BYTES,
  ReleaseCore,
  RELEASE_STATE as STATE,
  storedValues,
  WAITERS,
  writeHeader,
} from "../../sync/index.ts";

/** Where it stands in the roster; see roster.ts. */
export const NEXT: number = RELEASE_BYTES;
export const PREV: number = RELEASE_BYTES + 4;
export const LISTED: number = RELEASE_BYTES + 8;
const IDENTITY = RELEASE_BYTES + 12;
const THREAD_ID = RELEASE_BYTES + 16;
const NATIVE_ID = RELEASE_BYTES + 20;
const STARTER = RELEASE_BYTES + 24;
const FLAGS = RELEASE_BYTES + 28;
const NAME = RELEASE_BYTES + 32;
const OUTCOME = RELEASE_BYTES + 36;
const REASON = RELEASE_BYTES + 40;
const ORDERS = RELEASE_BYTES + 44;
const CAUSE = RELEASE_BYTES + 48;
export const THREAD_BYTES: number = RELEASE_BYTES + 52;

/** In the state: it is over, and above is how it ended. Else above is the thread with which it stands and falls. */
const ENDED = 2;
const SHIFT = 2;

/** How a thread ended. */
export const How = {
  /** Its function gave a value, which is the outcome. */
  RETURNED: 1,
  /** The same, but the value was posted to whoever has started it. */
  RETURNED_ASIDE: 2,
  /** Its function, or something else in it, threw. The outcome is the error. */
  THREW: 3,
  /** It was interrupted, and ended by throwing the reason. The outcome is that. */
  INTERRUPTED: 4,
  /** `process.exit` was called in it. The outcome is the exit code. */
  EXITED: 5,
  /** Nothing was left to do in it, but its function had not ended. */
  STARVED: 6,
  /** It ended in another way: it was terminated, if there are orders for that; else there may be a cause. */
  DIED: 7,
} as const;
export type How = (typeof How)[keyof typeof How];

/** The program does not wait for it. */
export const DAEMON = 1;
/** The program does wait for it, and it is not gone yet. */
export const KEEPS = 2;
/** The thread that the process began with. */
export const MAIN = 4;
/** It was started by a `Thread`. */
export const OWN = 8;

/** In the word of the reason: there is none that travels. */
const NO_REASON = 1;

/** Writes a new thread, which was not started, over zeros. */
export function writeThread(heap: Heap, thread: number, name: string, flags: number): void {
  heap.poke(thread + FLAGS, flags);
  heap.poke(thread + NAME, writeText(heap, name) | 0);
}

/** Makes a thread that no handle belongs to. The one claim on it is the caller's. */
export function makeThread(heap: Heap, name: string, flags: number): number {
  const thread = heap.allocate(THREAD_BYTES);
  try {
    writeHeader(heap, thread, ObjectKind.THREAD, undefined, THREAD_BYTES);
    writeThread(heap, thread, name, flags);
    return thread;
  } catch (error) {
    heap.free(thread);
    throw error;
  }
}

/** Frees what belongs to a thread that nobody knows any more. */
export function destroyThread(heap: Heap, thread: number): void {
  heap.free(heap.peek(thread + NAME) >>> 0);
  for (const word of [OUTCOME, CAUSE]) {
    const stored = heap.load(thread + word) >>> 0;
    if (stored !== 0) storedValues().drop(stored);
  }
  const reason = heap.load(thread + REASON) >>> 0;
  if (reason > NO_REASON) storedValues().drop(reason);
}

/** Gives up a claim on a thread. */
export function letGoOf(heap: Heap, thread: number): void {
  giveUpClaim(heap, claimOn(HeldKind.OBJECT, thread));
}

/**
 * One thread, as one thread sees it. Those who wait for its end are in the line of `ReleaseCore`.
 *
 * ```text
 * bytes  name       values                                            written by
 * 16     state      below, and WAITERS                                any thread, by CAS
 * 20     line       those who wait for its end                        gate holders
 * 28     next, prev neighbours in the roster                          who holds the gate of the roster
 * 36     listed     1: it stands in the roster                        the same
 * 40     identity   of its thread in the heap, 0: it has not begun    its thread, once
 * 44     thread id  Node's number of it, plus 1; 0: none yet          who starts it; its thread: the same
 * 48     native id  the operating system's number, 0: not known       its thread, once
 * 52     starter    identity of the thread that has started it        who starts it, once
 * 56     flags      DAEMON, MAIN, OWN: before it is started;          its maker; any thread, by CAS
 *                   KEEPS: taken off when it is gone
 * 60     name       address of [byteLength u32][utf8 …]               gate holders
 * 64     outcome    address of a stored value; 0: none                its thread, once, before it ends
 * 68     reason     0; why it is to stop: NO_REASON, a stored value   any thread, by CAS, once
 * 72     orders     1: it is to be terminated                         any thread
 * 76     cause      the error that ended it, stored; 0: not known      who started it, once, when it runs no more
 *
 *             start                  begin, by the thread               end, by the thread
 * state 0 ────────────▶ starter << 2 ────────────────────▶ own << 2 ─────────────────────▶ how << 2 | ENDED
 *    ▲                      │    │                             │                                 ▲
 *    └── it cannot be ──────┘    └── it, or whom it stands ────┘─────────────────────────────────┘
 *        started                     with, runs no more: by who started it, or who finds that
 * ```
 *
 * - T1: the change to ENDED is one step, and nothing follows it. What the thread stored as its outcome is there before.
 * - T2: until it begins, a thread ends with the one that starts it; Node ends a thread with all that it has started.
 *   So whoever waits can tell that it is over: by who stands in the state, and is not seated.
 * - T3: what others change while it runs is one word, written by one step, and looked at again after it was written:
 *   the thread sees the reason, or who interrupts it finds it over.
 */
export class ThreadCore extends ReleaseCore<void> {
  readonly #monitor: Monitor;

  constructor(monitor: Monitor, object: number, operation: string = "Thread.join()") {
    super(monitor, object, operation);
    this.#monitor = monitor;
  }

  /** Whether it was started, at some time. */
  get wasStarted(): boolean {
    return this.words.load(this.object + STATE) >>> SHIFT !== 0;
  }

  /** How it ended; 0 while it has not. */
  get how(): How | 0 {
    const state = this.words.load(this.object + STATE);
    if (!this.isOpen(state)) return 0;
    return (state >>> SHIFT) as How;
  }

  /** Who ends it by ending; 0: nobody yet, or it is over. */
  get #pillar(): number {
    const state = this.words.load(this.object + STATE);
    return this.isOpen(state) ? 0 : state >>> SHIFT;
  }

  /** Says that this thread starts it. False if it was started before. */
  start(): boolean {
    const { identity } = this.#monitor;
    if (!this.#move(0, identity << SHIFT)) return false;
    this.words.store(this.object + STARTER, identity);
    return true;
  }

  /** It could not be started after all, and was not seen by anybody else. */
  unstart(): void {
    this.#move(this.#monitor.identity, 0);
  }

  /** Says that it has begun: it is this thread. False if it is over. */
  begin(threadId: number, nativeId: number): boolean {
    const { words, object } = this;
    const { identity } = this.#monitor;
    this.threadId = threadId;
    words.store(object + NATIVE_ID, nativeId);
    words.store(object + IDENTITY, identity);
    return this.#move(words.load(object + STARTER), identity << SHIFT);
  }

  /**
   * T1. Ends it, if it has not ended; tells whether it had not. To be called by the thread, or by who knows that it runs no
   * more.
   */
  end(how: How, outcome: number = 0): boolean {
    if (this.open) return false;
    if (outcome !== 0) this.words.store(this.object + OUTCOME, outcome | 0);
    for (let pillar = this.#pillar; pillar !== 0; pillar = this.#pillar) {
      const before = this.#change(pillar, (how << SHIFT) | ENDED);
      if (before === undefined) continue;
      if ((before & WAITERS) !== 0) this.letPass();
      return true;
    }
    return false;
  }

  /** It runs no more, says who started it. @param cause - The stored error that ended it, or 0. */
  bury(cause: number): void {
    if (cause !== 0) this.words.store(this.object + CAUSE, cause | 0);
    this.end(How.DIED);
  }

  /** T2. Ends it if it runs no more. Tells whether it is over. */
  noticeDeath(): boolean {
    const pillar = this.#pillar;
    if (pillar !== 0 && !this.#monitor.seats.isSeated(pillar)) this.end(How.DIED);
    return this.open;
  }

  override enlist(node: number): boolean {
    this.#noticeDeathInside();
    return super.enlist(node);
  }

  override pump(): boolean {
    this.#noticeDeathInside();
    return super.pump();
  }

  isOpen(state: number): boolean {
    return (state & ENDED) !== 0;
  }

  mayPass(_found: number, state: number): boolean {
    return this.isOpen(state);
  }

  collect(): void {}

  /** Where what it gave is stored; 0: nowhere. */
  get outcome(): number {
    return this.words.load(this.object + OUTCOME) >>> 0;
  }

  /** Where the error is stored that ended it; 0: it is not known. */
  get cause(): number {
    return this.words.load(this.object + CAUSE) >>> 0;
  }

  /** The identity of its thread; 0 if it has not begun. */
  get identity(): number {
    return this.words.load(this.object + IDENTITY);
  }

  /** The identity of who started it; 0 for nobody. */
  get starter(): number {
    return this.words.load(this.object + STARTER);
  }

  /** Node's number of it; -1 before it was started. */
  get threadId(): number {
    return this.words.load(this.object + THREAD_ID) - 1;
  }

  set threadId(value: number) {
    this.words.store(this.object + THREAD_ID, value + 1);
  }

  /** The operating system's number of it; 0 if that is not known. */
  get nativeId(): number {
    return this.words.load(this.object + NATIVE_ID);
  }

  has(flag: number): boolean {
    return (this.words.load(this.object + FLAGS) & flag) !== 0;
  }

  /** Sets a flag, or takes it off. Tells whether it was set. */
  mark(flag: number, isSet: boolean): boolean {
    const word = this.object + FLAGS;
    const before = isSet ? this.words.or(word, flag) : this.words.and(word, ~flag);
    return (before & flag) !== 0;
  }

  /** T3. Asks it to stop, unless that was asked for. @param reason - A stored value, or 0. */
  askToStop(reason: number): boolean {
    const word = this.object + REASON;
    if (this.words.compareExchange(word, 0, reason === 0 ? NO_REASON : reason | 0) !== 0) return false;
    this.words.notify(word);
    return true;
  }

  /** Whether it was asked to stop. */
  get isAskedToStop(): boolean {
    return this.words.load(this.object + REASON) !== 0;
  }

  /** Where the reason is stored; 0: there is none that travels. */
  get reason(): number {
    const reason = this.words.load(this.object + REASON) >>> 0;
    return reason === NO_REASON ? 0 : reason;
  }

  /** The word that changes when it is asked to stop. */
  get reasonWord(): number {
    return this.object + REASON;
  }

  /** Asks whoever started it to terminate it. */
  orderEnd(): void {
    this.words.store(this.object + ORDERS, 1);
    this.words.notify(this.object + ORDERS);
  }

  /** Wakes who waits for orders to end a thread that is gone: the engine keeps a waiter, and all that it holds, until then. */
  letGoOfOrders(): void {
    this.words.notify(this.object + ORDERS);
  }

  get isToBeTerminated(): boolean {
    return this.words.load(this.object + ORDERS) !== 0;
  }

  /** The word that changes then. */
  get ordersWord(): number {
    return this.object + ORDERS;
  }

  readName(heap: Heap): string {
    const monitor = this.#monitor;
    monitor.enter(this.object);
    const block = monitor.read(this.object + NAME) >>> 0;
    const text = readText(heap, block);
    monitor.leave();
    return text;
  }

  writeName(heap: Heap, name: string): void {
    const monitor = this.#monitor;
    const block = writeText(heap, name);
    monitor.enter(this.object);
    const before = monitor.read(this.object + NAME) >>> 0;
    monitor.write(this.object + NAME, block | 0);
    monitor.leave();
    heap.free(before);
  }

  #noticeDeathInside(): void {
    const pillar = this.#pillar;
    if (pillar === 0 || this.#monitor.seats.isSeated(pillar)) return;
    // Who waits is granted by whoever pumps.
    this.#change(pillar, (How.DIED << SHIFT) | ENDED);
  }

  /** From one that stands in the state to another state; and tells whether it stood there. */
  #move(pillar: number, state: number): boolean {
    return this.#change(pillar, state) !== undefined;
  }

  /** Gives the state from before; `undefined`, and nothing is changed, if another stands in it, or it is over. */
  #change(pillar: number, next: number): number | undefined {
    const word = this.object + STATE;
    for (;;) {
      const state = this.words.load(word);
      if (this.isOpen(state) || state >>> SHIFT !== pillar) return undefined;
      if (this.words.compareExchange(word, state, next | (state & WAITERS)) === state) return state;
    }
  }
}

function writeText(heap: Heap, text: string): number {
  const length = Buffer.byteLength(text);
  const block = heap.allocate(4 + length);
  heap.poke(block, length);
  Buffer.from(heap.bytesTo(block + 4 + length).buffer).write(text, block + 4, length);
  return block;
}

function readText(heap: Heap, block: number): string {
  const end = block + 4 + heap.peek(block);
  return Buffer.from(heap.bytesTo(end).buffer).toString("utf8", block + 4, end);
}
