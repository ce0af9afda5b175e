/**
 * Calls on the event loop of the thread that makes them.
 *
 * @packageDocumentation
 */
import { currentContext } from "../../scopes/index.ts";
import { checkObject } from "../checks.ts";
import { ExecutorShutdownError, QueueFullError, shutDownReason } from "../errors.ts";
import { defaultName, type ExecutorStatistics, type ShutdownOptions } from "../executor.ts";
import type { ExecutorCore } from "../executor-view.ts";
import { cancelledFuture, type Future } from "../future.ts";
import type { InlineOptions } from "./inline-executor.ts";
import { type InlineOwner, InlineTask } from "./inline-task.ts";
import { Observer } from "../observe/observer.ts";
import { checkPoolOptions } from "../pool/pool-options.ts";
import { Room } from "../room.ts";
import { delayFor } from "../timers.ts";
import type { WaitOptions } from "../wait-options.ts";
import { StreamWatch } from "../streams/stream-watch.ts";
import { TaskLine } from "./task-line.ts";
import type { TaskOptions } from "../task-options.ts";

/** Calls that are quick follow each other for so long before timers and sockets have their turn, in milliseconds. */
const SLICE_MS = 10;

/** The queue behind an executor. */
export class Loop implements ExecutorCore, InlineOwner {
  readonly name: string;
  /** There is one thread. How many asynchronous calls overlap on it is set by `concurrencyPerWorker`. */
  readonly maxWorkers = 1;
  readonly counts = { fulfilled: 0, rejected: 0, cancelled: 0 };
  readonly streams: StreamWatch;
  readonly observer: Observer;
  readonly #maxQueued: number;
  readonly concurrency: number;
  readonly #queue = new TaskLine<InlineTask>();
  #sequence = 0;
  #queued = 0;
  #running = 0;
  #scheduled = false;
  /** Maps under way, which may submit more. */
  #begun = 0;
  #shutDown = false;
  /** Those whose bodies go on. */
  readonly #underWay = new Set<InlineTask>();
  /** Why all calls are cancelled, the future ones included. */
  #cancelledBy: unknown;
  /** A shutdown does not wait for what still runs. */
  #abandons = false;
  readonly #room = new Room(
    () => this.#free,
    () => this.#checkOpen(),
  );
  #onIdle: (() => void)[] = [];

  constructor(options: InlineOptions) {
    checkObject(options, "the options of an executor");
    const { maxQueued, concurrency, measure } = checkPoolOptions(
      { concurrencyPerWorker: Infinity, ...options },
      ["name", "maxQueued", "concurrencyPerWorker", "measure"],
    );
    this.name = options.name || defaultName("inline");
    this.streams = new StreamWatch(this.name);
    this.observer = new Observer(this.name, measure);
    this.#maxQueued = maxQueued;
    this.concurrency = concurrency;
  }

  submit(fn: Function, args: readonly unknown[], options: TaskOptions, begun: boolean): Future<unknown> {
    if (!begun) this.#checkRoom();
    if (this.#cancelledBy !== undefined) return cancelledFuture(this.#cancelledBy);
    if (options.signal?.aborted) {
      this.counts.cancelled++;
      return cancelledFuture(options.signal.reason);
    }
    const { scope } = currentContext();
    if (scope?.isCancelled === true) {
      this.counts.cancelled++;
      return cancelledFuture(scope.reason);
    }
    const task = new InlineTask(this, fn, args, options, (this.#sequence = (this.#sequence + 1) | 0));
    this.#queue.push(task, Boolean(options.priority));
    this.#queued++;
    this.#schedule();
    return task.future;
  }

  broadcast(fn: Function, args: readonly unknown[], options: TaskOptions): Future<unknown>[] {
    return [this.submit(fn, args, options, false)];
  }

  begin(): () => void {
    this.#checkOpen();
    this.#begun++;
    return () => {
      this.#begun--;
      this.#noteIdle();
    };
  }

  /** How many calls have ended. */
  get ended(): number {
    return this.counts.fulfilled + this.counts.rejected + this.counts.cancelled;
  }

  leftQueue(): void {
    this.#queued--;
    this.#noteIdle();
  }

  ready(options: WaitOptions | undefined): Promise<void> {
    return this.#room.wait(options);
  }

  async shutdown({ wait = true, cancelPending = false, graceMs }: ShutdownOptions): Promise<void> {
    this.#shutDown = true;
    this.#room.note();
    const reason = shutDownReason(this.name);
    if (cancelPending || graceMs !== undefined) {
      for (let task = this.#queue.shift(); task !== undefined; task = this.#queue.shift()) {
        if (task.isQueued) task.cancel(task.future, reason, Infinity);
      }
    }
    if (graceMs !== undefined) this.#cancelAll(reason, graceMs);
    if (!wait || this.#isIdle) return;
    this.streams.endUnread();
    await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  /** A body that runs here cannot be ended: past the grace, nobody waits for it any more. */
  #cancelAll(reason: unknown, graceMs: number): void {
    this.#cancelledBy ??= reason;
    for (const task of this.#underWay) task.future.cancel(reason);
    const endAll = (): void => {
      for (const task of this.#underWay) task.future.cancel(reason, { graceMs: 0 });
      this.#abandons = true;
      this.#noteIdle();
    };
    if (graceMs === 0) return endAll();
    const timer = setTimeout(endAll, delayFor(graceMs));
    this.#onIdle.push(() => clearTimeout(timer));
  }

  statistics(): ExecutorStatistics {
    const { functions } = this.observer;
    const counts = { workers: 1, queued: this.#queued, running: this.#running, ...this.counts };
    return functions === undefined ? counts : { ...counts, functions };
  }

  get #isIdle(): boolean {
    return this.#queued + (this.#abandons ? 0 : this.#running) + this.#begun === 0;
  }

  get #free(): number {
    return this.concurrency + this.#maxQueued - this.#queued - this.#running;
  }

  #checkOpen(): void {
    if (this.#shutDown) throw new ExecutorShutdownError(this.name);
  }

  /** As many calls as can run at once do not count as queued. */
  #checkRoom(): void {
    this.#checkOpen();
    if (this.#free <= 0) throw new QueueFullError(this.name, this.#maxQueued);
    this.#room.taken();
  }

  #schedule(): void {
    if (this.#scheduled || this.#running >= this.concurrency) return;
    this.#scheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    const end = performance.now() + SLICE_MS;
    while (this.#running < this.concurrency && performance.now() < end) {
      const task = this.#queue.shift();
      if (task === undefined) break;
      if (!task.isQueued) continue;
      this.#queued--;
      this.#running++;
      const done = task.run();
      if (done === undefined) this.#running--;
      else {
        this.#underWay.add(task);
        void done.then(() => this.#oneLess(task));
      }
    }
    if (this.#queue.size > 0) this.#schedule();
    this.#noteIdle();
  }

  #oneLess(task: InlineTask): void {
    this.#underWay.delete(task);
    this.#running--;
    if (this.#queue.size > 0) this.#schedule();
    this.#noteIdle();
  }

  #noteIdle(): void {
    this.#room.note();
    if (!this.#isIdle) return;
    const waiting = this.#onIdle;
    this.#onIdle = [];
    for (const resolve of waiting) resolve();
  }
}
