/**
 * Tasks that run.
 *
 * Most are over at once, or wait for something that is not of the toolkit. So a task that begins is a context that knows
 * its future, and becomes a scope when code in it asks for one: by a wait, by a group, by its name.
 *
 * @packageDocumentation
 */
import { wasCalledOff } from "../futures/index.ts";
import {
  AnyContext,
  currentContext,
  goIn,
  isThenable,
  type Surroundings,
  TaskNode,
} from "../scopes/index.ts";
import type { SpawnSite } from "./spawn-sites.ts";
import type { Spawn } from "./spawn.ts";

/**
 * The context of what one function does.
 *
 * ```text
 *        begin                     the function, and all it has begun, has ended
 * queued ─────▶ running ───────────────────────────────────────────────────────▶ ended
 *   └──────────────────────────── cancel ───────────────────────────────────────▶
 * ```
 *
 * - T1: a task that is cancelled while queued never runs.
 * - T2: its future is settled, and its owner told, once; the owner after the future.
 * - T3: it is cancelled if it was told to stop, and ended by throwing that reason; or if it waited for a future that was, and
 *   ended by throwing that one's. A value, or another error, counts.
 * - T4: while it runs it stands in the list of its owner, whether it was seen or not.
 * - T5: what went wrong in calls that it has made and that were told to stop, its owner hears, whatever came of itself.
 */
export abstract class TaskContext extends AnyContext {
  readonly spawn: Spawn;
  #task: Task | undefined = undefined;
  #hasEnded = false;
  /** T4. */
  before: TaskContext | undefined = undefined;
  after: TaskContext | undefined = undefined;

  constructor(spawn: Spawn) {
    super();
    this.spawn = spawn;
  }

  /** Whether the function was called. */
  abstract get hasBegun(): boolean;

  /** Tells whoever waits for the task how it has ended. */
  abstract settle(how: HowEnded, outcome: unknown): void;

  /** The task as others see it. What an ended one has left behind sees it closed. */
  get task(): Task {
    if (this.#task !== undefined) return this.#task;
    this.#task = new Task(this);
    if (this.#hasEnded) this.#task.close();
    return this.#task;
  }

  /** The same, if anybody has looked at it. */
  get taskIfSeen(): Task | undefined {
    return this.#task;
  }

  get scope(): Task {
    return this.task;
  }

  get values(): AnyContext["values"] {
    return this.spawn.values;
  }

  get surroundings(): Surroundings {
    return this.spawn.surroundings;
  }

  /** The function has ended. What it began and did not await may not have. */
  leave(outcome: unknown, failed: boolean): void {
    // Whatever it has left behind is told.
    const task = failed ? this.task : this.#task;
    if (task === undefined) return this.#end(outcome, "fulfilled");
    const how = failed ? howFailed(task, outcome) : "fulfilled";
    if (failed) task.cancel(outcome);
    const drained = task.drained();
    if (drained === undefined) this.#end(outcome, how);
    else void drained.then(() => this.#end(outcome, how));
  }

  /** T2. */
  #end(outcome: unknown, how: HowEnded): void {
    const { owner } = this.spawn;
    this.#hasEnded = true;
    this.#task?.close();
    const wasCancelled = how === "stopped" || how === "called off";
    this.settle(how, how === "stopped" ? this.task.reason : outcome);
    if (how === "failed") owner.failed(this.task, outcome);
    // T5.
    for (const { error } of this.#task?.lateFailures ?? []) owner.failed(this.task, error);
    owner.left(wasCancelled, this);
  }
}

/** How the function of a task has ended: T3. */
export type HowEnded = "fulfilled" | "failed" | "stopped" | "called off";

function howFailed(task: Task, error: unknown): HowEnded {
  if (task.isItsCancellation(error)) return "stopped";
  return wasCalledOff(task, error) ? "called off" : "failed";
}

/** The scope of what one function does, and its place among the tasks. */
export class Task extends TaskNode {
  readonly #context: TaskContext;

  constructor(context: TaskContext) {
    super(context.spawn.name, context.spawn.owner.context);
    this.#context = context;
  }

  get hasBegun(): boolean {
    return this.#context.hasBegun;
  }

  /** Where it was spawned, or one like it, if that is known. */
  get site(): SpawnSite | undefined {
    return this.#context.spawn.site;
  }
}

/** Calls the function of a task in its context; the caller's own is left. */
export function begin(context: TaskContext, fn: () => unknown): void {
  goIn(context, call, fn);
}

function call(fn: () => unknown): void {
  let result: unknown;
  try {
    result = fn();
    if (!(result instanceof Promise)) {
      if (!isThenable(result)) return returned(result);
      result = Promise.resolve(result);
    }
  } catch (error) {
    return threw(error);
  }
  // What has a `then` of its own decides for itself where that calls back.
  if ((result as Promise<unknown>).then === THEN) void (result as Promise<unknown>).then(returned, threw);
  else leaveWith(Promise.resolve(result));
}

// oxlint-disable-next-line typescript/unbound-method -- only compared
const THEN: Function = Promise.prototype.then;

/** A promise calls it in the context that it was given it in, which is that of a task. So no task needs its own. */
function returned(value: unknown): void {
  running().leave(value, false);
}

function threw(error: unknown): void {
  running().leave(error, true);
}

function leaveWith(result: Promise<unknown>): void {
  const context = running();
  void result.then(
    (value) => context.leave(value, false),
    (error: unknown) => context.leave(error, true),
  );
}

function running(): TaskContext {
  return currentContext() as TaskContext;
}
