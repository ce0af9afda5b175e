/**
 * The worker's side of a pool: claims calls, and has them run.
 *
 * @packageDocumentation
 */
// The global is a getter, which costs half as much again as reading the clock.
import { performance } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import type { DoneList, Heap, HintRing } from "#heap";
import type { WireHooks } from "../../wire/index.ts";
import type { Board } from "../board/board.ts";
import { CallRunner, type RunnerOwner } from "./call-runner.ts";
import { Fifo } from "../fifo.ts";
import type { ParcelPort } from "../board/parcels.ts";
import { claimed, FLAGS, NEXT, pinned, READY, SIDE_ITEMS, STATE, WITHDRAWN } from "../board/slot.ts";
import { type Cores, SPIN_LIMIT, SpinPolicy } from "../board/spin.ts";

/** A worker that always has work lets its timers and sockets have their turn after so long, in milliseconds. */
const SLICE_MS = 10;
/** At most so many calls between two readings of the clock. */
const MAX_STRIDE = 64;
const LOOKS_PER_READING = 16;
/** A glance is at most so many looks, about 20 µs; */
const GLANCE_MAX_LOOKS = 256;
/** and so many more for each call since it last slept, which is at most a quarter of what that took. */
const LOOKS_PER_CALL = 2;
/** Where calls are under way, the event loop turns after so many more, so that some end while others are begun. */
const CALLS_PER_TURN = 64;

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
  /** What it knows of the core that it runs on. */
  cores: Cores;
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
 * - I3: a claimed call is run, and so reaches the done list: see {@link CallRunner}.
 * - I4: one that retires or leaves claims what was pinned to it before it was told to leave, and nothing from the ring. It says no more that it
 *   sleeps, for a publisher would spend a wake on it.
 */
export class WorkerLoop implements RunnerOwner {
  readonly #heap: Heap;
  readonly #board: Board;
  readonly #lane: DoneList;
  readonly #options: WorkerLoopOptions;
  readonly #runner: CallRunner;
  readonly #policy: SpinPolicy;
  readonly #ready: number;
  readonly #claimed: number;
  readonly #pinned: number;
  /** The last call was its own. So that neither keeps the other waiting, it takes one from its lane and one that any may take by turns. */
  #tookOwn = false;
  /** Slots taken from the lane and not yet claimed. */
  readonly #ownCalls = new Fifo<number>();
  #state: "taking" | "scheduled" | "full" | "parked" | "left" = "scheduled";
  /** The initializer has run, if there is one. */
  isInitialized: boolean;
  /** Whether it takes calls that any worker may run: when initialized, until it leaves. */
  #serves: boolean;
  /** It takes no more from the ring, ever. */
  #retired = false;
  #callsLeft: number;
  readonly #watchesMemory: boolean;
  /** Called when it has done all that it has to do before it leaves. */
  #onLeft: (() => void) | undefined;
  #stride = 1;
  /** How many calls it has begun since it last slept. */
  #begun = 0;
  /** Whether a call was begun or has ended since it last looked for some. */
  #isMoving = false;
  #idleSince = 0;
  #listening = false;

  readonly #claimExpress = (ring: HintRing): number => this.#claimFrom(ring);
  readonly #turn = (): void => this.#takeCalls();
  readonly #onBell = (): void => {
    this.#listening = false;
    if (this.#state === "parked") this.#unpark();
  };

  constructor(board: Board, hooks: WireHooks, options: WorkerLoopOptions) {
    const { worker, initialize, maxTasks, maxMemoryBytes } = options;
    this.#board = board;
    this.#heap = board.heap;
    this.#options = options;
    this.#policy = new SpinPolicy(true, options.cores);
    this.#lane = board.lane(worker);
    this.#runner = new CallRunner(board, worker, hooks, options.parcels, this);
    this.isInitialized = !initialize;
    this.#serves = !initialize;
    // The initializer is no call.
    this.#callsLeft = initialize ? maxTasks + 1 : maxTasks;
    this.#watchesMemory = maxMemoryBytes < Infinity;
    this.#ready = READY;
    this.#claimed = claimed(worker);
    this.#pinned = pinned(worker);
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

  /** The owner has asked some of the calls under way to stop. */
  hear(): void {
    this.#runner.hear();
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
    if (this.#board.offered > 0) this.#board.parking.wakeForWork();
  }

  #takeCalls(): void {
    this.#state = "taking";
    let sliceEnd = performance.now() + SLICE_MS;
    let untilReading = this.#stride;
    let untilTurn = CALLS_PER_TURN;
    while (this.#runner.busy < this.#capacity()) {
      const slot = this.#claim();
      if (slot === 0) {
        if (this.#retired) return this.#stayOrLeave();
        if (this.#runner.busy === 0 && (this.#glance() || this.#spin())) continue;
        if (this.#runner.busy > 0 && this.#isMoving) {
          this.#isMoving = false;
          return this.#nextTurn();
        }
        if (this.#park()) return;
        continue;
      }
      if (this.#idleSince !== 0) this.#endIdling();
      this.#isMoving = true;
      this.#begun++;
      this.#run(slot);
      if (--untilTurn <= 0 && this.#runner.busy > 0) return this.#nextTurn();
      if (--untilReading > 0) continue;
      const left = sliceEnd - performance.now();
      if (left <= 0) {
        this.#stride = 1;
        return this.#nextTurn();
      }
      this.#stride = left > SLICE_MS / 2 ? Math.min(this.#stride * 2, MAX_STRIDE) : 1;
      untilReading = this.#stride;
      sliceEnd = Math.min(sliceEnd, performance.now() + SLICE_MS);
    }
    this.#state = "full";
  }

  #nextTurn(): void {
    this.#state = "scheduled";
    setImmediate(this.#turn);
  }

  #stayOrLeave(): void {
    const leaves = this.#runner.busy === 0 && this.#onLeft !== undefined;
    this.#state = leaves ? "left" : "full";
    if (leaves) this.#onLeft!();
  }

  #capacity(): number {
    return this.isInitialized ? this.#options.concurrency : 1;
  }

  /** Whether there is something to claim, or to pass over. */
  #workReady(): boolean {
    return this.#lane.ready || (this.#serves && this.#board.offered > 0);
  }

  /** The address of a slot that only this worker may run now; 0 for none. */
  #claim(): number {
    const hasOwn = this.#lane.seemsReady || this.#ownCalls.size > 0;
    if (hasOwn && !this.#tookOwn) {
      const slot = this.#claimOwn();
      this.#tookOwn = slot !== 0;
      if (slot !== 0) return slot;
    }
    this.#tookOwn = false;
    if (this.#serves) {
      const { express, ring } = this.#board;
      const slot = express.claim(this.#claimExpress) || this.#claimFrom(ring);
      if (slot !== 0) return slot;
    }
    return hasOwn ? this.#claimOwn() : 0;
  }

  #claimFrom(ring: HintRing): number {
    const heap = this.#heap;
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
      if ((heap.peek(slot + FLAGS) & SIDE_ITEMS) !== 0) this.#runner.receive(slot);
      heap.store(slot + STATE, WITHDRAWN);
      this.#board.done.push(slot);
    }
    return 0;
  }

  #run(slot: number): void {
    if (--this.#callsLeft === 0) this.#retire();
    this.#runner.run(slot);
  }

  callFinished(failed: boolean): void {
    if (this.#watchesMemory && usedMemory() > this.#options.maxMemoryBytes) this.#retire();
    if (this.isInitialized) return;
    // Nothing may run where the initializer has failed.
    if (failed) process.exit(1);
    this.isInitialized = true;
    this.#serves = !this.#retired;
  }

  oneLess(): void {
    this.#isMoving = true;
    if (this.#state === "full") this.#takeCalls();
    else if (this.#state === "parked" && this.#runner.busy === 0) this.#unpark();
  }

  #unpark(): void {
    this.#stayAwake();
    this.#takeCalls();
  }

  /** It is not to sleep on, or not to sleep at all. */
  #stayAwake(): void {
    this.#board.parking.cancelSleep(this.#options.worker);
    this.#passOn();
  }

  /**
   * Looks for a moment, whatever has been learned: calls that are made one after the other are less than a microsecond apart, and
   * the maker of each would have to wake a sleeper. Amid many calls, for longer: their maker may have been held up.
   */
  #glance(): boolean {
    if (SPIN_LIMIT === 0) return false;
    const looks = Math.min(LOOKS_PER_READING + LOOKS_PER_CALL * this.#begun, GLANCE_MAX_LOOKS);
    for (let i = 0; i < looks; i++) {
      if (this.#workReady()) return true;
      this.#heap.pause();
    }
    return false;
  }

  /** Looks for calls for as long as that is worthwhile. */
  #spin(): boolean {
    const began = performance.now();
    if (this.#idleSince === 0) this.#idleSince = began;
    const budgetMs = this.#policy.budgetMs(this.#runner.woke);
    const { parking } = this.#board;
    const { worker } = this.#options;
    if (budgetMs === 0 || !parking.tryStartSpinning(worker, SPIN_LIMIT)) return false;
    const end = began + budgetMs;
    let found = false;
    do {
      for (let i = 0; i < LOOKS_PER_READING && !found; i++) {
        found = this.#workReady();
        if (!found) this.#heap.pause();
      }
    } while (!found && performance.now() < end);
    parking.stopSpinning(worker);
    this.#policy.looked(found);
    if (found) this.#passOn();
    return found;
  }

  /**
   * This worker was woken, or has found work as it was about to sleep. A publisher may have left it to this one to wake another
   * for what it does not take itself: the calls that it takes may last for ever.
   */
  #passOn(): void {
    const { parking } = this.#board;
    if (this.#board.offered > (this.#lane.ready ? 0 : 1)) parking.wakeForWork();
  }

  #endIdling(): void {
    this.#policy.observe(performance.now() - this.#idleSince, this.#runner.woke);
    this.#idleSince = 0;
  }

  /** I2. False if there is work after all. */
  #park(): boolean {
    const { parking } = this.#board;
    const { worker } = this.#options;
    const ticket = parking.prepareSleep(worker);
    if (this.#workReady()) {
      this.#stayAwake();
      return false;
    }
    if (!this.#listening) {
      const outcome = parking.waitAsync(worker, ticket);
      if (typeof outcome === "string") {
        this.#stayAwake();
        return false;
      }
      this.#listening = true;
      void outcome.then(this.#onBell);
    }
    this.#state = "parked";
    this.#begun = 0;
    this.#policy.slept();
    return true;
  }
}

/** What this thread holds, in bytes: its objects, and the buffers that belong to them. */
function usedMemory(): number {
  const { used_heap_size: objects, external_memory: buffers } = getHeapStatistics();
  return objects + buffers;
}
