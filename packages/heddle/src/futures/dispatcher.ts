/**
 * The owner's side of a pool: puts calls on the board, and settles their futures.
 *
 * @packageDocumentation
 */
import type { Heap } from "#heap";
import { functionTable } from "../portable/index.ts";
import { currentContext } from "../scopes/index.ts";
import { NotLoadedError, type WireHooks } from "../wire/index.ts";
import { Board } from "./board.ts";
import { type Call, Calls, type CallOwner } from "./calls.ts";
import { Crew, type CrewOptions, type CrewOwner } from "./crew.ts";
import { carriedAlong, ofVariable } from "./call-context.ts";
import {
  BrokenExecutorError,
  ExecutorShutdownError,
  QueueFullError,
  shutDownReason,
  type WorkerEnd,
} from "./errors.ts";
import type { ExecutorStatistics } from "./executor.ts";
import { Fifo } from "./fifo.ts";
import { HeldCalls } from "./held-calls.ts";
import { idleWorker } from "./idle-worker.ts";
import { IdleWatch, type IdleWatchOptions } from "./idle-watch.ts";
import { cancelledFuture, fulfil, Future, reject, rejectedFuture } from "./future.ts";
import { Payloads } from "./payload.ts";
import { type Finisher, Poller } from "./poller.ts";
import {
  CARRIES,
  FAILED,
  FINISHED,
  FLAGS,
  FUNCTION,
  HELD,
  NEXT,
  PINNED,
  pinned,
  READY,
  SEQUENCE,
  SERIAL,
  SIDE_ITEMS,
  STATE,
  STOP,
  TIMED,
  WITHDRAWN,
} from "./slot.ts";
import { SubmissionSites, tellSite } from "./submission-sites.ts";
import { limitRun, linkScope, linkSignal } from "./task-limits.ts";
import type { TaskOptions } from "./task-options.ts";
import { throwIfEnded } from "./wait-limits.ts";

const NO_ITEMS: readonly unknown[] = [];

export interface DispatcherOptions extends CrewOptions, IdleWatchOptions {
  maxQueued: number;
  initializer: (() => unknown) | undefined;
}

export class Dispatcher implements CallOwner, CrewOwner, Finisher {
  readonly #options: DispatcherOptions;
  readonly #heap: Heap;
  readonly #hooks: WireHooks;
  readonly #board: Board;
  readonly #payloads: Payloads;
  readonly #calls: Calls;
  readonly #crew: Crew;
  readonly #idleWatch: IdleWatch;
  readonly #poller: Poller;
  /** Calls that the ring has no room for, oldest first. Hints, as those in the ring. */
  readonly #overflow = new Fifo<Call>();
  readonly #held = new HeldCalls();
  readonly #sites = new SubmissionSites();
  #fulfilled = 0;
  #rejected = 0;
  #cancelled = 0;
  #shutDown = false;
  /** Work that was begun before the shutdown, and may submit more calls. */
  #begun = 0;
  #brokenBy: WorkerEnd | undefined;
  /** Called when no call is under way any more. */
  #onIdle: (() => void)[] = [];

  constructor(heap: Heap, options: DispatcherOptions) {
    this.#heap = heap;
    this.#options = options;
    this.#hooks = functionTable();
    // One that leaves keeps its number until it has gone.
    const canLeave = Math.min(options.idleTimeoutMs, options.maxTasks, options.maxMemoryBytes) < Infinity;
    this.#board = Board.create(heap, options.maxWorkers * (canLeave ? 2 : 1));
    this.#payloads = new Payloads(heap, this.#hooks);
    this.#calls = new Calls(heap, this.#payloads, this);
    this.#crew = new Crew(options, this.#board.location, this);
    this.#idleWatch = new IdleWatch(options, this.#crew, (worker) => this.#isIdle(worker));
    this.#poller = new Poller(heap, this.#board.done, this);
  }

  get awaited(): number {
    return this.#calls.awaited;
  }

  get crew(): Crew {
    return this.#crew;
  }

  /**
   * Sends a call on its way. What cannot travel rejects the future; what is wrong with the executor throws.
   *
   * @param begun - The call is part of work that was begun before: neither a shutdown nor a full queue keeps it out.
   */
  submit(fn: Function, args: readonly unknown[], options: TaskOptions, begun: boolean): Future<unknown> {
    this.#checkWorking();
    if (!begun) this.#checkRoom();
    if (options.signal?.aborted) {
      this.#cancelled++;
      return cancelledFuture(options.signal.reason);
    }
    const { scope } = currentContext();
    if (scope?.isCancelled === true) {
      this.#cancelled++;
      return cancelledFuture(scope.reason);
    }
    if (this.#crew.size < this.#options.maxWorkers) this.#crew.ensure(this.#calls.active + 1);
    return this.#send(fn, args, options, -1);
  }

  /** Sends a call to every worker, when all have been started. */
  broadcast(fn: Function, args: readonly unknown[], options: TaskOptions): Future<unknown>[] {
    this.#checkOpen();
    this.#checkWorking();
    throwIfEnded(options);
    this.#crew.ensure(this.#options.maxWorkers);
    return Array.from(this.#crew, (worker) => this.#send(fn, args, options, worker));
  }

  /**
   * Begins work that will submit more calls. A shutdown waits until it is ended by what this gives.
   *
   * @throws `ExecutorShutdownError` when the executor takes no new work.
   */
  begin(): () => void {
    this.#checkOpen();
    this.#begun++;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#begun--;
      this.#noteIdle();
    };
  }

  /** @param worker - The only one that may run it; -1 for any. */
  #send(fn: Function, args: readonly unknown[], options: TaskOptions, worker: number): Future<unknown> {
    const call = this.#calls.take();
    const slot = call.address;
    let flags = options.timeoutMs === undefined ? 0 : TIMED;
    const carried = carriedAlong(options);
    try {
      const record = this.#hooks.publishFunction(fn, "fn");
      this.#heap.poke(slot + FUNCTION, record.address | 0);
      this.#heap.poke(slot + SERIAL, record.serial | 0);
      call.record = record;
      const sent = carried === undefined ? args : [...args, carried];
      if (carried !== undefined) flags |= CARRIES;
      const side = this.#payloads.writeArguments(slot, sent);
      if (side !== undefined) {
        // Others are not held: bursts of short-lived arrays would outlive their generation.
        call.args = sent;
        flags |= SIDE_ITEMS;
        const parcel = { sequence: call.sequence, items: side.items };
        if (worker < 0) worker = idleWorker(this.#board, this.#crew, this.#calls, this.#options.concurrency);
        if (worker < 0) this.#held.keep(parcel, side.transferList);
        else this.#crew.post(worker, parcel, side.transferList);
      }
    } catch (error) {
      this.#calls.recycle(call);
      this.#rejected++;
      tellSite(error, this.#sites.of(fn));
      return rejectedFuture(carried === undefined ? error : ofVariable(error, args.length, carried));
    }
    this.#heap.poke(slot + FLAGS, flags);
    this.#heap.poke(slot + STOP, 0);
    this.#heap.poke(slot + SEQUENCE, call.sequence);
    const future = new Future<unknown>(call);
    call.future = future;
    call.fn = fn;
    call.cargo = this.#payloads.takeCargo();
    call.site = this.#sites.of(fn);
    call.name = options.name;
    const { scope } = currentContext();
    if (scope !== undefined) linkScope(call, scope);
    if (options.signal !== undefined) linkSignal(call, options.signal);
    if (options.timeoutMs !== undefined) limitRun(call, options.timeoutMs);
    const woke = (flags & SIDE_ITEMS) !== 0 && worker < 0 ? this.#hold(call) : this.#publish(call, worker);
    this.#poller.kick(woke);
    return future;
  }

  /** Resolves when no call is under way that somebody waits for, nor work that will submit more. */
  idle(): Promise<void> {
    if (this.awaited === 0 && this.#begun === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /** Takes no new work. What is under way goes on. */
  close(): void {
    this.#shutDown = true;
  }

  /** Cancels every call that no worker has claimed. */
  cancelPending(): void {
    const reason = shutDownReason(this.#options.name);
    for (const call of this.#calls) call.future!.cancel(reason);
  }

  /** Ends the workers, after {@link idle}, and gives the memory back. */
  async stop(): Promise<void> {
    this.#idleWatch.end();
    await this.#crew.stop();
    this.#poller.close();
    this.#held.close();
    this.#calls.free();
    this.#board.free();
  }

  statistics(): ExecutorStatistics {
    const { running } = this.#calls;
    return {
      workers: this.#crew.size,
      queued: this.#calls.active - running,
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
      if (call.kind === WITHDRAWN) this.withdrawn(call);
      else if (call.kind === FINISHED) this.#finishCall(call);
      else this.#sendParcel(call);
      this.#idleWatch.noteBusy(worker);
      this.#serveHeld(worker);
      slot = next;
    }
    this.#feed();
    this.#noteIdle();
  }

  workerStarted(worker: number): void {
    const { initializer } = this.#options;
    if (initializer === undefined) return;
    // Its worker ends when this fails: the pool has to know before that why.
    void this.#send(initializer, [], { name: "initializer" }, worker).then(undefined, (cause: unknown) =>
      this.broken({ worker: this.#crew.nameOf(worker), cause }),
    );
  }

  workerReady(worker: number): void {
    this.#idleWatch.begin();
    this.#serveHeld(worker);
  }

  workerRetires(): void {
    this.#crew.ensure(Math.max(this.#options.minWorkers, this.#calls.active));
  }

  endWorker(worker: number, cause: unknown): void {
    this.#crew.end(worker, cause);
  }

  nameOf(worker: number): string {
    return this.#crew.nameOf(worker);
  }

  runsAwaited(worker: number): boolean {
    return this.#calls.runsAwaited(worker);
  }

  /** Its future has settled, and nobody has its slot any more. */
  withdrawn(call: Call): void {
    if (call.future!.state === "rejected") this.#rejected++;
    else this.#cancelled++;
    this.#held.drop(call);
    this.#calls.recycle(call);
    this.#unblockHeld();
    this.#noteIdle();
  }

  abandoned(): void {
    this.#calls.countAbandoned();
    this.#noteIdle();
  }

  workerEnding(worker: number): void {
    this.#poller.drain();
    // What it finished without living to hand it over.
    for (const call of this.#calls) {
      if (!call.arrived && call.kind === FINISHED && call.worker === worker) this.#finishCall(call);
    }
  }

  workerEnded(worker: number, end: WorkerEnd, left: boolean): void {
    this.#board.lane(worker).takeAll();
    this.#board.parking.forget(worker);
    for (const call of this.#calls) {
      const began = call.isClaimed && call.worker === worker;
      const lost = call.pinnedTo === worker && (call.kind === PINNED || call.kind === WITHDRAWN);
      if (!began && !lost) continue;
      if (call.hasParcelHere && !call.future!.done && this.#brokenBy === undefined) {
        // Its body never began, and nothing of it has left.
        this.#calls.unpin(call);
        this.#hold(call);
        continue;
      }
      if (call.future!.done) this.withdrawn(call);
      else if (call.mayBeGivenAgain && this.#brokenBy === undefined) {
        call.giveAgain();
        this.#publish(call, -1);
      } else {
        const what = { task: call.taskName, began: began && !call.isBeingPrepared };
        this.#settle(call, new BrokenExecutorError(what, this.#brokenBy ?? end), true);
      }
    }
    const isMissed = left ? this.#board.ring.size + this.#held.size > 0 : this.#calls.active > 0;
    if (isMissed && this.#brokenBy === undefined) {
      this.#crew.ensure(this.#calls.active);
      this.#board.parking.wakeForWork();
      this.#unblockHeld();
    }
    this.#noteIdle();
  }

  broken(end: WorkerEnd): void {
    if (this.#brokenBy !== undefined) return;
    this.#brokenBy = end;
    this.#crew.close();
    for (const call of this.#calls)
      call.fail(new BrokenExecutorError({ task: call.taskName, began: false }, end));
    this.#noteIdle();
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
    this.#held.hold(call);
    this.#unblockHeld();
    return false;
  }

  /** Held calls are served when others end. When none is left that could, a worker gets one at once. */
  #unblockHeld(): void {
    if (this.#held.size === 0 || this.#calls.active > this.#held.size) return;
    for (const worker of this.#crew) {
      if (!this.#crew.isReady(worker)) continue;
      this.#serveHeld(worker);
      return;
    }
  }

  /** Gives a worker the oldest of the calls that are held, as many as it can begin. What belongs to them stays here. */
  #serveHeld(worker: number): void {
    if (!this.#crew.takesWork(worker)) return;
    while (this.#held.size > 0 && this.#calls.pinnedTo(worker) < this.#options.concurrency) {
      this.#publish(this.#held.next()!, worker);
    }
  }

  /** A worker has claimed a call and asks for what belongs to it. */
  #sendParcel(call: Call): void {
    if (!call.hasParcelHere || !this.#crew.has(call.worker)) return;
    const { parcel, transferList } = this.#held.takeParcel(call);
    this.#crew.post(call.worker, parcel, transferList);
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
    const flags = this.#heap.peek(call.address + FLAGS);
    const items = (flags & SIDE_ITEMS) === 0 ? NO_ITEMS : this.#crew.receive(call.worker, call.sequence);
    if (call.future!.done) this.withdrawn(call);
    else this.#deliver(call, items);
  }

  /** Decodes a result and settles the future with it, when the modules that it refers to have been imported. */
  #deliver(call: Call, items: readonly unknown[]): void {
    const failed = (this.#heap.peek(call.address + FLAGS) & FAILED) !== 0;
    let value: unknown;
    try {
      value = this.#payloads.read(call.address, items);
    } catch (error) {
      if (!(error instanceof NotLoadedError)) return this.#settle(call, error, true);
      call.arrived = true;
      const again = (): void => {
        if (call.future!.done) this.withdrawn(call);
        else this.#deliver(call, items);
        this.#noteIdle();
      };
      void error.ready.then(again, again);
      return;
    }
    this.#settle(call, value, failed);
  }

  #settle(call: Call, outcome: unknown, failed: boolean): void {
    const future = call.future!;
    const { site } = call;
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

  /** Whether a worker has nothing to do, now and as far as is known. */
  #isIdle(worker: number): boolean {
    const { parking, ring } = this.#board;
    const waiting = ring.size + this.#held.size + this.#calls.pinnedTo(worker);
    return waiting === 0 && parking.isAsleep(worker) && !this.runsAwaited(worker);
  }

  #checkOpen(): void {
    if (this.#shutDown) throw new ExecutorShutdownError(this.#options.name);
  }

  #checkWorking(): void {
    const { name } = this.#options;
    if (this.#brokenBy !== undefined) throw new BrokenExecutorError({ executor: name }, this.#brokenBy);
  }

  /** As many calls as can run at once do not count as queued, whether or not their workers have begun them. */
  #checkRoom(): void {
    this.#checkOpen();
    const { name, maxWorkers, concurrency, maxQueued } = this.#options;
    if (this.#calls.active >= maxWorkers * concurrency + maxQueued) throw new QueueFullError(name, maxQueued);
  }

  #noteIdle(): void {
    if (this.awaited > 0) return;
    this.#poller.rest();
    if (this.#begun > 0) return;
    const waiting = this.#onIdle;
    this.#onIdle = [];
    for (const resolve of waiting) resolve();
  }
}
