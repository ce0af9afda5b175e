/**
 * The owner's side of a pool: takes calls in, and sees to it that each comes to an end, whatever its worker does.
 *
 * @packageDocumentation
 */
import type { JoinedHeap } from "#heap";
import { functionTableIn } from "../../portable/index.ts";
import { currentContext, LONGEST_DELAY_MS } from "../../scopes/index.ts";
import { Board } from "../board/board.ts";
import type { Call, CallOwner } from "./call.ts";
import { CallQueue } from "./call-queue.ts";
import { CallSender } from "./call-sender.ts";
import { CallCounts, CallSettler, type SettlerOwner } from "./call-settler.ts";
import { Calls } from "./calls.ts";
import { Crew, type CrewOptions, type CrewOwner } from "./crew.ts";
import {
  BrokenExecutorError,
  ExecutorShutdownError,
  QueueFullError,
  shutDownReason,
  type WorkerEnd,
} from "../errors.ts";
import type { ExecutorStatistics } from "../executor.ts";
import { IdleWatch, type IdleWatchOptions } from "./idle-watch.ts";
import { cancelledFuture, type Future } from "../future.ts";
import { Observer } from "../observe/observer.ts";
import { Payloads } from "../board/payload.ts";
import { type Finisher, Poller } from "./poller.ts";
import { FINISHED, FLAGS, kindOf, NEXT, PINNED, STATE, STREAMS, WITHDRAWN, workerOf } from "../board/slot.ts";
import { Stragglers } from "./stragglers.ts";
import { StreamLinks, type StreamOwner } from "../streams/stream-link.ts";
import { StreamWatch } from "../streams/stream-watch.ts";
import { Room } from "../room.ts";
import { delayFor } from "../timers.ts";
import type { WaitOptions } from "../wait-options.ts";
import type { TaskOptions } from "../task-options.ts";
import { throwIfEnded } from "../wait-limits.ts";

/** After so many workers that ended by themselves, and no new call, others are started only for the work that there is. */
const MAX_IDLE_DEATHS = 3;

export interface DispatcherOptions extends CrewOptions, IdleWatchOptions {
  maxQueued: number;
  measure: boolean;
  /** Only calls that somebody waits for keep the program alive. */
  isBackground: boolean;
  initializer: (() => unknown) | undefined;
}

export class Dispatcher implements CallOwner, CrewOwner, Finisher, SettlerOwner, StreamOwner {
  readonly #options: DispatcherOptions;
  readonly #heap: JoinedHeap;
  readonly #board: Board;
  readonly #calls: Calls;
  readonly #crew: Crew;
  readonly #queue: CallQueue;
  readonly #sender: CallSender;
  readonly #settler: CallSettler;
  readonly #streams: StreamLinks;
  readonly #streamWatch: StreamWatch;
  readonly #stragglers: Stragglers;
  readonly #idleWatch: IdleWatch;
  readonly #poller: Poller;
  readonly #counts = new CallCounts();
  readonly #observer: Observer;
  #shutDown = false;
  /** Its workers are told to leave. */
  #isStopping = false;
  /** Work that was begun before the shutdown, and may submit more calls. */
  #begun = 0;
  /** Workers that have ended by themselves since a call was last submitted. */
  #idleDeaths = 0;
  #brokenBy: WorkerEnd | undefined;
  /** Why all calls are cancelled, the future ones included. */
  #cancelledBy: unknown;
  readonly #room = new Room(
    () => this.#limit() - this.#calls.active,
    () => {
      this.#checkOpen();
      this.#checkWorking();
    },
  );
  /** Workers with calls that were asked to stop, until they are told. */
  readonly #toTell = new Set<number>();
  /** Called when no call is under way any more. */
  #onIdle: (() => void)[] = [];

  constructor(heap: JoinedHeap, options: DispatcherOptions) {
    this.#heap = heap;
    this.#options = options;
    this.#observer = new Observer(options.name, options.measure);
    const hooks = functionTableIn(heap);
    // One that leaves keeps its number until it has gone.
    this.#board = Board.create(heap, 2 * options.maxWorkers);
    const payloads = new Payloads(heap, hooks, () => this.#queue.hasIdle);
    const counts = this.#counts;
    const calls = (this.#calls = new Calls(heap, payloads, this));
    const crew = (this.#crew = new Crew(options, this.#board.location, this));
    const queue = (this.#queue = new CallQueue(this.#board, calls, crew, options));
    const poller = (this.#poller = new Poller(heap, this.#board.done, this));
    this.#sender = new CallSender(heap, hooks, payloads, calls, queue, poller, counts);
    this.#settler = new CallSettler(heap, payloads, calls, crew, counts, this);
    this.#streamWatch = new StreamWatch(options.name);
    this.#streams = new StreamLinks(heap, payloads, calls, crew, this.#streamWatch, this);
    this.#stragglers = new Stragglers(calls, crew, () => this.workerRetires());
    this.#idleWatch = new IdleWatch(options, crew, (worker) => this.#isIdle(worker));
  }

  get awaited(): number {
    return this.#calls.awaited;
  }

  get keepsProgram(): boolean {
    return !this.#options.isBackground || this.#calls.asked > 0;
  }

  woke(): void {
    this.#board.ownerCore = this.#heap.core;
  }

  asked(call: Call): void {
    if (!this.#options.isBackground) return;
    this.#calls.setAsked(call, true);
    this.#poller.noteKept();
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
    if (this.#cancelledBy !== undefined) return cancelledFuture(this.#cancelledBy);
    if (options.signal?.aborted) {
      this.#counts.cancelled++;
      return cancelledFuture(options.signal.reason);
    }
    const { scope } = currentContext();
    if (scope?.isCancelled === true) {
      this.#counts.cancelled++;
      return cancelledFuture(scope.reason);
    }
    this.#idleDeaths = 0;
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

  /** Resolves when no call is under way that somebody waits for, nor work that will submit more. */
  idle(): Promise<void> {
    if (this.awaited === 0 && this.#begun === 0 && this.#streamWatch.size === 0) return Promise.resolve();
    this.#streamWatch.endUnread();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  /** Resolves when another call would be taken. */
  ready(options: WaitOptions | undefined): Promise<void> {
    return this.#room.wait(options);
  }

  /** Takes no new work. What is under way goes on. */
  close(): void {
    this.#shutDown = true;
    this.#room.note();
  }

  /** Cancels every call: those that run may go on for so long after they were told to stop. What is begun finds its calls cancelled. */
  cancelAll(graceMs: number): void {
    const reason = (this.#cancelledBy ??= shutDownReason(this.#options.name));
    for (const call of this.#calls) call.future!.cancel(reason);
    const endAll = (): void => {
      // All first, so that none is spared for another.
      for (const grace of [LONGEST_DELAY_MS, 0])
        for (const call of this.#calls) call.future!.cancel(reason, { graceMs: grace });
    };
    if (graceMs === 0) return endAll();
    const timer = setTimeout(endAll, delayFor(graceMs));
    this.#onIdle.push(() => clearTimeout(timer));
  }

  /** Cancels every call that no worker has claimed. */
  cancelPending(): void {
    const reason = shutDownReason(this.#options.name);
    for (const call of this.#calls) call.leaveQueue(reason);
  }

  /** Ends the workers, after {@link idle}, and gives the memory back. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#idleWatch.end();
    await this.#crew.stop();
    this.#poller.close();
    this.#queue.close();
    this.#calls.free();
    this.#board.free();
  }

  statistics(): ExecutorStatistics {
    const { running } = this.#calls;
    const { functions } = this.#observer;
    return {
      workers: this.#crew.size,
      queued: this.#calls.active - running,
      running,
      fulfilled: this.#counts.fulfilled,
      rejected: this.#counts.rejected,
      cancelled: this.#counts.cancelled,
      ...(functions && { functions }),
    };
  }

  finish(firstSlot: number): void {
    for (let slot = firstSlot; slot !== 0;) {
      const next = this.#heap.peek(slot + NEXT) >>> 0;
      const call = this.#calls.at(slot);
      const state = this.#heap.peek(slot + STATE);
      const kind = kindOf(state);
      if (kind === WITHDRAWN) this.withdrawn(call);
      else if (kind === FINISHED) this.#settler.finish(call);
      else if ((this.#heap.peek(slot + FLAGS) & STREAMS) !== 0) this.#streams.arrived(call);
      else this.#queue.sendParcel(call);
      this.#idleWatch.noteBusy(workerOf(state));
      slot = next;
    }
    this.#queue.feed();
    this.#noteIdle();
  }

  workerStarted(worker: number): void {
    const { initializer } = this.#options;
    if (initializer === undefined) return;
    // Its worker ends when this fails: the pool has to know before that why.
    const failed = (cause: unknown): void =>
      this.broken({ worker: this.#crew.nameOf(worker), cause, inInitializer: true });
    void this.#sender.send(initializer, [], { name: "initializer" }, worker).then(undefined, failed);
  }

  workerReady(worker: number): void {
    this.#observer.workerUp(this.#crew.nameOf(worker));
    this.#idleWatch.begin();
  }

  workerRetires(): void {
    this.#crew.ensure(Math.max(this.#leastWorkers(), this.#calls.active));
  }

  outstayed(call: Call, cause: unknown): void {
    this.#stragglers.add(call, cause);
  }

  askedToStop(worker: number): void {
    if (this.#toTell.size === 0) queueMicrotask(() => this.#tellToHear());
    this.#toTell.add(worker);
  }

  #tellToHear(): void {
    for (const worker of this.#toTell) this.#crew.tellToHear(worker);
    this.#toTell.clear();
  }

  nameOf(worker: number): string {
    return this.#crew.nameOf(worker);
  }

  /** Its future has settled, and nobody has its slot any more. */
  withdrawn(call: Call): void {
    if (call.future!.state === "rejected") this.#counts.rejected++;
    else this.#counts.cancelled++;
    this.#queue.drop(call);
    this.#calls.recycle(call);
    this.#noteIdle();
  }

  settledLate(): void {
    this.#noteIdle();
  }

  streamAwaited(call: Call, isAwaited: boolean): void {
    this.#calls.setUnread(call, !isAwaited);
    if (this.#options.isBackground) this.#calls.setAsked(call, isAwaited);
    if (isAwaited) this.#poller.kick(false);
    else this.#noteIdle();
  }

  abandoned(): void {
    this.#calls.countAbandoned();
    this.#noteIdle();
  }

  workerEnding(worker: number): void {
    this.#poller.drain();
    // What it finished without living to hand it over.
    for (const call of this.#calls) {
      if (!call.arrived && call.kind === FINISHED && call.worker === worker) this.#settler.finish(call);
    }
  }

  workerEnded(worker: number, end: WorkerEnd, left: boolean): void {
    this.#observer.workerDown(end, left || this.#isStopping);
    this.#board.lane(worker).takeAll();
    this.#board.parking.forget(worker);
    this.#queue.forget(worker);
    this.#stragglers.forget(worker);
    if (!left) this.#idleDeaths++;
    const unbegun: Call[] = [];
    for (const call of this.#calls) {
      const isClaimed = call.isClaimed && call.worker === worker;
      const isPinned = call.pinnedTo === worker && (call.kind === PINNED || call.kind === WITHDRAWN);
      if (!isClaimed && !isPinned) continue;
      if (call.future!.done) this.withdrawn(call);
      else if (this.#brokenBy === undefined && this.#mayBeginElsewhere(call)) unbegun.push(call);
      else this.#break(call, isClaimed && !call.isBeingPrepared, end);
    }
    const isMissed = left ? this.#queue.waiting + unbegun.length > 0 : this.#calls.active > 0;
    if (this.#brokenBy === undefined) {
      this.#crew.ensure(Math.max(this.#leastWorkers(), isMissed ? this.#calls.active : 0));
      if (unbegun.some((call) => call.isBroadcast)) this.#crew.succeed(end.worker);
      if (isMissed) this.#board.parking.wakeForWork();
    }
    const successor = this.#crew.successorOf(end.worker);
    // They are found by their slots.
    unbegun.sort((one, other) => (one.sequence - other.sequence) | 0);
    for (const call of unbegun) this.#beginElsewhere(call, successor, end);
    this.#noteIdle();
  }

  /** Whether a call of a worker that has ended may run on another: its body has not begun, and nothing of it has gone with that worker. */
  #mayBeginElsewhere(call: Call): boolean {
    if (call.hasParcelHere) return true;
    if (call.isClaimed) return call.mayBeGivenAgain;
    // A broadcast is as good for the worker that comes instead. But each has an initializer of its own.
    return call.affinity !== undefined || (!call.hasSideItems && call.fn !== this.#options.initializer);
  }

  /** @param successor - The worker that was started for the one that has ended. */
  #beginElsewhere(call: Call, successor: number, end: WorkerEnd): void {
    let worker = this.#queue.homeOf(call.affinity);
    if (call.isClaimed && !call.hasParcelHere) call.giveAgain();
    if (call.pinnedTo >= 0) {
      if (call.isBroadcast) {
        if (!this.#crew.takesWork(successor)) return this.#break(call, false, end);
        worker = successor;
      }
      this.#calls.unpin(call);
    }
    this.#queue.publish(call, worker);
  }

  /** A call will not be finished, as its worker has ended. */
  #break(call: Call, began: boolean, end: WorkerEnd): void {
    const error = new BrokenExecutorError({ task: call.taskName, began }, this.#brokenBy ?? end);
    this.#queue.drop(call);
    this.#settler.settle(call, error, true);
  }

  /** How many workers there are to be without work. */
  #leastWorkers(): number {
    // Where they end by themselves one after the other, others would, too.
    return this.#shutDown || this.#idleDeaths > MAX_IDLE_DEATHS ? 0 : this.#options.minWorkers;
  }

  broken(end: WorkerEnd): void {
    if (this.#brokenBy !== undefined) return;
    this.#brokenBy = end;
    this.#crew.close();
    for (const call of this.#calls)
      call.fail(new BrokenExecutorError({ task: call.taskName, began: false }, end));
    this.#noteIdle();
  }

  #send(fn: Function, args: readonly unknown[], options: TaskOptions, worker: number): Future<unknown> {
    const observed = this.#observer.observe(fn, options.name);
    if (observed === undefined) return this.#sender.send(fn, args, options, worker);
    return observed.within(() => this.#sender.send(fn, args, options, worker, observed));
  }

  /** Whether a worker has nothing to do, now and as far as is known. */
  #isIdle(worker: number): boolean {
    const waiting = this.#queue.waiting + this.#calls.pinnedTo(worker);
    return waiting === 0 && this.#board.parking.isAsleep(worker) && !this.#calls.runsAwaited(worker);
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
    const { name, maxQueued } = this.#options;
    if (this.#calls.active >= this.#limit()) throw new QueueFullError(name, maxQueued);
    this.#room.taken();
  }

  #limit(): number {
    const { maxWorkers, concurrency, maxQueued } = this.#options;
    return maxWorkers * concurrency + maxQueued;
  }

  #noteIdle(): void {
    this.#room.note();
    if (this.awaited > 0) return;
    this.#poller.rest();
    if (this.#begun > 0 || this.#streamWatch.size > 0) return;
    const waiting = this.#onIdle;
    this.#onIdle = [];
    for (const resolve of waiting) resolve();
  }
}
