/**
 * Tasks as a tree: who spawned whom, under which name, and what each waits for.
 *
 * @packageDocumentation
 */

/** One task, for as long as it runs. */
export class TaskNode {
  static #count = 0;
  /** Different from those of all other tasks of this thread. */
  readonly id: number = ++TaskNode.#count;
  readonly name: string;
  readonly parent: TaskNode | undefined;
  readonly children: Set<TaskNode> = new Set();
  /** What it waits for in the toolkit; the latest, where it waits for several things. */
  waitsFor: string | undefined = undefined;

  /** @param name - Absent: `task-` and its number. */
  constructor(name: string | undefined, parent: TaskNode | undefined) {
    this.name = name ?? `task-${this.id}`;
    this.parent = parent;
    (parent?.children ?? roots).add(this);
  }

  /** It has ended. Its own tasks, if any go on, are the roots' now. */
  end(): void {
    (this.parent?.children ?? roots).delete(this);
    for (const child of this.children) roots.add(child);
  }
}

/** The tasks that no other task has spawned, or whose parents have ended. */
export const roots: Set<TaskNode> = new Set();
