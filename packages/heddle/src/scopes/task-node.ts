/**
 * Tasks as a tree: who spawned whom, under which name, and what each waits for.
 *
 * @packageDocumentation
 */
import type { AnyContext } from "./context.ts";
import { OUTERMOST, Scope } from "./scope.ts";

let count = 0;

/** One task, for as long as it runs. It is the scope of all that runs in it. */
export class TaskNode extends Scope {
  /** Different from those of all other tasks of this thread. */
  readonly id: number = ++count;
  readonly #name: string | undefined;
  /** The task that has spawned this one. */
  readonly spawner: TaskNode | undefined;
  /** What it waits for in the toolkit; the latest, where it waits for several things. */
  waitsFor: string | undefined = undefined;

  /**
   * @param name - Absent: `task-` and its number.
   * @param around - The context that it is spawned in.
   */
  constructor(name: string | undefined, around: AnyContext) {
    super(undefined, around);
    this.#name = name;
    this.spawner = around.task;
  }

  get name(): string {
    return this.#name ?? `task-${this.id}`;
  }

  /** The task as code in it, or who lists all, gets to see it; `undefined` if this is none at present. */
  asTask(): TaskNode | undefined {
    return this;
  }
}

const unmade = new Set<() => void>();

/** Has `make` called whenever all tasks are asked for, to make those that nobody has asked for yet. */
export function beforeListing(make: () => void): void {
  unmade.add(make);
}

/** All tasks of this thread that have not ended: each before those that it has spawned. */
export function allTasks(): TaskNode[] {
  for (const make of unmade) make();
  const tasks: TaskNode[] = [];
  const left: Scope[] = [OUTERMOST];
  for (let scope = left.pop(); scope !== undefined; scope = left.pop()) {
    const task = scope instanceof TaskNode ? scope.asTask() : undefined;
    if (task !== undefined) tasks.push(task);
    // One by one: there may be more than a call takes arguments.
    for (const inner of scope.inner.toReversed()) left.push(inner);
  }
  return tasks;
}
