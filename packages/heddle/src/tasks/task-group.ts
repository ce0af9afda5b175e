/**
 * Tasks that belong together: who leaves the group knows that they have ended.
 *
 * @packageDocumentation
 */
import { TimeoutError } from "#heap";
import {
  cancelledFuture,
  checkInteger,
  checkKnown,
  checkWaitOptions,
  type Future,
  type WaitOptions,
} from "../futures/index.ts";
import { Context, currentContext, runIn, Scope } from "../scopes/index.ts";
import { checkBody } from "./checks.ts";
import { abortError, type Failure, failureOf, TaskGroupStateError } from "./errors.ts";
import { SpawnSites, tellSpawn } from "./spawn-sites.ts";
import { type Spawn, type Task, TaskFuture, type TaskOwner } from "./task.ts";

/** How a group treats its tasks. `timeoutMs` and `signal` cancel the whole of it. */
export interface TaskGroupOptions extends WaitOptions {
  /** At most so many of its tasks run at once; the others wait, in order. */
  limit?: number;
  /**
   * `"cancel"`, the default: the first failure cancels the others. `"continue"`: they go on, and what failed is thrown
   * when all have ended.
   */
  onError?: "cancel" | "continue";
}

/** How a task is spawned. */
export interface SpawnOptions {
  /** Names the task in errors and in the tree of tasks. By default `task-` and a number. */
  name?: string;
}

const KNOWN = ["timeoutMs", "signal", "limit", "onError"];
const NO_OPTIONS: SpawnOptions = {};

/** A group, as those who spawn in it see it. Made by {@link taskGroup}. */
export interface TaskGroup {
  /**
   * Has `fn` called soon, after the code that runs now; while as many run as the `limit` allows, later.
   *
   * @returns The future of what it gives. Its `cancel(reason)` stops that task alone, and does not fail the group.
   * Nobody has to await it: what the task throws, the group throws. In a group that was cancelled it is cancelled.
   * @throws `TaskGroupStateError` when the group has ended.
   */
  spawn<R>(fn: () => R | PromiseLike<R>, options?: SpawnOptions): Future<R>;
  /**
   * Stops all that runs in the group: its tasks, and its body. The group throws the reason if that stopped its body;
   * its tasks end quietly.
   *
   * @param reason - What their waits throw; an `AbortError` by default. Only the first call counts.
   */
  cancel(reason?: unknown): void;
  /** Aborts when the group is cancelled. */
  readonly signal: AbortSignal;
  /** How many of its tasks have not ended. */
  readonly size: number;
}

/**
 * Runs `body`, which spawns tasks, and waits for all of them: nothing goes on behind the caller's back.
 *
 * When a task fails, or the body, the others are cancelled, unless `onError` says otherwise. When the group is
 * cancelled, every wait of the toolkit in it throws, again and again, except under `shield`; calls that it has made in
 * workers are cancelled, and waited for.
 *
 * @returns What the body gives.
 * @throws What failed: a single failure as it is; several in one `AggregateError`, whose message names their tasks.
 * If nothing failed, the reason of the cancellation, if the body or, from outside, a task was stopped by it.
 *
 * @remarks
 * Cost: under a microsecond a task.
 * Source: Trio's nurseries; PEP 654 and `asyncio.TaskGroup` for the errors.
 *
 * @example
 * ```ts
 * import { sleep, taskGroup } from "heddle";
 *
 * const sum = await taskGroup(async (group) => {
 *   const one = group.spawn(async () => (await sleep(2), 1));
 *   const two = group.spawn(() => 2, { name: "two" });
 *   return (await one) + (await two);
 * });
 * sum; // => 3
 * ```
 */
export async function taskGroup<T>(
  body: (group: TaskGroup) => T | PromiseLike<T>,
  options: TaskGroupOptions = {},
): Promise<T> {
  checkBody(body, "taskGroup()");
  const { timeoutMs, signal } = checkWaitOptions(options, "taskGroup()");
  checkKnown(options, KNOWN, "taskGroup()");
  const { limit = Infinity, onError = "cancel" } = options;
  if (limit !== Infinity) checkInteger("limit", limit, 1, Number.MAX_SAFE_INTEGER);
  if (onError !== "cancel" && onError !== "continue") {
    throw new RangeError(
      `Cannot take the option onError: ${String(onError)} is neither "cancel" nor "continue"`,
    );
  }
  const scope = new GroupScope({ signal });
  if (timeoutMs !== undefined) scope.cancelAfter(timeoutMs, () => new TimeoutError("taskGroup()", timeoutMs));
  return await new Group(scope, limit, onError === "cancel").run(body);
}

/** So many tasks begin before those that are quick end: so they never all live at once. */
const BATCH = 64;

/** What a task waits for that leaves a group. */
const LEAVING = "its task group";

/** The scope of a group, with the tasks that have not begun in it. */
class GroupScope extends Scope {
  /** From `next` on; some may have been cancelled. */
  readonly queue: (TaskFuture | undefined)[] = [];
  next = 0;

  override get inner(): readonly Scope[] {
    // Whoever looks sees those, too: each is made a scope.
    for (const future of this.#queued()) void future.task;
    return super.inner;
  }

  override cancel(reason: unknown): void {
    if (this.isCancelled) return;
    super.cancel(reason);
    for (const future of this.#queued()) future.dropOut(reason);
  }

  *#queued(): Generator<TaskFuture> {
    for (let i = this.next; i < this.queue.length; i++) {
      const future = this.queue[i]!;
      if (!future.done) yield future;
    }
  }
}

/**
 * One group.
 *
 * - G1: a task is counted from its spawn until it has left; the group ends when none is, and nothing holds its scope.
 * - G2: a failure is noted before anybody is told of the cancellation that it causes.
 */
class Group implements TaskGroup, TaskOwner {
  readonly context: Context;
  readonly #scope: GroupScope;
  readonly #limit: number;
  readonly #cancelsOnError: boolean;
  readonly #sites = new SpawnSites();
  #lastSpawn: Spawn | undefined;
  #isScheduled = false;
  #running = 0;
  #size = 0;
  #hasEnded = false;
  readonly #failures: Failure[] = [];
  /** The cancellation came from within: by {@link cancel}, or a failure. */
  #cancelledItself = false;
  /** A cancellation has stopped a task. */
  #wasCut = false;
  #onEmpty: (() => void) | undefined;

  constructor(scope: GroupScope, limit: number, cancelsOnError: boolean) {
    const { task, values } = currentContext();
    this.#scope = scope;
    this.context = new Context(scope, task, values);
    this.#limit = limit;
    this.#cancelsOnError = cancelsOnError;
  }

  get signal(): AbortSignal {
    return this.#scope.signal;
  }

  get size(): number {
    return this.#size;
  }

  spawn<R>(fn: () => R | PromiseLike<R>, options: SpawnOptions = NO_OPTIONS): Future<R> {
    if (typeof fn !== "function") throw new TypeError(`Cannot spawn a task: ${typeof fn} is not a function`);
    const { name } = options;
    if (name !== undefined && typeof name !== "string") {
      throw new TypeError(`Cannot spawn a task: its name must be a string, and is ${typeof name}`);
    }
    if (this.#hasEnded) {
      throw new TaskGroupStateError(`Cannot spawn task "${name ?? fn.name}": its group has ended`);
    }
    const scope = this.#scope;
    if (scope.isCancelled) return cancelledFuture(scope.reason) as Future<R>;
    const future = new TaskFuture(this.#describe(name), fn);
    this.#size++;
    scope.queue.push(future);
    if (!this.#isScheduled && this.#running < this.#limit) this.#schedule();
    return future as Future<unknown> as Future<R>;
  }

  cancel(reason: unknown = abortError("The task group was cancelled")): void {
    if (this.#scope.isCancelled || this.#hasEnded) return;
    this.#cancelledItself = true;
    this.#scope.cancel(reason);
  }

  async run<T>(body: (group: TaskGroup) => T | PromiseLike<T>): Promise<T> {
    const scope = this.#scope;
    let value: T | undefined;
    let bodyStopped = scope.isCancelled;
    try {
      if (!bodyStopped) value = await runIn(this.context, () => body(this));
    } catch (error) {
      bodyStopped = scope.isItsCancellation(error);
      if (!bodyStopped) this.#noteFailure({ task: undefined, error });
    }
    const { task } = this.context;
    if (task !== undefined) task.waitsFor = LEAVING;
    await this.#empty();
    if (task?.waitsFor === LEAVING) task.waitsFor = undefined;
    this.#hasEnded = true;
    scope.close();
    if (this.#failures.length > 0) throw failureOf(this.#failures);
    if (bodyStopped || (this.#wasCut && !this.#cancelledItself)) throw scope.reason;
    return value as T;
  }

  failed(task: Task, error: unknown): void {
    if (!this.#isNoted(error)) tellSpawn(error, task.name, task.site);
    this.#noteFailure({ task: task.name, error });
  }

  left(future: Future<unknown>, hadBegun: boolean): void {
    if (future.cancelled && this.#scope.isCancelled) this.#wasCut = true;
    this.#size--;
    if (hadBegun) this.#running--;
    if (this.#size === 0) this.#onEmpty?.();
    else if (this.#scope.next < this.#scope.queue.length) this.#schedule();
  }

  #describe(name: string | undefined): Spawn {
    const site = this.#sites.next(beginOfSpawn);
    const { values } = currentContext();
    const last = this.#lastSpawn;
    if (last !== undefined && last.name === name && last.site === site && last.values === values) return last;
    return (this.#lastSpawn = { owner: this, name, values, site });
  }

  #isNoted(error: unknown): boolean {
    return this.#failures.some((failure) => failure.error === error);
  }

  /** One error that went through several, as when one awaits another, is one failure. */
  #noteFailure(failure: Failure): void {
    if (!this.#isNoted(failure.error)) this.#failures.push(failure);
    if (this.#scope.isCancelled || (!this.#cancelsOnError && failure.task !== undefined)) return;
    const who =
      failure.task === undefined ? "The body of the task group" : `Task "${failure.task}" of the group`;
    this.cancel(abortError(`${who} failed`, failure.error));
  }

  /** G1. */
  async #empty(): Promise<void> {
    for (;;) {
      if (this.#size > 0) await new Promise<void>((resolve) => (this.#onEmpty = resolve));
      const drained = this.#scope.drained();
      if (drained !== undefined) await drained;
      else if (this.#size === 0) return;
    }
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(this.#beginTasks);
  }

  readonly #beginTasks = (): void => {
    this.#isScheduled = false;
    const scope = this.#scope;
    const { queue } = scope;
    let left = BATCH;
    while (scope.next < queue.length && this.#running < this.#limit) {
      if (left-- === 0) return this.#schedule();
      const future = queue[scope.next]!;
      queue[scope.next++] = undefined;
      if (future.done) continue;
      this.#running++;
      future.begin();
    }
    if (scope.next < queue.length / 2) return;
    queue.splice(0, scope.next);
    scope.next = 0;
  };
}

/** The code that spawns stands above it. */
// oxlint-disable-next-line typescript/unbound-method -- only named, to be left out of stacks
const beginOfSpawn: Function = Group.prototype.spawn;
