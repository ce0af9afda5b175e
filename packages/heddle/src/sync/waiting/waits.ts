/**
 * Waiting at shared objects, with or without blocking the thread.
 *
 * @packageDocumentation
 */
import { type Heap, TimeoutError } from "#heap";
import type { Inbox } from "./inbox.ts";
import type { Monitor } from "./monitor.ts";
import { GRANTED, LIST, LOOK_FLAG, OBJECT, PHASE_MASK, STATE } from "./node.ts";
import type { NodePool } from "./nodes.ts";
import { remove } from "./wait-list.ts";

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
  /** What waits here, for error messages: `Lock.acquire()`. */
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
}

/** What waits depend on beside the heap. */
export interface Clock {
  /** In milliseconds, never backwards. */
  now(): number;
  /** How often a blocked thread looks before it sleeps. */
  spins(): number;
  /** So long a blocked thread sleeps before {@link Clock.onSlept}. */
  readonly sleepMs: number;
  onSlept(): void;
}

interface Pending {
  readonly node: number;
  readonly place: Place<unknown>;
  resolve(value: unknown): void;
  reject(reason: unknown): void;
  timer: NodeJS.Timeout | undefined;
  signal: AbortSignal | undefined;
  onAbort: (() => void) | undefined;
}

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
  readonly #orphans = new Set<number>();
  inbox!: Inbox;

  constructor(heap: Heap, monitor: Monitor, nodes: NodePool, clock: Clock) {
    this.#heap = heap;
    this.#monitor = monitor;
    this.#nodes = nodes;
    this.#clock = clock;
    monitor.onGranted = (node) => {
      if (this.#told.push(node) === 1) queueMicrotask(this.#tell);
    };
  }

  /** Blocks this thread until it has what it waits for. */
  block<T>(place: Place<T>, want: number, options: WaitOptions = {}): T {
    const { timeoutMs = Infinity, signal } = options;
    signal?.throwIfAborted();
    const node = this.#nodes.take({ object: place.object, want, isAsync: false, group: 0 });
    if (!this.#enlist(place, node) && !this.#sleep(place, node, timeoutMs)) {
      this.#nodes.give(node);
      throw new TimeoutError(place.operation, timeoutMs);
    }
    return this.#collect(place, node);
  }

  /** Waits without blocking. */
  promise<T>(place: Place<T>, want: number, options: WaitOptions = {}): Promise<T> {
    const { timeoutMs = Infinity, signal } = options;
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    let node: number;
    try {
      node = this.#nodes.take({ object: place.object, want, isAsync: true, group: 0 });
      if (this.#enlist(place, node)) return Promise.resolve(this.#collect(place, node));
    } catch (error) {
      return Promise.reject(error);
    }
    return new Promise<T>((resolve, reject) => {
      const pending: Pending = {
        node,
        place,
        resolve,
        reject,
        timer: undefined,
        signal,
        onAbort: undefined,
      };
      this.#pending.set(node, pending);
      if (timeoutMs !== Infinity) {
        pending.timer = setTimeout(
          () => this.#giveUp(pending, true, () => new TimeoutError(place.operation, timeoutMs)),
          timeoutMs,
        );
      }
      if (signal !== undefined) {
        pending.onAbort = () => this.#giveUp(pending, false, () => signal.reason as unknown);
        signal.addEventListener("abort", pending.onAbort, { once: true });
      }
      this.inbox.add();
    });
  }

  /** A node of this thread came through the inbox: another thread has granted it. */
  granted(node: number): void {
    if (this.#orphans.delete(node)) this.#nodes.give(node);
    else this.#finish(this.#pending.get(node)!);
  }

  /** A thread has ended: grants what it has left at the objects that are waited for here. */
  look(): void {
    const places = new Map<number, Place<unknown>>();
    for (const pending of this.#pending.values()) {
      const { node, place } = pending;
      if ((this.#heap.load(node + STATE) & PHASE_MASK) !== GRANTED) places.set(place.object, place);
      else if (!this.#told.includes(node)) {
        this.#orphans.add(node);
        this.#settle(pending);
        // It has what it was granted: nothing is to be given back for it, and the object may go.
        this.#heap.poke(node + OBJECT, 0);
      }
    }
    for (const place of places.values()) this.#pump(place);
  }

  readonly #tell = (): void => {
    const told = this.#told;
    this.#told = [];
    for (const node of told) {
      const pending = this.#pending.get(node);
      if (pending !== undefined) this.#finish(pending);
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
      this.#nodes.give(node);
      throw error;
    }
  }

  #collect<T>(place: Place<T>, node: number): T {
    try {
      return place.collect(node);
    } finally {
      this.#nodes.give(node);
    }
  }

  /** Whether the node was granted; false when time ran out. */
  #sleep(place: Place<unknown>, node: number, timeoutMs: number): boolean {
    const heap = this.#heap;
    const clock = this.#clock;
    const word = node + STATE;
    for (let spins = clock.spins(); spins > 0; spins--) {
      if ((heap.load(word) & PHASE_MASK) === GRANTED) return true;
      heap.pause();
    }
    let deadline = timeoutMs === Infinity ? Infinity : clock.now() + timeoutMs;
    for (;;) {
      const state = heap.load(word);
      if ((state & PHASE_MASK) === GRANTED) return true;
      if ((state & LOOK_FLAG) !== 0) {
        if (heap.compareExchange(word, state, state & ~LOOK_FLAG) === state) this.#pump(place);
        continue;
      }
      const leftMs = deadline - clock.now();
      const sleepMs = Math.min(leftMs, clock.sleepMs);
      if (leftMs > 0 && heap.wait(word, state, sleepMs) !== "timed-out") continue;
      if (sleepMs < leftMs) clock.onSlept();
      else if (this.#withdraw(place, node, true)) return false;
      // Else it is granted, and about to be told; or has to stay.
      else deadline = Infinity;
    }
  }

  #giveUp(pending: Pending, isTimeout: boolean, reason: () => unknown): void {
    if (!this.#withdraw(pending.place, pending.node, isTimeout)) return;
    this.#forget(pending);
    this.#nodes.give(pending.node);
    pending.reject(reason());
  }

  /** Leaves the line. False if the node was granted, and is told so soon, or if it has to stay. */
  #withdraw(place: Place<unknown>, node: number, isTimeout: boolean): boolean {
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

  #pump(place: Place<unknown>): void {
    const monitor = this.#monitor;
    monitor.enter(place.object);
    while (place.pump()) monitor.goOn();
    monitor.leave();
  }

  #finish(pending: Pending): void {
    this.#settle(pending);
    this.#nodes.give(pending.node);
  }

  #settle(pending: Pending): void {
    this.#forget(pending);
    try {
      pending.resolve(pending.place.collect(pending.node));
    } catch (error) {
      pending.reject(error);
    }
  }

  #forget(pending: Pending): void {
    const { node, timer, signal, onAbort } = pending;
    this.#pending.delete(node);
    clearTimeout(timer);
    if (onAbort !== undefined) signal!.removeEventListener("abort", onAbort);
    this.inbox.remove();
  }
}
