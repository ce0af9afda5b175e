/**
 * Calls on the event loop of the thread that makes them.
 *
 * @packageDocumentation
 */
import { currentContext, runIn } from "../scopes/index.ts";
import { checkObject } from "./checks.ts";
import { ExecutorShutdownError, QueueFullError, shutDownReason } from "./errors.ts";
import { defaultName, type ExecutorStatistics, type ShutdownOptions } from "./executor.ts";
import { type ExecutorCore, ExecutorView } from "./executor-view.ts";
import {
  cancelledFuture,
  fulfil,
  Future,
  markObserved,
  reject,
  settleCancelled,
  type TaskControl,
} from "./future.ts";
import { type ObservedCall, Observer } from "./observer.ts";
import { checkPoolOptions, type PoolOptions } from "./pool-options.ts";
import { RetryingCore } from "./retries.ts";
import { DEFAULT_BUFFER } from "./stream-flow.ts";
import { LocalStream } from "./stream-local.ts";
import { isStreamed } from "./stream-pull.ts";
import { StreamWatch } from "./stream-watch.ts";
import { taskStream } from "./task-stream.ts";
import { type Ranked, rankOf } from "./ranked-heap.ts";
import { TaskLine } from "./task-line.ts";
import { nowMs, runLimit } from "./task-limits.ts";
import type { TaskOptions } from "./task-options.ts";
import { LONGEST_DELAY_MS } from "./timers.ts";

/** Calls that are quick follow each other for so long before timers and sockets have their turn, in milliseconds. */
const SLICE_MS = 10;

/** How an inline executor is made: as a pool of one worker that is this thread. */
export type InlineOptions = Pick<PoolOptions, "name" | "maxQueued" | "concurrencyPerWorker" | "measure">;

/** One call. */
class InlineTask implements TaskControl, Ranked {
  readonly rank: number;
  readonly sequence: number;
  readonly #loop: Loop;
  readonly #fn: Function;
  readonly #args: readonly unknown[];
  readonly #options: TaskOptions;
  /** Replaced, once the first one has a stream, by one that settles at its end. */
  future: Future<unknown>;
  #stream: LocalStream | undefined;
  #state: "queued" | "running" | "left" = "queued";
  #release: (() => void)[] = [];
  /** Where it was submitted: there it runs. */
  readonly #context = currentContext();
  readonly #endHold: (() => void) | undefined;
  readonly #observed: ObservedCall | undefined;

  constructor(loop: Loop, fn: Function, args: readonly unknown[], options: TaskOptions, sequence: number) {
    this.rank = rankOf(loop.ended, options.priority ?? 0);
    this.sequence = sequence;
    this.#loop = loop;
    this.#fn = fn;
    this.#args = args;
    this.#options = options;
    this.future = new Future<unknown>(this);
    this.#observed = loop.observer.observe(fn, options.name);
    const { scope } = this.#context;
    if (scope !== undefined) {
      this.#release.push(scope.onCancel((reason) => void this.cancel(this.future, reason, 0)));
      this.#endHold = scope.hold();
    }
    const { signal } = options;
    if (signal === undefined) return;
    const onAbort = (): void => void this.cancel(this.future, signal.reason, 0);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#release.push(() => signal.removeEventListener("abort", onAbort));
  }

  isRunning(): boolean {
    return this.#state === "running";
  }

  get isQueued(): boolean {
    return this.#state === "queued";
  }

  /** A body that runs here cannot be stopped: past the grace, nobody waits for it any more. One that yields is ended. */
  cancel(future: Future<unknown>, reason: unknown, graceMs: number): boolean {
    if (future.done || future !== this.future) return future.cancelled;
    if (this.#state === "running" && graceMs === Infinity) return false;
    const wasQueued = this.#state === "queued";
    settleCancelled(this.future, reason);
    this.#stream?.buffer.cutShort({ how: "cancelled", error: reason });
    this.#observed?.ended("cancelled", reason);
    this.#leave();
    this.#loop.counts.cancelled++;
    if (wasQueued) {
      this.#loop.leftQueue();
      this.#endHold?.();
    }
    return true;
  }

  /** Calls the function. Resolves when its result is there; at once if it is. */
  run(): Promise<void> | undefined {
    this.#state = "running";
    this.#observed?.started({ startedMs: nowMs(), worker: this.#loop.name });
    this.#limit();
    try {
      const call = (): unknown => this.#inside(() => this.#fn(...this.#args));
      const result = currentContext() === this.#context ? call() : runIn(this.#context, call);
      if (isStreamed(result)) return this.#yield(result).then(this.#endHold);
      if (
        result === null ||
        typeof result !== "object" ||
        typeof (result as PromiseLike<unknown>).then !== "function"
      ) {
        this.#fulfil(result);
        this.#endHold?.();
        return undefined;
      }
      return Promise.resolve(result)
        .then(
          (value) => (isStreamed(value) ? this.#yield(value) : this.#fulfil(value)),
          (error: unknown) => this.#reject(error),
        )
        .then(this.#endHold);
    } catch (error) {
      this.#reject(error);
      this.#endHold?.();
      return undefined;
    }
  }

  /** Resolves when the iterator has ended. */
  async #yield(iterator: Iterator<unknown> | AsyncIterator<unknown>): Promise<void> {
    const { buffer = DEFAULT_BUFFER, name } = this.#options;
    const stream = new LocalStream(buffer, this.#context, (step) => this.#inside(step));
    if (this.future.done) return await stream.end(iterator);
    const opened = this.future;
    this.future = new Future<unknown>(this);
    markObserved(this.future);
    this.#stream = stream;
    const forget = this.#loop.streams.add(stream.buffer, name ?? (this.#fn.name || "(anonymous)"));
    fulfil(opened, taskStream(stream.buffer));
    try {
      this.#fulfil(await stream.run(iterator));
    } catch (error) {
      this.#reject(error);
    }
    forget();
  }

  #inside<T>(body: () => T): T {
    return this.#observed === undefined ? body() : this.#observed.around(body);
  }

  #limit(): void {
    const { timeoutMs, name } = this.#options;
    if (timeoutMs === undefined) return;
    const task = name ?? (this.#fn.name || "(anonymous)");
    if (timeoutMs > LONGEST_DELAY_MS) return;
    const timer = setTimeout(() => this.#reject(runLimit(`task ${task}`, timeoutMs)), timeoutMs);
    this.#release.push(() => clearTimeout(timer));
  }

  #fulfil(value: unknown): void {
    if (this.future.done) return;
    this.#loop.counts.fulfilled++;
    this.#observed?.ended("fulfilled", undefined);
    this.#leave();
    fulfil(this.future, value);
  }

  #reject(error: unknown): void {
    if (this.future.done) return;
    this.#loop.counts.rejected++;
    this.#observed?.ended("rejected", error);
    this.#stream?.buffer.cutShort({ how: "failed", error });
    this.#leave();
    reject(this.future, error);
  }

  #leave(): void {
    this.#state = "left";
    for (const release of this.#release) release();
    this.#release = [];
  }
}

/** The queue behind an executor. */
class Loop implements ExecutorCore {
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

  async shutdown({ wait = true, cancelPending = false }: ShutdownOptions): Promise<void> {
    this.#shutDown = true;
    if (cancelPending) {
      const reason = shutDownReason(this.name);
      for (let task = this.#queue.shift(); task !== undefined; task = this.#queue.shift()) {
        if (task.isQueued) task.cancel(task.future, reason, Infinity);
      }
    }
    if (!wait || this.#isIdle) return;
    this.streams.endUnread();
    await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  statistics(): ExecutorStatistics {
    const { functions } = this.observer;
    const counts = { workers: 1, queued: this.#queued, running: this.#running, ...this.counts };
    return functions === undefined ? counts : { ...counts, functions };
  }

  get #isIdle(): boolean {
    return this.#queued + this.#running + this.#begun === 0;
  }

  #checkOpen(): void {
    if (this.#shutDown) throw new ExecutorShutdownError(this.name);
  }

  /** As many calls as can run at once do not count as queued. */
  #checkRoom(): void {
    this.#checkOpen();
    if (this.#queued + this.#running >= this.concurrency + this.#maxQueued) {
      throw new QueueFullError(this.name, this.#maxQueued);
    }
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
      else void done.then(() => this.#oneLess());
    }
    if (this.#queue.size > 0) this.#schedule();
    this.#noteIdle();
  }

  #oneLess(): void {
    this.#running--;
    if (this.#queue.size > 0) this.#schedule();
    this.#noteIdle();
  }

  #noteIdle(): void {
    if (!this.#isIdle) return;
    const waiting = this.#onIdle;
    this.#onIdle = [];
    for (const resolve of waiting) resolve();
  }
}

/**
 * Runs functions on the event loop of the calling thread: for asynchronous work, for tests, and to compare with.
 *
 * Calls begin after the one that submits them has returned, in order, and as many asynchronous ones overlap as
 * `concurrencyPerWorker` allows; by default all. Arguments and results are the very objects, not copies.
 *
 * @remarks
 * Cost: under a microsecond a call. A body that computes holds up the event loop while it does.
 *
 * @example
 * ```ts
 * import { InlineExecutor } from "heddle";
 *
 * await using executor = new InlineExecutor({ concurrencyPerWorker: 2 });
 * await executor.map(async (n: number) => n * n, [1, 2, 3]).toArray(); // => [1, 4, 9]
 * ```
 */
export class InlineExecutor extends ExecutorView {
  /** @throws `RangeError` or `TypeError`, naming the option that is not what it should be. */
  constructor(options: InlineOptions = {}) {
    super(new RetryingCore(new Loop(options)), {});
  }
}
