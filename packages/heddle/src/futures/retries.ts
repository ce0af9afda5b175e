/**
 * Calls that are made again when they fail, on any executor.
 *
 * @packageDocumentation
 */
import { currentContext, runIn } from "../scopes/index.ts";
import { movesSoFar } from "../wire/index.ts";
import { isChunkOutcome } from "./map/chunk.ts";
import type { ExecutorStatistics, ShutdownOptions } from "./executor.ts";
import type { WaitOptions } from "./wait-options.ts";
import type { ExecutorCore } from "./executor-view.ts";
import { fulfil, Future, onDone, outcomeOf, reject, settleCancelled, type TaskControl } from "./future.ts";
import { isRunLimit } from "./task-limits.ts";
import type { TaskOptions } from "./task-options.ts";
import { delayFor } from "./timers.ts";

/** What the errors of earlier tries are called in the last one. Not enumerable: it is no part of what the task has thrown. */
const EARLIER = "earlierErrors";

/** The wait before the second try, in milliseconds. Each later one is twice as long. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 30_000;
/** Each wait is shortened by chance by up to this part of it, so that many do not try again at once. */
const JITTER = 0.5;

/** An executor that sees to the `retries` of the calls made on another. */
export class RetryingCore implements ExecutorCore {
  readonly #core: ExecutorCore;
  readonly #retried = new Set<RetriedTask>();

  constructor(core: ExecutorCore) {
    this.#core = core;
  }

  get name(): string {
    return this.#core.name;
  }

  get maxWorkers(): number {
    return this.#core.maxWorkers;
  }

  get concurrency(): number {
    return this.#core.concurrency;
  }

  submit(fn: Function, args: readonly unknown[], options: TaskOptions, begun: boolean): Future<unknown> {
    if (!options.retries) return this.#core.submit(fn, args, options, begun);
    // What is part of begun work is waited for with that.
    const endWork = begun ? undefined : this.#core.begin();
    const task = new RetriedTask(this.#core, fn, args, options, () => {
      this.#retried.delete(task);
      endWork?.();
    });
    this.#retried.add(task);
    task.begin(begun);
    return task.future;
  }

  begin(): () => void {
    return this.#core.begin();
  }

  broadcast(fn: Function, args: readonly unknown[], options: TaskOptions): Future<unknown>[] {
    return this.#core.broadcast(fn, args, options);
  }

  ready(options: WaitOptions | undefined): Promise<void> {
    return this.#core.ready(options);
  }

  shutdown(options: ShutdownOptions): Promise<void> {
    const gone = this.#core.shutdown(options);
    if (options.cancelPending === true || options.graceMs !== undefined) {
      const reason = new DOMException(
        `Executor ${this.name} was shut down before this task was tried again`,
        "AbortError",
      );
      for (const task of this.#retried) task.endTries(reason);
    }
    return gone;
  }

  statistics(): ExecutorStatistics {
    return this.#core.statistics();
  }
}

/**
 * One task, tried until it gives a value.
 *
 * ```text
 *          begin             failed, tries left
 * (new) ────────▶ under way ────────────────────▶ waiting
 *                  │  ▲              time is up      │
 *                  │  └──────────────────────────────┤
 *                  ▼ value, last error, cancelled    ▼ cancelled
 *                 over ◀─────────────────────────────┘
 * ```
 *
 * - I1: at most one try is under way.
 * - I2: no try begins after somebody has asked to cancel the task, even if that left the running one alone.
 */
class RetriedTask implements TaskControl {
  readonly future: Future<unknown> = new Future<unknown>(this);
  readonly #core: ExecutorCore;
  readonly #fn: Function;
  readonly #args: readonly unknown[];
  readonly #options: TaskOptions;
  readonly #onEnd: () => void;
  /** Where it was submitted: there each try is made. */
  readonly #context = currentContext();
  readonly #endHold: (() => void) | undefined = this.#context.scope?.hold();
  readonly #earlier: unknown[] = [];
  #latest: Future<unknown> | undefined;
  #waitMs = FIRST_WAIT_MS;
  #triesLeft: number;
  /** Ends the wait for the next try. */
  #stopWaiting: (() => void) | undefined;

  constructor(
    core: ExecutorCore,
    fn: Function,
    args: readonly unknown[],
    options: TaskOptions,
    onEnd: () => void,
  ) {
    this.#core = core;
    this.#fn = fn;
    this.#args = args;
    this.#options = options;
    this.#onEnd = onEnd;
    this.#triesLeft = options.retries!;
  }

  /** Makes the first try. Throws when the executor takes no call. */
  begin(begun: boolean): void {
    try {
      this.#try(begun);
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  /** I2. Leaves a try that is under way alone. */
  endTries(reason: unknown): void {
    this.#triesLeft = 0;
    if (this.#stopWaiting === undefined) return;
    settleCancelled(this.future, reason);
    this.#end();
  }

  isRunning(): boolean {
    return this.#latest?.running === true;
  }

  cancel(future: Future<unknown>, reason: unknown, graceMs: number): boolean {
    this.#triesLeft = 0;
    if (this.#stopWaiting !== undefined) {
      settleCancelled(future, reason);
      this.#end();
      return true;
    }
    const stopped = this.#latest!.cancel(reason, graceMs === Infinity ? {} : { graceMs });
    if (stopped && !future.done) {
      settleCancelled(future, reason);
      this.#end();
    }
    return stopped;
  }

  #try(begun: boolean): void {
    const moves = movesSoFar();
    const latest = this.#core.submit(this.#fn, this.#args, this.#options, begun);
    // What was moved away cannot be sent again.
    if (movesSoFar() !== moves) this.#triesLeft = 0;
    this.#latest = latest;
    const wasSent = !latest.done;
    onDone(latest, () => this.#tried(latest, wasSent));
  }

  #tried(latest: Future<unknown>, wasSent: boolean): void {
    if (this.future.done) return;
    const outcome = outcomeOf(latest);
    if (latest.cancelled) {
      settleCancelled(this.future, outcome);
      return this.#end();
    }
    const failure = failureOf(latest, outcome);
    if (failure !== undefined && wasSent && this.#triesLeft > 0 && !isRunLimit(failure.error)) {
      this.#earlier.push(failure.error);
      this.#triesLeft--;
      return this.#wait();
    }
    if (failure !== undefined) this.#tellEarlier(failure.error);
    this.#end();
    if (latest.state === "rejected") reject(this.future, outcome);
    else fulfil(this.future, outcome);
  }

  #wait(): void {
    const { signal } = this.#options;
    const callOff = (reason: unknown): void => void this.cancel(this.future, reason, 0);
    const onAbort = (): void => callOff(signal!.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    const forget = this.#context.scope?.onCancel(callOff);
    const timer = setTimeout(
      () => {
        this.#stopWaiting!();
        this.#tryAgain();
      },
      delayFor(this.#waitMs * (1 - JITTER * Math.random())),
    );
    this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_WAIT_MS);
    this.#stopWaiting = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      forget?.();
      this.#stopWaiting = undefined;
    };
  }

  #tryAgain(): void {
    try {
      runIn(this.#context, () => this.#try(true));
    } catch (error) {
      this.#tellEarlier(error);
      this.#end();
      reject(this.future, error);
    }
  }

  #end(): void {
    this.#stopWaiting?.();
    this.#endHold?.();
    this.#onEnd();
  }

  /** Adds the failures of earlier tries to that of the last one, which stays what it is otherwise. */
  #tellEarlier(error: unknown): void {
    // A function on this thread may throw the same error each time.
    const others = this.#earlier.filter((earlier) => earlier !== error);
    if (!(error instanceof Error) || others.length === 0 || EARLIER in error) return;
    // A frozen error stays as it is altogether.
    Reflect.defineProperty(error, EARLIER, { value: others, configurable: true, writable: true });
  }
}

/** What a call failed with; `undefined` if it did not. The only item of a map's call fails inside of its result. */
function failureOf(future: Future<unknown>, outcome: unknown): { error: unknown } | undefined {
  if (future.state === "rejected") return { error: outcome };
  if (!isChunkOutcome(outcome) || outcome.errors.length === 0) return undefined;
  const [[, error]] = outcome.errors as [[number, unknown]];
  return { error };
}
