/**
 * Waiting at shared objects, with or without blocking the thread.
 *
 * @packageDocumentation
 */
import { type Heap, TimeoutError } from "#heap";
import {
  currentContext,
  madeLate,
  needNoHandler,
  rejected,
  tieToScope,
  toldWhere,
} from "../../scopes/index.ts";
import type { Inbox } from "./inbox.ts";
import type { Monitor } from "./monitor.ts";
import { GRANTED, LIST, LOOK_FLAG, OBJECT, PHASE_MASK, STATE } from "./node.ts";
import type { Patience } from "./patience.ts";
import type { NodePool } from "./nodes.ts";
import { remove } from "./wait-list.ts";
import { isOver, timeLeft } from "./within-scope.ts";

/** How long to wait, and what may end the wait early. */
export interface WaitOptions {
  /** In milliseconds. A wait that runs out throws `TimeoutError`. */
  timeoutMs?: number;
  /** When it aborts, the wait throws the signal's reason. */
  signal?: AbortSignal;
}

/** One kind of wait at one object: what an acquire, a get, a send is made of. All but `collect` is called in a section. */
export interface Place<T> {
  readonly object: number;
  /** What waits here, for error messages: `Lock.acquire()`. The form that blocks has `Sync` behind it. */
  readonly operation: string;
  /** Does it at once, and gives true; or puts the node in line, and gives false. */
  enlist(node: number): boolean;
  /** Grants what can be granted now. Gives whether there is more than one section can hold. */
  pump(): boolean;
  /** What the wait gives, by a node that was granted, or whose `enlist` gave true. Outside the section. */
  collect(node: number): T;
  /**
   * Ends a wait that ran out of time or was aborted, by a node that stands in line: takes it out, and gives true. Or gives
   * false, and the wait goes on without a limit. Absent: takes it out.
   */
  withdraw?(node: number, isTimeout: boolean): boolean;
  /** Sees to what a node holds that is out of line, and was not granted. Outside the section. */
  abandon?(node: number): void;
}

/** A place that can be tried, or waited at together with others. */
export interface Alternative<T> extends Place<T> {
  /** Gives a node what it needs before it is tried. Outside the section. */
  prepare(node: number): void;
  /** Does it at once, if that can be done with somebody who waits in another group, or in none. In a section. */
  attempt(node: number): boolean;
  /** It was attempted in vain, and is not to stand in line. In the same section. */
  passOver?(): void;
  /** Puts the node in line. In a section, after it was attempted in vain. */
  stand(node: number): void;
}

/** What waits depend on beside the heap. */
export interface Clock {
  /** In milliseconds, never backwards. */
  now(): number;
  /** How often a blocked thread looks before it sleeps. */
  readonly patience: Patience;
  /** So long a blocked thread sleeps before {@link Clock.onSlept}. */
  readonly sleepMs: number;
  onSlept(): void;
  /** Called when a blocked thread was woken, for whatever reason. */
  onWoken(): void;
}

/** What waits without blocking the thread. */
export interface Pending {
  /** A node of it was granted, which is to be used again unless it is an orphan. Ends the wait. */
  granted(node: number, isOrphan: boolean): void;
  /** What `look` looks at: it is called once for all that look at the same. */
  readonly looksAt: unknown;
  /** A thread has ended: what is waited for may have been left to those who wait. */
  look(): void;
}

/** Whoever is told by it is told in a microtask: for less than by `queueMicrotask`, which makes an `AsyncResource`. */
const SOON = Promise.resolve();

/** The waits of one thread. */
export class Waits {
  readonly #heap: Heap;
  readonly #monitor: Monitor;
  readonly #nodes: NodePool;
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  /** Granted, and to be told in a microtask: whoever granted them may be in the middle of something. */
  #told: number[] = [];
  /** Granted by a thread that may have died before it put them into the inbox: used again only if they come out. */
  readonly #orphans: Set<number>;
  inbox!: Inbox;

  constructor(heap: Heap, monitor: Monitor, nodes: NodePool, clock: Clock) {
    this.#heap = heap;
    this.#monitor = monitor;
    this.#nodes = nodes;
    this.#clock = clock;
    this.#orphans = new Set(nodes.lost);
    monitor.onGranted = (node) => {
      if (this.#told.push(node) === 1) void SOON.then(this.#tell);
    };
  }

  /** Blocks this thread until it has what it waits for; no longer than the scope of the running code has time. */
  block<T>(place: Place<T>, want: number, options: WaitOptions = {}): T {
    const { timeoutMs = Infinity, signal } = options;
    signal?.throwIfAborted();
    const limitMs = Math.min(timeoutMs, timeLeft());
    const node = this.#nodes.take({ object: place.object, want, isAsync: false, group: 0 });
    if (!this.#enlist(place, node) && !this.#sleep(place, node, limitMs, signal)) {
      this.abandon(place, node);
      signal?.throwIfAborted();
      timeLeft();
      throw new TimeoutError(blockingForm(place.operation), timeoutMs);
    }
    return this.collect(place, node);
  }

  /** Waits without blocking. */
  promise<T>(place: Place<T>, want: number, options: WaitOptions = {}): Promise<T> {
    const { timeoutMs = Infinity, signal } = options;
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    const { scope } = currentContext();
    if (scope?.isCancelled === true) return rejected(scope.reason);
    let node: number;
    try {
      node = this.#nodes.take({ object: place.object, want, isAsync: true, group: 0 });
      if (this.#enlist(place, node)) return Promise.resolve(this.collect(place, node));
    } catch (error) {
      return Promise.reject(error);
    }
    let pending!: PendingWait;
    const promise = new Promise<T>((resolve, reject) => {
      pending = new PendingWait(this, place, node, resolve as Resolve, reject);
    });
    this.watch(node, pending);
    this.inbox.add();
    if (timeoutMs !== Infinity) pending.endAfter(timeoutMs);
    if (signal !== undefined) pending.endWith(signal);
    // Only these are made late, and it costs as much as a wait that does not last.
    const told = timeoutMs === Infinity ? promise : toldWhere(promise);
    if (scope !== undefined) pending.endWithScope(told);
    return told;
  }

  /** How many waits are under way that do not block the thread. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** From now on, a grant of the node is told to what waits with it. */
  watch(node: number, pending: Pending): void {
    this.#pending.set(node, pending);
  }

  unwatch(node: number): void {
    this.#pending.delete(node);
  }

  /** A node of this thread came through the inbox: another thread has granted it. */
  granted(node: number): void {
    if (this.#orphans.delete(node)) this.#nodes.give(node);
    else this.#pending.get(node)!.granted(node, false);
  }

  /** A thread has ended: grants what it has left at the objects that are waited for here. */
  look(): void {
    /** By what they look at: one look is enough for all who wait at the same place. */
    const waiting = new Map<unknown, Pending>();
    for (const [node, pending] of this.#pending) {
      if ((this.#heap.load(node + STATE) & PHASE_MASK) === GRANTED) {
        if (this.#told.includes(node)) continue;
        this.#orphans.add(node);
        waiting.delete(pending.looksAt);
        pending.granted(node, true);
        // It has what it was granted: nothing is to be given back for it, and the object may go.
        this.#heap.poke(node + OBJECT, 0);
      } else waiting.set(pending.looksAt, pending);
    }
    for (const pending of waiting.values()) pending.look();
  }

  readonly #tell = (): void => {
    const told = this.#told;
    this.#told = [];
    for (const node of told) {
      this.#pending.get(node)?.granted(node, false);
    }
  };

  #enlist(place: Place<unknown>, node: number): boolean {
    const monitor = this.#monitor;
    monitor.enter(place.object);
    try {
      const isDone = place.enlist(node);
      monitor.leave();
      return isDone;
    } catch (error) {
      monitor.rollBack();
      this.abandon(place, node);
      throw error;
    }
  }

  /** What the wait gives. The node is used again, unless it is an orphan. */
  collect<T>(place: Place<T>, node: number, isOrphan: boolean = false): T {
    try {
      return place.collect(node);
    } finally {
      if (!isOrphan) this.#nodes.give(node);
    }
  }

  /** The wait ended without what was waited for. */
  abandon(place: Place<unknown>, node: number): void {
    place.abandon?.(node);
    this.#nodes.give(node);
  }

  /** Whether the node was granted; false when time ran out, or the scope is over. */
  #sleep(place: Place<unknown>, node: number, timeoutMs: number, signal?: AbortSignal): boolean {
    const heap = this.#heap;
    const clock = this.#clock;
    const word = node + STATE;
    const { patience } = clock;
    for (let { looks } = patience; looks > 0; looks--) {
      heap.pause();
      if ((heap.load(word) & PHASE_MASK) !== GRANTED) continue;
      patience.learn(true);
      return true;
    }
    patience.learn(false);
    const deadline = timeoutMs === Infinity ? Infinity : clock.now() + timeoutMs;
    let mayEnd = true;
    for (;;) {
      const state = heap.load(word);
      if ((state & PHASE_MASK) === GRANTED) return true;
      if ((state & LOOK_FLAG) !== 0) {
        if (heap.compareExchange(word, state, state & ~LOOK_FLAG) === state) this.pump(place);
        continue;
      }
      const isStopped = mayEnd && isOver(signal);
      let leftMs = Infinity;
      if (isStopped) leftMs = 0;
      else if (mayEnd && deadline !== Infinity) leftMs = deadline - clock.now();
      const sleepMs = Math.min(leftMs, clock.sleepMs);
      if (leftMs > 0 && heap.wait(word, state, sleepMs) !== "timed-out") {
        clock.onWoken();
        continue;
      }
      if (sleepMs < leftMs) clock.onSlept();
      else if (this.withdraw(place, node, !isStopped)) return false;
      // Else it is granted, and about to be told; or has to stay.
      else mayEnd = false;
    }
  }

  /** Leaves the line. False if the node was granted, and is told so soon, or if it has to stay. */
  withdraw(place: Place<unknown>, node: number, isTimeout: boolean): boolean {
    const monitor = this.#monitor;
    monitor.enter(place.object);
    const stands = monitor.read(node + LIST) !== 0;
    let leaves = stands;
    if (stands) {
      if (place.withdraw === undefined) remove(monitor, node);
      else leaves = place.withdraw(node, isTimeout);
      while (place.pump()) monitor.goOn();
    }
    monitor.leave();
    return leaves;
  }

  pump(place: Place<unknown>): void {
    const monitor = this.#monitor;
    monitor.enter(place.object);
    while (place.pump()) monitor.goOn();
    monitor.leave();
  }
}

/** How users call a wait that blocks. */
function blockingForm(operation: string): string {
  return operation.endsWith("Sync()") ? operation : operation.replace(/\(\)$/, "Sync()");
}

type Resolve = (value: unknown) => void;

/** One wait of one node. */
class PendingWait implements Pending {
  readonly #place: Place<unknown>;
  readonly #waits: Waits;
  readonly #node: number;
  readonly #resolve: Resolve;
  readonly #reject: Resolve;
  #timer: NodeJS.Timeout | undefined;
  #signal: AbortSignal | undefined;
  #onAbort: (() => void) | undefined;
  #leaveScope: (() => void) | undefined;

  constructor(waits: Waits, place: Place<unknown>, node: number, resolve: Resolve, reject: Resolve) {
    this.#place = place;
    this.#waits = waits;
    this.#node = node;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get looksAt(): number {
    return this.#place.object;
  }

  endAfter(timeoutMs: number): void {
    const end = (): void =>
      void this.#giveUp(true, () => madeLate(new TimeoutError(this.#place.operation, timeoutMs)));
    this.#timer = setTimeout(end, timeoutMs);
  }

  endWith(signal: AbortSignal): void {
    this.#signal = signal;
    this.#onAbort = () => {
      // It is called once: to take it back would mean a look at all others that listen.
      this.#onAbort = undefined;
      this.#giveUp(false, () => signal.reason as unknown);
    };
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  endWithScope(promise: Promise<unknown>): void {
    this.#leaveScope = tieToScope(this.#place.operation, (reason) => {
      if (this.#giveUp(false, () => reason)) needNoHandler(promise);
    });
  }

  granted(node: number, isOrphan: boolean): void {
    this.#forget();
    try {
      this.#resolve(this.#waits.collect(this.#place, node, isOrphan));
    } catch (error) {
      this.#reject(error);
    }
  }

  look(): void {
    this.#waits.pump(this.#place);
  }

  /** Gives whether the wait has ended by that. */
  #giveUp(isTimeout: boolean, reason: () => unknown): boolean {
    if (!this.#waits.withdraw(this.#place, this.#node, isTimeout)) return false;
    this.#forget();
    this.#waits.abandon(this.#place, this.#node);
    this.#reject(reason());
    return true;
  }

  #forget(): void {
    this.#waits.unwatch(this.#node);
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#leaveScope?.();
    if (this.#onAbort !== undefined) this.#signal!.removeEventListener("abort", this.#onAbort);
    this.#waits.inbox.remove();
  }
}
