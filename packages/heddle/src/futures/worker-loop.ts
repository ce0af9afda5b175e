/**
 * The worker's side of a pool: claims calls, runs them, hands them back.
 *
 * @packageDocumentation
 */
import { getHeapStatistics } from "node:v8";
import { type DoneList, type Heap } from "#heap";
import { NotLoadedError, type WireHooks } from "../wire/index.ts";
import { CallScope, type Carried } from "./call-context.ts";
import type { Board } from "./board.ts";
import { isChunkOutcome, withoutUnsendable } from "./chunk.ts";
import { Fifo } from "./fifo.ts";
import type { ParcelPort } from "./parcels.ts";
import { Payloads } from "./payload.ts";
import {
  CARRIES,
  claimed,
  CLAIMS,
  FAILED,
  finished,
  FLAGS,
  FUNCTION,
  NEXT,
  NOT_BEGUN,
  pinned,
  READY,
  SEQUENCE,
  SERIAL,
  SIDE_ITEMS,
  STARTED,
  STATE,
  TIMED,
  WITHDRAWN,
} from "./slot.ts";
import { SPIN_LIMIT, SpinPolicy } from "./spin.ts";
import { nowMs } from "./task-limits.ts";

/** A worker that always has work lets its timers and sockets have their turn after so long, in milliseconds. */
const SLICE_MS = 10;
/** At most so many calls between two readings of the clock. */
const MAX_STRIDE = 64;
const LOOKS_PER_READING = 16;
const NO_ITEMS: readonly unknown[] = [];

export interface WorkerLoopOptions {
  /** The worker's number in its pool. */
  worker: number;
  /** How many calls may be under way here at once. */
  concurrency: number;
  /** The first pinned call is the initializer. */
  initialize: boolean;
  parcels: ParcelPort;
  /** After so many calls it takes no more from the ring, */
  maxTasks: number;
  /** and after a call that leaves it with more memory than this. */
  maxMemoryBytes: number;
  /** Called then. It serves what was pinned to it until it is told to leave. */
  onRetire: () => void;
}

/**
 * Runs calls until there are none, looks for more for a while, then sleeps.
 *
 * ```text
 *                  nothing found          bell, or the last call under way ends
 * taking calls ─────────────────▶ parked ──────────────────────────────────────▶ taking calls
 *   │  ▲ │ ▲ an immediate
 *   │  │ └─┘ (slice used up)
 *   │  └───────────── a call under way ends
 *   ├──▶ full (as many under way as `concurrency` allows, or leaving and some still under way)
 *   └──▶ left (told to leave, and none under way)
 * ```
 *
 * - I1: the thread never blocks, so a worker that sleeps or waits still serves its timers and sockets.
 * - I2: parked means: asleep bit set, ring and lane looked at after that, and a wait for the bell pending.
 * - I3: a claimed call reaches the done list exactly once, whatever its body does, unless the thread ends.
 * - I4: one that retires or leaves claims what was pinned to it before it was told to leave, and nothing from the ring. It says no more that it
 *   sleeps, for a publisher would spend a wake on it.
 */
export class WorkerLoop {
  readonly #heap: Heap;
  readonly #board: Board;
  readonly #lane: DoneList;
  readonly #options: WorkerLoopOptions;
  readonly #hooks: WireHooks;
  readonly #payloads: Payloads;
  readonly #policy = new SpinPolicy(true);
  readonly #ready: number;
  readonly #claimed: number;
  readonly #pinned: number;
  readonly #finished: number;
  /** Slots taken from the lane and not yet claimed. */
  readonly #ownCalls = new Fifo<number>();
  #state: "taking" | "scheduled" | "full" | "parked" | "left" = "scheduled";
  #initialized: boolean;
  /** Whether it takes calls that any worker may run: when initialized, until it leaves. */
  #serves: boolean;
  /** It takes no more from the ring, ever. */
  #retired = false;
  #callsLeft: number;
  readonly #watchesMemory: boolean;
  /** Called when it has done all that it has to do before it leaves. */
  #onLeft: (() => void) | undefined;
  #busy = 0;
  #stride = 1;
  #idleSince = 0;
  /** The last result woke the owner. */
  #woke = false;
  #listening = false;

  readonly #turn = (): void => this.#takeCalls();
  readonly #onBell = (): void => {
    this.#listening = false;
    if (this.#state === "parked") this.#unpark();
  };

  constructor(board: Board, hooks: WireHooks, options: WorkerLoopOptions) {
    const { worker, initialize, maxTasks, maxMemoryBytes } = options;
    this.#board = board;
    this.#heap = board.heap;
    this.#hooks = hooks;
    this.#options = options;
    this.#lane = board.lane(worker);
    this.#payloads = new Payloads(board.heap, hooks);
    this.#initialized = !initialize;
    this.#serves = !initialize;
    // The initializer is no call.
    this.#callsLeft = initialize ? maxTasks + 1 : maxTasks;
    this.#watchesMemory = maxMemoryBytes < Infinity;
    this.#ready = READY;
    this.#claimed = claimed(worker);
    this.#pinned = pinned(worker);
    this.#finished = finished(worker);
  }

  start(): void {
    this.#takeCalls();
  }

  /** I4. Takes no more work. `onLeft` is called when that which it has is done. */
  leave(onLeft: () => void): void {
    this.#onLeft = onLeft;
    this.#stopServing();
    if (this.#state === "parked") this.#unpark();
    else if (this.#state === "full") this.#takeCalls();
  }

  #retire(): void {
    if (this.#retired) return;
    this.#stopServing();
    this.#options.onRetire();
  }

  #stopServing(): void {
    this.#retired = true;
    this.#serves = false;
    // A publisher may have woken this one, and no other.
    if (this.#board.ring.size > 0) this.#board.parking.wakeForWork();
  }

  #takeCalls(): void {
    this.#state = "taking";
    let sliceEnd = performance.now() + SLICE_MS;
    let untilReading = this.#stride;
    while (this.#busy < this.#capacity) {
      const slot = this.#claim();
      if (slot === 0) {
        if (this.#retired) return this.#stayOrLeave();
        if (this.#busy === 0 && this.#spin()) continue;
        if (this.#park()) return;
        continue;
      }
      if (this.#idleSince !== 0) this.#endIdling();
      this.#run(slot);
      if (--untilReading > 0) continue;
      const left = sliceEnd - performance.now();
      if (left <= 0) {
        this.#stride = 1;
        this.#state = "scheduled";
        setImmediate(this.#turn);
        return;
      }
      this.#stride = left > SLICE_MS / 2 ? Math.min(this.#stride * 2, MAX_STRIDE) : 1;
      untilReading = this.#stride;
      sliceEnd = Math.min(sliceEnd, performance.now() + SLICE_MS);
    }
    this.#state = "full";
  }

  #stayOrLeave(): void {
    const leaves = this.#busy === 0 && this.#onLeft !== undefined;
    this.#state = leaves ? "left" : "full";
    if (leaves) this.#onLeft!();
  }

  get #capacity(): number {
    return this.#initialized ? this.#options.concurrency : 1;
  }

  /** Whether there is something to claim, or to pass over. */
  get #workReady(): boolean {
    return this.#lane.ready || (this.#serves && this.#board.ring.size > 0);
  }

  /** The address of a slot that only this worker may run now; 0 for none. */
  #claim(): number {
    const heap = this.#heap;
    if (this.#lane.ready || this.#ownCalls.size > 0) {
      const slot = this.#claimOwn();
      if (slot !== 0) return slot;
    }
    if (!this.#serves) return 0;
    const { ring } = this.#board;
    for (;;) {
      const slot = ring.peekHint();
      if (slot === 0) return 0;
      const won = heap.compareExchange(slot + STATE, this.#ready, this.#claimed) === this.#ready;
      ring.advance();
      if (won) return slot;
    }
  }

  #claimOwn(): number {
    const heap = this.#heap;
    for (let slot = this.#lane.takeAll(); slot !== 0; slot = heap.peek(slot + NEXT) >>> 0)
      this.#ownCalls.push(slot);
    for (let slot = this.#ownCalls.shift(); slot !== undefined; slot = this.#ownCalls.shift()) {
      if (heap.compareExchange(slot + STATE, this.#pinned, this.#claimed) === this.#pinned) return slot;
      // Called off: what came beside it is dropped, and the slot goes home.
      if ((heap.peek(slot + FLAGS) & SIDE_ITEMS) !== 0) this.#receive(slot);
      heap.store(slot + STATE, WITHDRAWN);
      this.#board.done.push(slot);
    }
    return 0;
  }

  #receive(slot: number): readonly unknown[] | undefined {
    return this.#options.parcels.receive(this.#heap.peek(slot + SEQUENCE));
  }

  #run(slot: number): void {
    if (--this.#callsLeft === 0) this.#retire();
    const flags = this.#heap.peek(slot + FLAGS);
    if ((flags & TIMED) !== 0) {
      new DataView(this.#heap.bytes.buffer, slot + STARTED, 8).setFloat64(0, nowMs(), true);
    }
    if ((flags & SIDE_ITEMS) === 0) this.#call(slot, NO_ITEMS);
    else this.#callWithItems(slot);
  }

  /** What belongs to a call may still be with its owner, who posts it when asked: by the call, put into the done list. */
  #callWithItems(slot: number): void {
    const items = this.#receive(slot);
    if (items !== undefined) return this.#call(slot, items);
    this.#busy++;
    this.#board.done.push(slot);
    const look = (): void => {
      const received = this.#receive(slot);
      if (received === undefined) return void setImmediate(look);
      this.#call(slot, received);
      this.#oneLess();
    };
    setImmediate(look);
  }

  #call(slot: number, items: readonly unknown[]): void {
    const heap = this.#heap;
    const flags = heap.peek(slot + FLAGS);
    let fn: Function;
    let args: unknown[];
    try {
      fn = this.#hooks.resolveFunction(heap.peek(slot + FUNCTION) >>> 0, heap.peek(slot + SERIAL) >>> 0);
      args = this.#payloads.read(slot, items) as unknown[];
    } catch (error) {
      if (error instanceof NotLoadedError) this.#callLater(slot, items, error.ready);
      else this.#finish(slot, error, true);
      return;
    }
    if ((flags & NOT_BEGUN) !== 0) heap.poke(slot + FLAGS, flags & ~NOT_BEGUN);
    let result: unknown;
    let pending: boolean;
    let scope: CallScope | undefined;
    try {
      if ((flags & CARRIES) === 0) result = fn(...args);
      else {
        scope = new CallScope(heap, slot, args.pop() as Carried);
        result = scope.call(() => fn(...args));
      }
      // A result may have a getter of this name that throws.
      pending = isThenable(result);
    } catch (error) {
      this.#end(slot, error, true, scope);
      return;
    }
    if (pending) this.#finishLater(slot, result as PromiseLike<unknown>, scope);
    else this.#end(slot, result, false, scope);
  }

  /** The call needs modules that this thread has yet to import. */
  #callLater(slot: number, items: readonly unknown[], ready: Promise<unknown>): void {
    this.#busy++;
    this.#heap.poke(slot + FLAGS, this.#heap.peek(slot + FLAGS) | NOT_BEGUN);
    const again = (): void => {
      this.#call(slot, items);
      this.#oneLess();
    };
    // A module that cannot be imported fails the call when its function is asked for again.
    ready.then(again, again);
  }

  #finishLater(slot: number, result: PromiseLike<unknown>, scope: CallScope | undefined): void {
    this.#busy++;
    scope?.listen();
    Promise.resolve(result).then(
      (value) => {
        this.#end(slot, value, false, scope);
        this.#oneLess();
      },
      (error: unknown) => {
        this.#end(slot, error, true, scope);
        this.#oneLess();
      },
    );
  }

  #end(slot: number, outcome: unknown, failed: boolean, scope: CallScope | undefined): void {
    scope?.close();
    this.#finish(slot, outcome, failed);
  }

  /** I3. Writes the outcome into the slot and hands it back. */
  #finish(slot: number, outcome: unknown, failed: boolean): void {
    let flags: number;
    try {
      flags = this.#write(slot, outcome, failed ? FAILED : 0);
    } catch (error) {
      flags = this.#finishUnsendable(slot, outcome, error);
    }
    this.#heap.poke(slot + FLAGS, flags);
    this.#heap.store(slot + STATE, this.#finished);
    this.#woke = this.#board.done.push(slot);
    if (this.#watchesMemory && usedMemory() > this.#options.maxMemoryBytes) this.#retire();
    if (this.#initialized) return;
    // Nothing may run where the initializer has failed.
    if (failed) process.exit(1);
    this.#initialized = true;
    this.#serves = !this.#retired;
  }

  /** The outcome cannot travel: an error goes in its place, or as many results of a chunk as can. Gives the flags. */
  #finishUnsendable(slot: number, outcome: unknown, error: unknown): number {
    if (!isChunkOutcome(outcome)) return this.#write(slot, error, FAILED);
    const rest = withoutUnsendable(outcome, (value) => this.#payloads.tryResult(slot, value));
    return this.#write(slot, rest, 0);
  }

  /** Writes an outcome and posts what belongs to it. Gives the flags. */
  #write(slot: number, outcome: unknown, flags: number): number {
    const payloads = this.#payloads;
    const side = payloads.writeResult(slot, outcome, flags === FAILED ? "error" : "result");
    const all = flags | (payloads.claims ? CLAIMS : 0);
    if (side === undefined) return all;
    const sequence = this.#heap.peek(slot + SEQUENCE);
    try {
      this.#options.parcels.post({ sequence, items: side.items }, side.transferList);
    } catch (error) {
      if (payloads.claims) payloads.giveUpClaims(slot);
      throw error;
    }
    return all | SIDE_ITEMS;
  }

  /** A call under way has ended. */
  #oneLess(): void {
    this.#busy--;
    if (this.#state === "full") this.#takeCalls();
    else if (this.#state === "parked" && this.#busy === 0) this.#unpark();
  }

  #unpark(): void {
    this.#board.parking.cancelSleep(this.#options.worker);
    this.#takeCalls();
  }

  /** Looks for calls for as long as that is worthwhile. */
  #spin(): boolean {
    if (this.#idleSince === 0) this.#idleSince = performance.now();
    const budgetMs = this.#policy.budgetMs(this.#woke);
    const { parking } = this.#board;
    const { worker } = this.#options;
    if (budgetMs === 0 || !parking.tryStartSpinning(worker, SPIN_LIMIT)) return false;
    const end = performance.now() + budgetMs;
    let found = false;
    do {
      for (let i = 0; i < LOOKS_PER_READING && !found; i++) {
        found = this.#workReady;
        if (!found) this.#heap.pause();
      }
    } while (!found && performance.now() < end);
    parking.stopSpinning(worker);
    this.#policy.looked(found);
    if (found) this.#passOn();
    return found;
  }

  /**
   * This worker has found work as it was about to sleep. A publisher may have left it to this one to wake another for
   * what it does not take itself.
   */
  #passOn(): void {
    const { parking, ring } = this.#board;
    if (ring.size > (this.#lane.ready ? 0 : 1)) parking.wakeForWork();
  }

  #endIdling(): void {
    this.#policy.observe(performance.now() - this.#idleSince, this.#woke);
    this.#idleSince = 0;
  }

  /** I2. False if there is work after all. */
  #park(): boolean {
    const { parking } = this.#board;
    const { worker } = this.#options;
    const ticket = parking.prepareSleep(worker);
    if (this.#workReady) {
      parking.cancelSleep(worker);
      this.#passOn();
      return false;
    }
    if (!this.#listening) {
      const outcome = parking.waitAsync(worker, ticket);
      if (typeof outcome === "string") {
        parking.cancelSleep(worker);
        return false;
      }
      this.#listening = true;
      void outcome.then(this.#onBell);
    }
    this.#state = "parked";
    return true;
  }
}

/** What this thread holds, in bytes: its objects, and the buffers that belong to them. */
function usedMemory(): number {
  const { used_heap_size: objects, external_memory: buffers } = getHeapStatistics();
  return objects + buffers;
}

function isThenable(value: unknown): boolean {
  return (
    value !== null &&
    (typeof value === "object" || typeof value === "function") &&
    typeof (value as { then?: unknown }).then === "function"
  );
}
