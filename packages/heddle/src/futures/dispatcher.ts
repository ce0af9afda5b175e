/**
 * The owner's side of a pool: puts calls on the board, and settles their futures.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { functionTable } from "../portable/index.ts";
import { NotLoadedError, type WireHooks } from "../wire/index.ts";
import { Board } from "./board.ts";
import { type Call, Calls, type CallOwner } from "./calls.ts";
import { Crew, type CrewOptions, type CrewOwner } from "./crew.ts";
import { BrokenExecutorError, ExecutorShutdownError, QueueFullError, type WorkerEnd } from "./errors.ts";
import { Fifo } from "./fifo.ts";
import { cancelledFuture, fulfil, Future, reject, rejectedFuture } from "./future.ts";
import { ParcelStore } from "./parcels.ts";
import { Payloads } from "./payload.ts";
import { type Finisher, Poller } from "./poller.ts";
import {
  CLAIMED,
  FAILED,
  FLAGS,
  FUNCTION,
  HELD,
  NEXT,
  pinned,
  READY,
  SEQUENCE,
  SERIAL,
  SIDE_ITEMS,
  STATE,
  TIMED,
} from "./slot.ts";
import { SubmissionSites, tellSite } from "./submission-sites.ts";
import { limitRun, linkSignal } from "./task-limits.ts";
import type { TaskOptions } from "./task-options.ts";

const NO_ITEMS: readonly unknown[] = [];

export interface DispatcherOptions extends CrewOptions {
  maxQueued: number;
  initializer: (() => unknown) | undefined;
}

export interface DispatcherStatistics {
  workers: number;
  queued: number;
  running: number;
  fulfilled: number;
  rejected: number;
  cancelled: number;
}

export class Dispatcher implements CallOwner, CrewOwner, Finisher {
  readonly #options: DispatcherOptions;
  readonly #heap: Heap;
  readonly #hooks: WireHooks;
  readonly #board: Board;
  readonly #payloads: Payloads;
  readonly #calls: Calls;
  readonly #crew: Crew;
  readonly #poller: Poller;
  /** Calls that the ring has no room for, oldest first. Hints, as those in the ring. */
  readonly #overflow = new Fifo<Call>();
  /** Calls with side items that wait for a worker to be free, oldest first. */
  readonly #held = new Fifo<{ call: Call; sequence: number }>();
  readonly #parcels = new ParcelStore();
  readonly #sites = new SubmissionSites();
  #fulfilled = 0;
  #rejected = 0;
  #cancelled = 0;
  #shutDown = false;
  #brokenBy: WorkerEnd | undefined;
  /** Called when no call is under way any more. */
  #onIdle: (() => void)[] = [];

  constructor(heap: Heap, options: DispatcherOptions) {
    this.#heap = heap;
    this.#options = options;
    this.#hooks = functionTable();
    this.#board = Board.create(heap, options.maxWorkers);
    this.#payloads = new Payloads(heap, this.#hooks);
    this.#calls = new Calls(heap, this.#payloads, this);
    this.#crew = new Crew(options, this.#board.location, this);
    this.#poller = new Poller(heap, this.#board.done, this);
  }

  get active(): number {
    return this.#calls.active;
  }

  get crew(): Crew {
    return this.#crew;
  }

  /**
   * Sends a call on its way. What cannot travel rejects the future; what is wrong with the executor throws.
   *
   * @param worker - The only one that may run it; -1 for any.
   */
  submit(fn: Function, args: readonly unknown[], options: TaskOptions, worker: number): Future<unknown> {
    this.#checkOpen();
    if (options.signal?.aborted) {
      this.#cancelled++;
      return cancelledFuture(options.signal.reason);
    }
    if (this.#crew.size < this.#options.maxWorkers) this.#crew.ensure(this.#calls.active + 1);
    return this.#send(fn, args, options, worker);
  }

  #send(fn: Function, args: readonly unknown[], options: TaskOptions, worker: number): Future<unknown> {
    const call = this.#calls.take();
    const slot = call.address;
    let flags = options.timeoutMs === undefined ? 0 : TIMED;
    try {
      const { address, serial } = this.#hooks.publishFunction(fn, "fn");
      this.#heap.poke(slot + FUNCTION, address | 0);
      this.#heap.poke(slot + SERIAL, serial | 0);
      const side = this.#payloads.write(slot, args, "args");
      if (side !== undefined) {
        flags |= SIDE_ITEMS;
        const parcel = { sequence: call.sequence, items: side.items };
        if (worker < 0) worker = this.#idleWorker();
        if (worker < 0) this.#parcels.put(parcel, side.transferList);
        else this.#crew.post(worker, parcel, side.transferList);
      }
    } catch (error) {
      this.#calls.recycle(call);
      this.#rejected++;
      return rejectedFuture(error);
    }
    this.#heap.poke(slot + FLAGS, flags);
    this.#heap.poke(slot + SEQUENCE, call.sequence);
    const future = new Future<unknown>(call);
    call.future = future;
    call.fn = fn;
    call.site = this.#sites.of(fn);
    call.name = options.name;
    if (options.signal !== undefined) linkSignal(call, options.signal);
    if (options.timeoutMs !== undefined) limitRun(call, options.timeoutMs);
    const woke = (flags & SIDE_ITEMS) !== 0 && worker < 0 ? this.#hold(call) : this.#publish(call, worker);
    this.#poller.kick(woke);
    return future;
  }

  /** Resolves when no call is under way. */
  idle(): Promise<void> {
    if (this.active === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /** Takes no more calls. Those under way go on. */
  close(): void {
    this.#shutDown = true;
  }

  /** Cancels every call that no worker has claimed. */
  cancelPending(): void {
    const reason = new DOMException(
      `Executor ${this.#options.name} was shut down before this task began`,
      "AbortError",
    );
    for (const call of this.#calls) call.cancel(reason, Infinity);
  }

  /** Ends the workers, after {@link idle}, and gives the memory back. */
  async stop(): Promise<void> {
    await this.#crew.stop();
    this.#poller.close();
    this.#parcels.close();
    this.#calls.free();
    this.#board.free();
  }

  statistics(): DispatcherStatistics {
    let running = 0;
    for (const call of this.#calls) if (call.isRunning()) running++;
    return {
      workers: this.#crew.size,
      queued: this.active - running,
      running,
      fulfilled: this.#fulfilled,
      rejected: this.#rejected,
      cancelled: this.#cancelled,
    };
  }

  finish(firstSlot: number): void {
    for (let slot = firstSlot; slot !== 0;) {
      const next = this.#heap.peek(slot + NEXT) >>> 0;
      const call = this.#calls.at(slot);
      const { worker } = call;
      this.#finishCall(call);
      if (this.#held.size > 0 && worker >= 0) this.#serveHeld(worker);
      slot = next;
    }
    this.#feed();
    this.#noteIdle();
  }

  workerStarted(worker: number): void {
    const { initializer } = this.#options;
    if (initializer === undefined) return;
    this.#send(initializer, [], { name: "initializer" }, worker).addDoneCallback((future) => {
      void future.exception().then(
        (cause) => cause !== undefined && this.broken({ worker: this.#crew.nameOf(worker), cause }),
        () => {},
      );
    });
  }

  workerReady(worker: number): void {
    this.#serveHeld(worker);
  }

  endWorker(worker: number, cause: unknown): void {
    this.#crew.end(worker, cause);
  }

  withdrawn(call: Call): void {
    this.#cancelled++;
    this.#calls.recycle(call);
    this.#unblockHeld();
    this.#noteIdle();
  }

  workerEnded(worker: number, end: WorkerEnd): void {
    this.#poller.drain();
    this.#board.lane(worker).takeAll();
    this.#board.parking.forget(worker);
    for (const call of this.#calls) {
      if (!call.arrived && (call.worker === worker || call.pinnedTo === worker)) this.#break(call, end);
    }
    if (this.active > 0 && this.#brokenBy === undefined) {
      this.#crew.ensure(this.active);
      this.#board.parking.wakeForWork();
      this.#unblockHeld();
    }
    this.#noteIdle();
  }

  broken(end: WorkerEnd): void {
    this.#brokenBy = end;
    this.#crew.close();
    for (const call of this.#calls) {
      if (!call.isRunning()) this.#break(call, end);
    }
    this.#noteIdle();
  }

  /** No worker will finish this call. */
  #break(call: Call, end: WorkerEnd): void {
    const error = new BrokenExecutorError(call.taskName, end);
    if (call.future!.done) this.withdrawn(call);
    else this.#settle(call, error, true);
  }

  /** Gives whether a worker had to be woken. */
  #publish(call: Call, worker: number): boolean {
    const { heap, ring, parking } = this.#board;
    if (worker >= 0) {
      this.#calls.pin(call, worker);
      heap.store(call.address + STATE, pinned(worker));
      this.#board.lane(worker).push(call.address);
      return parking.wake(worker);
    }
    heap.store(call.address + STATE, READY);
    if (this.#overflow.size === 0 && ring.publish(call.address)) return parking.wakeForWork();
    this.#overflow.push(call);
    return false;
  }

  #hold(call: Call): boolean {
    this.#heap.store(call.address + STATE, HELD);
    this.#held.push({ call, sequence: call.sequence });
    this.#unblockHeld();
    return false;
  }

  /** Held calls are served when others end. When none is left that could, a worker gets one at once. */
  #unblockHeld(): void {
    if (this.#held.size === 0 || this.active > this.#held.size) return;
    for (const worker of this.#crew) return this.#serveHeld(worker);
  }

  /** Gives a worker the oldest of the calls that are held, as many as it can begin. */
  #serveHeld(worker: number): void {
    if (!this.#crew.has(worker)) return;
    while (this.#calls.pinnedTo(worker) < this.#options.concurrency) {
      const held = this.#held.shift();
      if (held === undefined) return;
      const { call, sequence } = held;
      const { parcel, transferList } = this.#parcels.take(sequence);
      if (call.sequence !== sequence || this.#heap.load(call.address + STATE) !== HELD) continue;
      this.#crew.post(worker, parcel, transferList);
      this.#publish(call, worker);
    }
  }

  /** Moves calls from the overflow to the ring. */
  #feed(): void {
    if (this.#overflow.size === 0) return;
    const { heap, ring, parking } = this.#board;
    for (let call = this.#overflow.peek(); call !== undefined; call = this.#overflow.peek()) {
      if (heap.load(call.address + STATE) === READY && !ring.publish(call.address)) break;
      this.#overflow.shift();
    }
    parking.wakeForWork();
  }

  #finishCall(call: Call): void {
    const heap = this.#heap;
    const slot = call.address;
    const flags = heap.peek(slot + FLAGS);
    const future = call.future!;
    if ((heap.load(slot + STATE) & CLAIMED) !== CLAIMED) return this.withdrawn(call);
    const items = (flags & SIDE_ITEMS) === 0 ? NO_ITEMS : this.#crew.receive(call.worker, call.sequence);
    if (future.done) {
      this.#cancelled++;
      return this.#calls.recycle(call);
    }
    let value: unknown;
    try {
      value = this.#payloads.read(slot, items);
    } catch (error) {
      if (error instanceof NotLoadedError) return this.#finishLater(call, error.ready, items);
      this.#settle(call, error, true);
      return;
    }
    this.#settle(call, value, (flags & FAILED) !== 0);
  }

  #settle(call: Call, outcome: unknown, failed: boolean): void {
    const future = call.future!;
    const site = call.site!;
    this.#calls.recycle(call);
    if (failed) {
      this.#rejected++;
      tellSite(outcome, site);
      reject(future, outcome);
    } else {
      this.#fulfilled++;
      fulfil(future, outcome);
    }
  }

  /** The result refers to modules that this thread has yet to import. */
  #finishLater(call: Call, ready: Promise<unknown>, items: readonly unknown[]): void {
    call.arrived = true;
    const failed = (this.#heap.peek(call.address + FLAGS) & FAILED) !== 0;
    void ready
      .then(() => this.#payloads.read(call.address, items))
      .then(
        (value) => this.#settle(call, value, failed),
        (error: unknown) => {
          if (error instanceof NotLoadedError) this.#finishLater(call, error.ready, items);
          else this.#settle(call, error, true);
        },
      )
      .finally(() => this.#noteIdle());
  }

  /** A worker that could begin a call now; -1 for none. */
  #idleWorker(): number {
    const { parking } = this.#board;
    for (const worker of this.#crew) {
      const idle = parking.isAsleep(worker) || parking.isSpinning(worker) || this.#crew.isStarting(worker);
      if (idle && this.#calls.pinnedTo(worker) < this.#options.concurrency) return worker;
    }
    return -1;
  }

  #checkOpen(): void {
    const { name, maxQueued } = this.#options;
    if (this.#shutDown) throw new ExecutorShutdownError(name);
    if (this.#brokenBy !== undefined) throw new BrokenExecutorError("to be submitted", this.#brokenBy);
    if (maxQueued !== Infinity && this.statistics().queued >= maxQueued)
      throw new QueueFullError(name, maxQueued);
  }

  #noteIdle(): void {
    if (this.active > 0) return;
    const waiting = this.#onIdle;
    this.#onIdle = [];
    for (const resolve of waiting) resolve();
  }
}
