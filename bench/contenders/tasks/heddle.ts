/** Task groups: one for each node of a tree, as what belongs together. `way: "spawn"` spawns the parts of skynet by hand, and awaits each. */
import { gather, sleep, type TaskGroup, taskGroup } from "heddle";
import type { OpenOptions } from "../pool.ts";
import { compute, type Leaf, SLEEP_MS, type TasksSubject } from "./subject.ts";

export async function open({ settings }: OpenOptions): Promise<TasksSubject> {
  const spawns = settings["way"] === "spawn";
  const skynet = (first: number, leaves: number): number | Promise<number> =>
    leaves === 1 ? first : (spawns ? sumOfSpawned : sumOf)(first, leaves / 10);
  const sumOf = async (first: number, size: number): Promise<number> => {
    const parts = await gather(...Array.from({ length: 10 }, (_, i) => () => skynet(first + i * size, size)));
    return parts.reduce((sum, part) => sum + part, 0);
  };
  const sumOfSpawned = (first: number, size: number): Promise<number> =>
    taskGroup(async (group) => {
      const parts = Array.from({ length: 10 }, (_, i) => group.spawn(() => skynet(first + i * size, size)));
      let sum = 0;
      for (const part of parts) sum += await part;
      return sum;
    });
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
    skynet: async (leaves) => await skynet(0, leaves),
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
