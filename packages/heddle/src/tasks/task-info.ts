/**
 * Seeing what runs: the tasks of this thread, as a tree.
 *
 * @packageDocumentation
 */
import { inspect } from "node:util";
import { isWorkerThread, workerThreads } from "#heap";
import { allTasks, currentContext, type TaskNode } from "../scopes/index.ts";
import { Task } from "./task.ts";

/** A task, as it is whenever it is asked. */
export interface TaskInfo {
  /** Different from those of all other tasks of this thread; 0 for the code outside any task. */
  readonly id: number;
  readonly name: string;
  /** `"pending"`: it has not begun. `"waiting"`: in a wait of the toolkit. `"cancelling"`: told to stop. */
  readonly state: "pending" | "running" | "waiting" | "cancelling" | "done";
  /**
   * Aborts when it is told to stop. Asked by code that runs in the task: also when only that code is, as under
   * `withTimeout`. For `fetch`, streams and whatever else takes an `AbortSignal`.
   */
  readonly signal: AbortSignal;
  /** The task that it belongs to; `undefined` for one that was spawned outside any. */
  readonly parent: TaskInfo | undefined;
  /** What it waits for in the toolkit, such as `Lock.acquire()`. */
  readonly waitsFor: string | undefined;
}

const NEVER: AbortSignal = new AbortController().signal;

class View implements TaskInfo {
  readonly #node: TaskNode;

  constructor(node: TaskNode) {
    this.#node = node;
  }

  get id(): number {
    return this.#node.id;
  }

  get name(): string {
    return this.#node.name;
  }

  get state(): TaskInfo["state"] {
    const node = this.#node;
    if (node.isClosed) return "done";
    if (node.isCancelled) return "cancelling";
    if (node instanceof Task && !node.hasBegun) return "pending";
    return node.waitsFor === undefined ? "running" : "waiting";
  }

  get signal(): AbortSignal {
    const { task, scope } = currentContext();
    return task === this.#node ? scope!.signal : this.#node.signal;
  }

  get parent(): TaskInfo | undefined {
    const { spawner } = this.#node;
    return spawner === undefined ? undefined : viewOf(spawner);
  }

  get waitsFor(): string | undefined {
    return this.#node.waitsFor;
  }
}

Object.defineProperty(View.prototype, inspect.custom, {
  value(this: TaskInfo): string {
    const waits = this.waitsFor === undefined ? "" : `, in ${this.waitsFor}`;
    return `Task ${this.id} "${this.name}" (${this.state}${waits})`;
  },
});

/** What stands for the code that runs outside any task. */
const OUTSIDE_TASKS: TaskInfo = {
  id: 0,
  name: isWorkerThread ? `thread-${workerThreads().threadId}` : "main",
  state: "running",
  get signal(): AbortSignal {
    return currentContext().scope?.signal ?? NEVER;
  },
  parent: undefined,
  waitsFor: undefined,
};

const views = new WeakMap<TaskNode, TaskInfo>();

function viewOf(node: TaskNode): TaskInfo {
  let view = views.get(node);
  if (view === undefined) views.set(node, (view = new View(node)));
  return view;
}

/**
 * The task that the running code belongs to. Outside any task: what stands for the thread, with id 0.
 *
 * @example
 * ```ts
 * import { currentTask, taskGroup } from "heddle";
 *
 * await taskGroup((group) => group.spawn(() => currentTask().name, { name: "reader" })); // => "reader"
 * ```
 */
export function currentTask(): TaskInfo {
  const { task } = currentContext();
  return task === undefined ? OUTSIDE_TASKS : viewOf(task);
}

/** All tasks of this thread that have not ended; each after the one that it belongs to. */
export function tasks(): TaskInfo[] {
  return allTasks().map(viewOf);
}

/**
 * The tree of tasks in words: a line for each, with what it does.
 *
 * @example
 * ```ts
 * import { sleep, taskGroup, taskTree } from "heddle";
 *
 * await taskGroup(async (group) => {
 *   group.spawn(() => sleep(60_000), { name: "sleeper" });
 *   await sleep(0);
 *   console.log(taskTree());
 *   group.cancel();
 * });
 * ```
 */
export function taskTree(): string {
  const children = Map.groupBy(tasks(), ({ parent }) => parent);
  const lines = [OUTSIDE_TASKS.name];
  const left: { task: TaskInfo; indent: string; isLast: boolean }[] = [];
  const addChildren = (parent: TaskInfo | undefined, indent: string): void => {
    const list = children.get(parent) ?? [];
    for (let i = list.length - 1; i >= 0; i--) {
      left.push({ task: list[i]!, indent, isLast: i === list.length - 1 });
    }
  };
  addChildren(undefined, "");
  // No recursion: tasks may be nested deeper than the stack is.
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { task, indent, isLast } = next;
    const state = task.waitsFor === undefined ? task.state : `${task.state}: ${task.waitsFor}`;
    lines.push(`${indent}${isLast ? "└─" : "├─"} ${task.name} (${state})`);
    addChildren(task, `${indent}${isLast ? "  " : "│ "} `);
  }
  return lines.join("\n");
}

/**
 * From now on the signal, or `process.emit` of it, has the tree of tasks printed to the standard error.
 *
 * @returns Dispose of it to end that.
 */
export function printTasksOn(signal: NodeJS.Signals = "SIGUSR2"): Disposable {
  const print = (): void => void process.stderr.write(`${treeOrError()}\n`);
  process.on(signal, print);
  return { [Symbol.dispose]: () => void process.off(signal, print) };
}

/** Who asks a program what it does does not end it. A tree may be too large for a string. */
function treeOrError(): string {
  try {
    return taskTree();
  } catch (error) {
    return `Cannot print the tree of ${tasks().length} tasks: ${String(error)}`;
  }
}
