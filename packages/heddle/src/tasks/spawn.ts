import type { Future, TaskControl } from "../futures/index.ts";
import type { AnyContext, Surroundings } from "../scopes/index.ts";
import type { SpawnSite } from "./spawn-sites.ts";
import type { TaskFuture } from "./task-future.ts";
import type { Task, TaskContext } from "./task.ts";

/** Whom a task tells what becomes of it. */
export interface TaskOwner {
  /** The context that its tasks are spawned in, with its scope. */
  readonly context: AnyContext;
  /** The error of a task has to be seen to. */
  failed(task: Task, error: unknown): void;
  /** A part of the whole cannot be had: it waited for a future that was cancelled. */
  calledOff(reason: unknown): void;
  /** A task has ended, and whoever waits for it was told; with its context, if it had begun. */
  left(wasCancelled: boolean, context: TaskContext | undefined): void;
}

/** What tasks that were spawned one after the other mostly have in common. */
export class Spawn implements TaskControl {
  readonly owner: TaskOwner;
  readonly name: string | undefined;
  readonly values: AnyContext["values"];
  readonly surroundings: Surroundings;
  /** Where it was spawned, or one like it, if that is known. */
  readonly site: SpawnSite | undefined;

  constructor(
    owner: TaskOwner,
    name: string | undefined,
    values: AnyContext["values"],
    around: Surroundings,
    site: SpawnSite | undefined,
  ) {
    this.owner = owner;
    this.name = name;
    this.values = values;
    this.surroundings = around;
    this.site = site;
  }

  isRunning(future: Future<unknown>): boolean {
    return (future as TaskFuture).hasBegun;
  }

  cancel(future: Future<unknown>, reason: unknown, graceMs: number): boolean {
    return (future as TaskFuture).stop(reason, graceMs);
  }

  refusal(future: Future<unknown>): Error | undefined {
    return (future as TaskFuture).refusal;
  }
}
