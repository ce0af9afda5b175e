import { Scope } from "../scopes/index.ts";
import { Task, type TaskContext } from "./task.ts";

/** A task that has not begun. */
export interface Queued {
  /** It was cancelled before it began. */
  readonly done: boolean;
  readonly context: TaskContext;
  begin(): void;
  /** It is cancelled before it begins. */
  dropOut(reason: unknown): void;
}

/** The scope of a group, with its tasks. */
export class GroupScope extends Scope {
  /** Those that have not begun, from `next` on; some may have been cancelled. */
  readonly queue: (Queued | undefined)[] = [];
  next = 0;
  /** Those that run, as a list: the latest. */
  #latest: TaskContext | undefined = undefined;

  override get inner(): readonly Scope[] {
    const tasks: Scope[] = [];
    for (let at = this.#latest; at !== undefined; at = at.before) tasks.push(at.task);
    tasks.reverse();
    for (const { context } of this.#queued()) tasks.push(context.task);
    // Whoever looks makes a scope of each. Those that are in no task stand before.
    const others = super.inner.filter((scope) => !(scope instanceof Task));
    return [...others, ...tasks];
  }

  override wasCancelled(): void {
    for (const task of this.#queued()) task.dropOut(this.reason);
  }

  add(context: TaskContext): void {
    const latest = this.#latest;
    context.before = latest;
    if (latest !== undefined) latest.after = context;
    this.#latest = context;
  }

  remove(context: TaskContext): void {
    const { before, after } = context;
    if (after === undefined) this.#latest = before;
    else after.before = before;
    if (before !== undefined) before.after = after;
    context.before = context.after = undefined;
  }

  *#queued(): Generator<Queued> {
    for (let i = this.next; i < this.queue.length; i++) {
      const task = this.queue[i]!;
      if (!task.done) yield task;
    }
  }
}
