/**
 * One call on the event loop.
 *
 * @packageDocumentation
 */
import {
  Context,
  currentContext,
  type EndHold,
  type LateFailure,
  LONGEST_DELAY_MS,
  runIn,
  TaskNode,
} from "../../scopes/index.ts";
import { fulfil, Future, markObserved, reject, settleCancelled, type TaskControl } from "../future.ts";
import { failuresIn, isChunkOutcome } from "../map/chunk.ts";
import { leaveToScope } from "../leave-to-scope.ts";
import type { ObservedCall, Observer } from "../observe/observer.ts";
import { type Ranked, rankOf } from "../pool/ranked-heap.ts";
import { DEFAULT_BUFFER } from "../streams/stream-flow.ts";
import { LocalStream } from "../streams/stream-local.ts";
import { isStreamed } from "../streams/stream-pull.ts";
import type { StreamWatch } from "../streams/stream-watch.ts";
import { nowMs, runLimit } from "../task-limits.ts";
import type { TaskOptions } from "../task-options.ts";
import { taskStream } from "../streams/task-stream.ts";

/** The executor of a call. */
export interface InlineOwner {
  readonly name: string;
  readonly counts: { fulfilled: number; rejected: number; cancelled: number };
  readonly streams: StreamWatch;
  readonly observer: Observer;
  /** How many calls have ended. */
  readonly ended: number;
  /** A call was called off while it was queued. */
  leftQueue(): void;
}

/** One call. */
export class InlineTask implements TaskControl, Ranked {
  readonly rank: number;
  readonly sequence: number;
  readonly #loop: InlineOwner;
  readonly #fn: Function;
  readonly #args: readonly unknown[];
  readonly #options: TaskOptions;
  /** Replaced, once the first one has a stream, by one that settles at its end. */
  future: Future<unknown>;
  #stream: LocalStream | undefined;
  #state: "queued" | "running" | "left" = "queued";
  #release: (() => void)[] = [];
  /** Where it was submitted. */
  readonly #context = currentContext();
  /** What its body runs in, once it does. */
  #scope: TaskNode | undefined;
  /** Why the body was told to stop, while its future waits for what comes of it. */
  #stopReason: { readonly reason: unknown } | undefined;
  readonly #endHold: EndHold | undefined;
  /** What the body threw after it was cancelled, for its scope to hear. */
  readonly #lateFailures: LateFailure[] = [];
  readonly #observed: ObservedCall | undefined;

  constructor(
    loop: InlineOwner,
    fn: Function,
    args: readonly unknown[],
    options: TaskOptions,
    sequence: number,
  ) {
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

  get #name(): string {
    return this.#options.name ?? (this.#fn.name || "(anonymous)");
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
    const wasQueued = this.#state === "queued";
    if (!wasQueued && graceMs === Infinity) {
      this.#stopReason ??= { reason };
      this.#scope?.cancel(reason);
      return false;
    }
    this.#cancelNow(reason);
    this.#scope?.cancel(reason);
    if (wasQueued) {
      this.#loop.leftQueue();
      this.#endHold?.();
    }
    return true;
  }

  #cancelNow(reason: unknown): void {
    settleCancelled(this.future, reason);
    this.#stream?.buffer.cutShort({ how: "cancelled", error: reason });
    this.#observed?.ended("cancelled", reason);
    this.#leave();
    this.#loop.counts.cancelled++;
  }

  /** Calls the function. Resolves when its result is there; at once if it is. */
  run(): Promise<void> | undefined {
    this.#state = "running";
    this.#observed?.started({ startedMs: nowMs(), worker: this.#loop.name });
    this.#limit();
    const scope = (this.#scope = new TaskNode(this.#name, this.#context));
    const context = new Context(scope, scope, this.#context.values);
    try {
      // A body has no `this`, here as in a worker.
      const fn = this.#fn;
      const result = runIn(context, () => this.#inside(() => fn(...this.#args)));
      if (isStreamed(result)) return this.#yield(result, context).then(() => this.#close());
      if (
        result === null ||
        typeof result !== "object" ||
        typeof (result as PromiseLike<unknown>).then !== "function"
      ) {
        this.#fulfil(result);
        this.#close();
        return undefined;
      }
      return Promise.resolve(result)
        .then(
          (value) => (isStreamed(value) ? this.#yield(value, context) : this.#fulfil(value)),
          (error: unknown) => this.#reject(error),
        )
        .then(() => this.#close());
    } catch (error) {
      this.#reject(error);
      this.#close();
      return undefined;
    }
  }

  /** The body has ended. What it has begun in its scope may not have. */
  #close(): void {
    const scope = this.#scope!;
    const end = (): void => {
      scope.close();
      this.#endHold?.(...this.#lateFailures, ...scope.lateFailures);
    };
    const drained = scope.drained();
    if (drained === undefined) end();
    else void drained.then(end);
  }

  /** Resolves when the iterator has ended. */
  async #yield(iterator: Iterator<unknown> | AsyncIterator<unknown>, context: Context): Promise<void> {
    const { buffer = DEFAULT_BUFFER } = this.#options;
    const stream = new LocalStream(buffer, context, (step) => this.#inside(step));
    if (this.future.done) return await stream.end(iterator);
    const opened = this.future;
    this.future = new Future<unknown>(this);
    markObserved(this.future);
    this.#stream = stream;
    const forget = this.#loop.streams.add(stream.buffer, this.#name);
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
    const { timeoutMs } = this.#options;
    if (timeoutMs === undefined) return;
    if (timeoutMs > LONGEST_DELAY_MS) return;
    const cutOff = (): void => {
      const error = runLimit(`task ${this.#name}`, timeoutMs);
      this.#reject(error);
      this.#scope!.cancel(error);
    };
    const timer = setTimeout(cutOff, timeoutMs);
    this.#release.push(() => clearTimeout(timer));
  }

  #fulfil(value: unknown): void {
    if (this.future.done) {
      if (isChunkOutcome(value)) for (const error of failuresIn(value)) this.#reject(error);
      return;
    }
    this.#loop.counts.fulfilled++;
    this.#observed?.ended("fulfilled", undefined);
    this.#leave();
    fulfil(this.future, value);
  }

  #reject(error: unknown): void {
    if (this.future.done) {
      const wasStopped = !this.future.cancelled || this.#scope!.isItsCancellation(error);
      if (!wasStopped) this.#lateFailures.push({ name: this.#name, error });
      return;
    }
    if (this.#stopReason !== undefined && this.#scope!.isItsCancellation(error))
      return this.#cancelNow(this.#stopReason.reason);
    this.#loop.counts.rejected++;
    this.#observed?.ended("rejected", error);
    this.#stream?.buffer.cutShort({ how: "failed", error });
    this.#leave();
    const { scope } = this.#context;
    reject(this.future, error);
    if (scope !== undefined) leaveToScope(scope, this.future, this.#name);
  }

  #leave(): void {
    this.#state = "left";
    for (const release of this.#release) release();
    this.#release = [];
  }
}
