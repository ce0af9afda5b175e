/**
 * Tasks that belong together: who leaves the group knows that they have ended.
 *
 * @packageDocumentation
 */
import { inspect } from "node:util";
import { TimeoutError } from "#heap";
import {
  cancelledFuture,
  checkInteger,
  checkKnown,
  checkObject,
  checkWaitLimits,
  type Future,
  tellCalledOff,
  type WaitOptions,
  wasCalledOff,
} from "../futures/index.ts";
import {
  awaitIn,
  Context,
  currentContext,
  needNoHandler,
  type Scope,
  surroundings,
} from "../scopes/index.ts";
import { type Beginner, beginSoon } from "./begin-soon.ts";
import { checkBody, noFunction } from "./checks.ts";
import { abortError, type Failure, TaskGroupStateError } from "./errors.ts";
import { Failures } from "./failures.ts";
import { GroupScope } from "./group-scope.ts";
import { SpawnSites, tellSpawn } from "./spawn-sites.ts";
import { Spawn, type TaskOwner } from "./spawn.ts";
import { Part } from "./part.ts";
import { TaskFuture } from "./task-future.ts";
import type { Task, TaskContext } from "./task.ts";

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

const KNOWN = ["limit", "onError"];
const KNOWN_OF_SPAWN = ["name"];
const NO_OPTIONS: SpawnOptions = {};

/** A group, as those who spawn in it see it. Made by {@link taskGroup}. */
export abstract class TaskGroup {
  /**
   * Has `fn` called soon, after the code that runs now; while as many run as the `limit` allows, later.
   *
   * @returns The future of what it gives. Its `cancel(reason)` stops that task, and those that await it and do not catch the reason;
   * it does not fail the group.
   * Nobody has to await it: what the task throws, the group throws. In a group that was cancelled it is cancelled.
   * @throws `TaskGroupStateError` when the group has ended.
   */
  abstract spawn<R>(fn: () => R | PromiseLike<R>, options?: SpawnOptions): Future<R>;
  /**
   * Stops all that runs in the group: its tasks, and its body. All end quietly: the group throws nothing on that account, and
   * gives `undefined` if its body was stopped.
   *
   * @param reason - What their waits throw; an `AbortError` by default. Only the first call counts.
   */
  abstract cancel(reason?: unknown): void;
  /** Aborts when the group is cancelled. */
  abstract readonly signal: AbortSignal;
  /** How many of its tasks have not ended. */
  abstract readonly size: number;
}

Object.defineProperty(TaskGroup.prototype, inspect.custom, {
  value(this: TaskGroup): string {
    return `TaskGroup { size: ${this.size}${this.signal.aborted ? ", <cancelled>" : ""} }`;
  },
});

/**
 * Runs `body`, which spawns tasks, and waits for all of them: nothing goes on behind the caller's back.
 *
 * When a task fails, or the body, the others are cancelled, unless `onError` says otherwise. When the group is
 * cancelled, every wait of the toolkit in it throws, again and again, except under `shield`; calls that it has made in
 * workers are cancelled, and waited for.
 *
 * @returns What the body gives; `undefined` if the group's own `cancel` has stopped it, which the type does not say: where you call
 * `cancel` and use the result, take it as `T | undefined`.
 * @throws What failed: a single failure as it is; several in one `AggregateError`, whose message names their tasks.
 * If nothing failed, the reason of a cancellation from outside (a scope around, `signal`, `timeoutMs`) that has stopped the body or
 * a task.
 *
 * @remarks
 * Cost: under a microsecond a task.
 * Source: Trio's nurseries; PEP 654 and `asyncio.TaskGroup` for the errors, and for `cancel`.
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
export function taskGroup<T>(
  body: (group: TaskGroup) => T | PromiseLike<T>,
  options?: TaskGroupOptions,
): Promise<T> {
  try {
    checkBody(body, "taskGroup()");
    const group = options === undefined ? new Group(new GroupScope(), Infinity, true) : groupWith(options);
    return group.give(group.run(body));
  } catch (error) {
    return Promise.reject(error);
  }
}

function groupWith(options: TaskGroupOptions): Group {
  const { signal } = checkWaitLimits(options, "taskGroup()", KNOWN);
  const { timeoutMs, limit = Infinity, onError = "cancel" } = options;
  if (limit !== Infinity) checkInteger("limit", limit, 1, Number.MAX_SAFE_INTEGER);
  if (onError !== "cancel" && onError !== "continue") {
    throw new RangeError(
      `Cannot take the option onError: ${String(onError)} is neither "cancel" nor "continue"`,
    );
  }
  const scope = new GroupScope({ signal });
  if (timeoutMs !== undefined) {
    // Made here, so that its stack says where.
    const timedOut = new TimeoutError("taskGroup()", timeoutMs);
    scope.cancelAfter(timeoutMs, () => timedOut);
  }
  return new Group(scope, limit, onError === "cancel");
}

/** What a task waits for that leaves a group. */
const LEAVING = "its task group";

/**
 * One group.
 *
 * - G1: a task is counted from its spawn until it has left; the group ends when none is, and nothing holds its scope.
 * - G2: a failure is noted before anybody is told of the cancellation that it causes.
 */
class Group extends TaskGroup implements TaskOwner, Beginner {
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
  #failures: Failures | undefined = undefined;
  /** The cancellation came from within: by {@link cancel}, or a failure. */
  #cancelledItself = false;
  /** A cancellation has stopped a task. */
  #wasCut = false;
  /** The reason of a future that its body, or a part, waited for, and which was cancelled. */
  #calledOff: { readonly reason: unknown } | undefined = undefined;
  #onEmpty: (() => void) | undefined;
  #promise: Promise<unknown> | undefined = undefined;
  /** It throws why the scope around it was cancelled. */
  #wasStopped = false;

  constructor(scope: GroupScope, limit: number, cancelsOnError: boolean) {
    super();
    const { task, values } = currentContext();
    this.#scope = scope;
    this.context = new Context(scope, task, values);
    this.#limit = limit;
    this.#cancelsOnError = cancelsOnError;
  }

  override get signal(): AbortSignal {
    return this.#scope.signal;
  }

  override get size(): number {
    return this.#size;
  }

  override spawn<R>(fn: () => R | PromiseLike<R>, options: SpawnOptions = NO_OPTIONS): Future<R> {
    if (typeof fn !== "function") throw new TypeError(`Cannot spawn a task: it is ${noFunction(fn)}`);
    if (options !== NO_OPTIONS) {
      checkObject(options, "the options of spawn()");
      checkKnown(options, KNOWN_OF_SPAWN, "spawn()");
    }
    const { name } = options;
    if (name !== undefined && typeof name !== "string") {
      throw new TypeError(`Cannot spawn a task: its name must be a string, and is ${typeof name}`);
    }
    if (this.#hasEnded) {
      throw new TaskGroupStateError(
        `Cannot spawn task "${name ?? (fn.name || "(anonymous)")}": its group has ended`,
      );
    }
    const scope = this.#scope;
    if (scope.isCancelled) return cancelledFuture(scope.reason) as Future<R>;
    const future = new TaskFuture(this.#describe(name, beginOfSpawn), fn);
    this.#size++;
    scope.queue.push(future);
    this.#schedule();
    return future as Future<unknown> as Future<R>;
  }

  override cancel(reason: unknown = abortError("The task group was cancelled")): void {
    if (this.#scope.isCancelled || this.#hasEnded) return;
    this.#cancelledItself = true;
    this.#scope.cancel(reason);
  }

  /** Notes the promise of the whole, and gives it. */
  give<T>(promise: Promise<T>): Promise<T> {
    this.#promise = promise;
    if (this.#wasStopped) needNoHandler(promise);
    return promise;
  }

  async run<T>(body: (group: TaskGroup) => T | PromiseLike<T>): Promise<T> {
    const scope = this.#scope;
    let value: T | undefined;
    let bodyStopped = scope.isCancelled;
    try {
      if (!bodyStopped) value = await awaitIn(this.context, () => body(this));
    } catch (error) {
      bodyStopped = scope.isItsCancellation(error);
      if (!bodyStopped && wasCalledOff(scope, error)) this.calledOff(error);
      else if (!bodyStopped) this.#noteFailure({ task: undefined, error });
    }
    const leaving = this.#empty();
    if (leaving !== undefined) await leaving;
    this.#end(bodyStopped);
    return value as T;
  }

  /** Runs functions as its tasks, and gives what they give. Whoever calls has no future of each, and needs none. */
  async runAll(bodies: readonly (() => unknown)[], caller: Function): Promise<unknown[]> {
    const scope = this.#scope;
    const results = new Array<unknown>(bodies.length).fill(undefined);
    if (!scope.isCancelled && bodies.length > 0) {
      const spawn = this.#describe(undefined, caller);
      this.#size = bodies.length;
      for (let i = 0; i < bodies.length; i++) scope.queue.push(new Part(spawn, bodies[i]!, results, i));
      this.#schedule();
    }
    const leaving = this.#empty();
    if (leaving !== undefined) await leaving;
    // The caller has waited, and was told to stop, even if all of its tasks gave values.
    this.#end(scope.isCancelled);
    return results;
  }

  /** The body, or a part, waited for a future that was cancelled. */
  calledOff(reason: unknown): void {
    if (this.#scope.isCancelled) return;
    this.#calledOff = { reason };
    // Whoever is around is told by the group.
    tellCalledOff(this.context, reason);
    this.cancel(reason);
  }

  /** All that was in it has ended. Throws what the group throws, if it does. */
  #end(bodyStopped: boolean): void {
    const scope = this.#scope;
    this.#hasEnded = true;
    scope.close();
    for (const { name, error } of scope.lateFailures) this.#noteFailure({ task: name, error });
    if (this.#failures !== undefined) throw this.#failures.error;
    if (this.#calledOff !== undefined) throw this.#calledOff.reason;
    if (this.#cancelledItself) {
      // Whoever is around waits for no value any more.
      if (bodyStopped && scope.parent?.isCancelled === true) this.#throwReasonOf(scope.parent);
    } else if (bodyStopped || this.#wasCut) this.#throwReasonOf(scope);
  }

  #throwReasonOf({ reason }: Scope): never {
    if (this.#scope.parent?.isCancelled === true) {
      this.#wasStopped = true;
      if (this.#promise !== undefined) needNoHandler(this.#promise);
    }
    throw reason;
  }

  failed(task: Task, error: unknown): void {
    if (this.#failures?.has(error) !== true) tellSpawn(error, task.name, task.site);
    this.#noteFailure({ task: task.name, error });
  }

  left(wasCancelled: boolean, context: TaskContext | undefined): void {
    if (wasCancelled && this.#scope.isCancelled) this.#wasCut = true;
    this.#size--;
    if (context !== undefined) {
      this.#running--;
      this.#scope.remove(context);
    }
    if (this.#size === 0) this.#onEmpty?.();
    else if (this.#scope.next < this.#scope.queue.length) this.#schedule();
  }

  #describe(name: string | undefined, caller: Function): Spawn {
    const site = this.#sites.next(caller);
    const { values } = currentContext();
    const around = surroundings();
    const last = this.#lastSpawn;
    if (
      last !== undefined &&
      last.name === name &&
      last.site === site &&
      last.values === values &&
      last.surroundings === around
    )
      return last;
    return (this.#lastSpawn = new Spawn(this, name, values, around, site));
  }

  #noteFailure(failure: Failure): void {
    (this.#failures ??= new Failures()).add(failure);
    if (this.#scope.isCancelled || (!this.#cancelsOnError && failure.task !== undefined)) return;
    const who =
      failure.task === undefined ? "The body of the task group" : `Task "${failure.task}" of the group`;
    this.cancel(abortError(`${who} failed`, failure.error));
  }

  /** G1. Waits until nothing is in it; `undefined` if nothing is. */
  #empty(): Promise<void> | undefined {
    const scope = this.#scope;
    if (this.#size === 0 && !scope.isHeld) return undefined;
    const { task } = this.context;
    if (task !== undefined) task.waitsFor = LEAVING;
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.#size > 0) return;
        this.#onEmpty = undefined;
        const drained = scope.drained();
        if (drained !== undefined) void drained.then(wait);
        else {
          if (task?.waitsFor === LEAVING) task.waitsFor = undefined;
          resolve();
        }
      };
      const wait = (): void => {
        this.#onEmpty = look;
        look();
      };
      wait();
    });
  }

  beginNext(): boolean {
    const scope = this.#scope;
    const { queue } = scope;
    while (scope.next < queue.length && this.#running < this.#limit) {
      const task = queue[scope.next]!;
      queue[scope.next++] = undefined;
      if (task.done) continue;
      this.#running++;
      scope.add(task.context);
      task.begin();
      return true;
    }
    this.#isScheduled = false;
    if (scope.next >= queue.length / 2) {
      queue.splice(0, scope.next);
      scope.next = 0;
    }
    return false;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#running >= this.#limit) return;
    this.#isScheduled = true;
    beginSoon(this);
  }
}

/**
 * Runs functions as tasks of a group of their own.
 *
 * @param caller - What the user has called.
 */
export function runAll(bodies: readonly (() => unknown)[], caller: Function): Promise<unknown[]> {
  const group = new Group(new GroupScope(), Infinity, true);
  return group.give(group.runAll(bodies, caller));
}

/** The code that spawns stands above it. */
// oxlint-disable-next-line typescript/unbound-method -- only named, to be left out of stacks
const beginOfSpawn: Function = Group.prototype.spawn;
