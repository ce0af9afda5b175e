/**
 * The futures of tasks.
 *
 * A group may have a million tasks queued. So a queued task is no more than its future, of as few words as can be.
 *
 * @packageDocumentation
 */
import {
  controlOf,
  fulfil,
  Future,
  markCalledOff,
  markObserved,
  reject,
  settleCancelled,
} from "../futures/index.ts";
import { currentContext, LongTimer } from "../scopes/index.ts";
import { TaskStateError } from "./errors.ts";
import type { Spawn } from "./spawn.ts";
import { begin, type HowEnded, TaskContext } from "./task.ts";

/** The future of a task; until the task begins, all there is of it. */
export class TaskFuture extends Future<unknown> {
  #fn: (() => unknown) | undefined;
  /** While it runs; and earlier, if somebody has looked at it. */
  #context: TaskContext | undefined = undefined;

  constructor(spawn: Spawn, fn: () => unknown) {
    super(spawn);
    this.#fn = fn;
  }

  /** What the task is a part of, and its scope. Of one that has not ended. */
  get context(): TaskContext {
    return (this.#context ??= new FutureContext(this, spawnOf(this)));
  }

  /** Why the running code cannot wait for it: it is part of the task, which does not end before it does. */
  get refusal(): TaskStateError | undefined {
    let at = currentContext().task;
    // Code that runs in it has it seen.
    const own = this.#context?.taskIfSeen;
    if (own === undefined) return undefined;
    for (; at !== undefined; at = at.spawner) {
      if (at !== own) continue;
      return new TaskStateError(`Cannot await task "${own.name}" within itself: it would wait for ever`);
    }
    return undefined;
  }

  /** Calls the function, in the context of the task; the caller's own is left. Only of a task that is not done. */
  begin(): void {
    const fn = this.#fn!;
    this.#fn = undefined;
    begin(this.context, fn);
  }

  /** As {@link Future.cancel} says. A body on this thread cannot be ended: past the grace, its future waits no more. */
  stop(reason: unknown, graceMs: number): boolean {
    if (this.done) return this.cancelled;
    if (this.#fn !== undefined) {
      this.dropOut(reason);
      return true;
    }
    this.#context!.task.cancel(reason);
    if (graceMs !== Infinity) {
      const timer = new LongTimer(() => endCancelled(this, reason), graceMs, false);
      this.addDoneCallback(() => timer.clear());
    }
    return true;
  }

  /** T1. */
  dropOut(reason: unknown): void {
    this.#fn = undefined;
    endCancelled(this, reason);
    this.#context?.taskIfSeen?.close();
    spawnOf(this).owner.left(true, undefined);
  }

  /** The task has ended: a future that is kept does not keep that. */
  ended(): void {
    this.#context = undefined;
  }

  get hasBegun(): boolean {
    return this.#fn === undefined;
  }
}

/** The context of a task that has a future. */
class FutureContext extends TaskContext {
  #future: TaskFuture | undefined;

  constructor(future: TaskFuture, spawn: Spawn) {
    super(spawn);
    this.#future = future;
  }

  override get hasBegun(): boolean {
    return this.#future === undefined || this.#future.hasBegun;
  }

  override settle(how: HowEnded, outcome: unknown): void {
    const future = this.#future!;
    this.#future = undefined;
    future.ended();
    if (how === "fulfilled") return fulfil(future, outcome);
    // Its group hears of whatever it throws.
    markObserved(future);
    if (how === "failed") return reject(future, outcome);
    if (how === "called off") markCalledOff(future);
    settleCancelled(future, outcome);
  }
}

// Functions, as a class with private methods costs each instance a word.

function spawnOf(future: TaskFuture): Spawn {
  return controlOf(future) as Spawn;
}

/** Whoever has cancelled it, or its group, knows why it ends. */
function endCancelled(future: TaskFuture, reason: unknown): void {
  markObserved(future);
  settleCancelled(future, reason);
}
