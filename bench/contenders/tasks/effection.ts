/** Effection: operations. Each task is spawned, and joined; in trees by `all`, which spawns one for each. */
import { all, type Operation, run, sleep, spawn, type Task } from "effection";
import { compute, type Leaf, SLEEP_MS, type TasksSubject } from "./subject.ts";

export async function open(): Promise<TasksSubject> {
  function* skynet(first: number, leaves: number): Operation<number> {
    if (leaves === 1) return first;
    const size = leaves / 10;
    const sums: number[] = yield* all(Array.from({ length: 10 }, (_, i) => skynet(first + i * size, size)));
    return sums.reduce((sum, part) => sum + part, 0);
  }
  function* tree(levels: number, branches: number, leaf: Leaf): Operation<void> {
    if (levels > 0) {
      yield* all(Array.from({ length: branches }, () => tree(levels - 1, branches, leaf)));
      return;
    }
    const what = leaf();
    if (what === "sleep") yield* sleep(SLEEP_MS);
    else if (what === "compute") compute();
  }
  return {
    spawnJoin: async (count) => {
      let ran = 0;
      // oxlint-disable-next-line require-yield -- a task that does nothing waits for nothing
      function* nothing(): Operation<void> {
        ran++;
      }
      return await run(function* () {
        const tasks = new Array<Task<void>>(count);
        for (let i = 0; i < count; i++) tasks[i] = yield* spawn(nothing);
        for (const task of tasks) yield* task;
        return ran;
      });
    },
    skynet: (leaves) => run(() => skynet(0, leaves)),
    tree: (levels, branches, leaf) => run(() => tree(levels, branches, leaf)),
  };
}
