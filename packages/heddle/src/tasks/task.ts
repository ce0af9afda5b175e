/**
 * The tasks of a group: queued, as futures; from their begin on, as scopes too.
 *
 * A group may have a million tasks queued. So a queued task is no more than its future, and becomes a scope when it
 * begins, or when somebody wants to see it.
 *
 * @packageDocumentation
 */
import {
  fulfil,
  Future,
  markObserved,
  reject,
  settleCancelled,
  type TaskControl,
  type WaitOptions,
} from "../futures/index.ts";
import { Context, currentContext, enter, TaskNode } from "../scopes/index.ts";
import { TaskStateError } from "./errors.ts";
import type { SpawnSite } from "./spawn-sites.ts";

/** Whom a task tells what becomes of it. */
export interface TaskOwner {
  /** The context that its tasks are spawned in, with its scope. */
  readonly context: Context;
  /** The error of a task has to be seen to. */
  failed(task: Task, error: unknown): void;
  /** A task has ended, whose future is settled. */
  left(future: Future<unknown>, hadBegun: boolean): void;
}

/** What tasks that were spawned one after the other mostly have in common. */
export interface Spawn {
  readonly owner: TaskOwner;
  readonly name: string | undefined;
  readonly values: Context["values"];
  /** Where it was spawned, or one like it, if that is known. */
  readonly site: SpawnSite | undefined;
}

/** The future of a task; until the task begins, all there is of it. */
export class TaskFuture extends Future<unknown> {
  readonly spawn: Spawn;
  #fn: (() => unknown) | undefined;
  #task: Task | undefined = undefined;

  constructor(spawn: Spawn, fn: () => unknown) {
    super(CONTROL);
    this.spawn = spawn;
    this.#fn = fn;
  }

  /** The task as others see it. */
  get task(): Task {
    return (this.#task ??= new Task(this));
  }

  // oxlint-disable-next-line unicorn/no-thenable -- a future is awaited
  override then<A = unknown, B = never>(
    onFulfilled?: ((value: unknown) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const refusal = this.#refusal();
    if (refusal === undefined) return super.then(onFulfilled, onRejected);
    return Promise.reject(refusal).then(onFulfilled, onRejected);
  }

  override async result(options?: WaitOptions): Promise<unknown> {
    const refusal = this.#refusal();
    if (refusal !== undefined) throw refusal;
    return await super.result(options);
  }

  override async exception(options?: WaitOptions): Promise<unknown> {
    const refusal = this.#refusal();
    if (refusal !== undefined) throw refusal;
    return await super.exception(options);
  }

  /** Why the running code cannot wait for it: it is part of the task, which does not end before it does. */
  #refusal(): TaskStateError | undefined {
    const own = this.#task;
    if (own === undefined || this.done) return undefined;
    for (let at = currentContext().task; at !== undefined; at = at.spawner) {
      if (at !== own) continue;
      return new TaskStateError(`Cannot await task "${own.name}" within itself: it would wait for ever`);
    }
    return undefined;
  }

  /** Calls the function, in the context of the task; the caller's own is left. Only of a task that is not done. */
  begin(): void {
    const fn = this.#fn!;
    this.#fn = undefined;
    this.task.start(fn);
  }

  /** As {@link Future.cancel} says. A body on this thread cannot be ended: past the grace, its future waits no more. */
  stop(reason: unknown, graceMs: number): boolean {
    if (this.done) return this.cancelled;
    if (this.#fn !== undefined) {
      this.dropOut(reason);
      return true;
    }
    this.#task!.cancel(reason);
    if (graceMs !== Infinity) {
      const timer = setTimeout(() => settleCancelled(this, reason), graceMs);
      this.addDoneCallback(() => clearTimeout(timer));
    }
    return true;
  }

  /** T1. */
  dropOut(reason: unknown): void {
    this.#fn = undefined;
    settleCancelled(this, reason);
    this.#task?.close();
    this.spawn.owner.left(this, false);
  }

  get hasBegun(): boolean {
    return this.#fn === undefined;
  }
}

const CONTROL: TaskControl = {
  isRunning: (future) => (future as TaskFuture).hasBegun,
  cancel: (future, reason, graceMs) => (future as TaskFuture).stop(reason, graceMs),
};

/**
 * The scope of what one function does, and its place among the tasks.
 *
 * ```text
 *        begin                     the function, and all it has begun, has ended
 * queued ─────▶ running ───────────────────────────────────────────────────────▶ ended
 *   └──────────────────────────── cancel ───────────────────────────────────────▶
 * ```
 *
 * - T1: a task that is cancelled while queued never runs.
 * - T2: its future is settled, and its owner told, once; the owner after the future.
 * - T3: it is cancelled if it was told to stop, and ended by throwing that reason. A value, or another error, counts.
 */
export class Task extends TaskNode {
  readonly #future: TaskFuture;

  constructor(future: TaskFuture) {
    super(future.spawn.name, future.spawn.owner.context);
    this.#future = future;
  }

  get hasBegun(): boolean {
    return this.#future.hasBegun;
  }

  /** Where it was spawned, or one like it, if that is known. */
  get site(): SpawnSite | undefined {
    return this.#future.spawn.site;
  }

  start(fn: () => unknown): void {
    enter(new Context(this, this, this.#future.spawn.values));
    let result: unknown;
    try {
      result = fn();
      if (!(result instanceof Promise)) {
        if (!isThenable(result)) return this.#leave(result, false);
        result = Promise.resolve(result);
      }
    } catch (error) {
      return this.#leave(error, true);
    }
    (result as Promise<unknown>).then(
      (value) => this.#leave(value, false),
      (error: unknown) => this.#leave(error, true),
    );
  }

  /** The function has ended. What it began and did not await may not have. */
  #leave(outcome: unknown, failed: boolean): void {
    // T3.
    const wasStopped = failed && this.isItsCancellation(outcome);
    // Of no use any more.
    if (failed) this.cancel(outcome);
    const drained = this.drained();
    if (drained === undefined) this.#end(outcome, failed, wasStopped);
    else void drained.then(() => this.#end(outcome, failed, wasStopped));
  }

  /** T2. */
  #end(outcome: unknown, failed: boolean, wasStopped: boolean): void {
    const future = this.#future;
    this.close();
    if (!failed) fulfil(future, outcome);
    else if (wasStopped) settleCancelled(future, this.reason);
    else {
      markObserved(future);
      reject(future, outcome);
      future.spawn.owner.failed(this, outcome);
    }
    future.spawn.owner.left(future, true);
  }
}

function isThenable(value: unknown): boolean {
  return (
    value !== null &&
    (typeof value === "object" || typeof value === "function") &&
    typeof (value as { then?: unknown }).then === "function"
  );
}
