/** Task groups. A group for each node of a tree: what belongs together. */
import { sleep, type TaskGroup, taskGroup } from "heddle";
import { compute, type Leaf, SLEEP_MS, type TasksSubject } from "./subject.ts";

export async function open(): Promise<TasksSubject> {
  const skynet = async (first: number, leaves: number): Promise<number> => {
    if (leaves === 1) return first;
    const size = leaves / 10;
    return await taskGroup(async (group) => {
      const parts = Array.from({ length: 10 }, (_, i) => group.spawn(() => skynet(first + i * size, size)));
      let sum = 0;
      for (const part of parts) sum += await part;
      return sum;
    });
  };
  const tree = async (levels: number, branches: number, leaf: Leaf): Promise<void> => {
    if (levels === 0) {
      const what = leaf();
      if (what === "sleep") await sleep(SLEEP_MS);
      else if (what === "compute") compute();
      return;
    }
    await taskGroup((group) => {
      for (let i = 0; i < branches; i++) group.spawn(() => tree(levels - 1, branches, leaf));
    });
  };
  return {
    spawnJoin: async (count) => {
      let ran = 0;
      const nothing = async (): Promise<void> => void ran++;
      await taskGroup((group) => {
        for (let i = 0; i < count; i++) group.spawn(nothing);
      });
      return ran;
    },
    skynet: (leaves) => skynet(0, leaves),
    tree,
    sleepers: async (count) => {
      let group!: TaskGroup;
      const whole = taskGroup((inner) => {
        group = inner;
        for (let i = 0; i < count; i++) inner.spawn(() => sleep(60_000));
      });
      await new Promise((resolve) => setTimeout(resolve, 1));
      return async () => {
        group.cancel();
        await whole;
      };
    },
  };
}
