/** Bare promises and `Promise.all`: no names, no cancellation, nothing that waits when one fails. */
import { setTimeout as sleep } from "node:timers/promises";
import { compute, type Leaf, SLEEP_MS, type TasksSubject } from "./subject.ts";

export async function open(): Promise<TasksSubject> {
  const skynet = async (first: number, leaves: number): Promise<number> => {
    if (leaves === 1) return first;
    const size = leaves / 10;
    const parts = await Promise.all(Array.from({ length: 10 }, (_, i) => skynet(first + i * size, size)));
    return parts.reduce((sum, part) => sum + part, 0);
  };
  const tree = async (levels: number, branches: number, leaf: Leaf): Promise<void> => {
    if (levels > 0) {
      await Promise.all(Array.from({ length: branches }, () => tree(levels - 1, branches, leaf)));
      return;
    }
    const what = leaf();
    if (what === "sleep") await sleep(SLEEP_MS);
    else if (what === "compute") compute();
  };
  return {
    spawnJoin: async (count) => {
      let ran = 0;
      const nothing = async (): Promise<void> => void ran++;
      const all = new Array<Promise<void>>(count);
      for (let i = 0; i < count; i++) all[i] = nothing();
      await Promise.all(all);
      return ran;
    },
    skynet: (leaves) => skynet(0, leaves),
    tree,
    sleepers: async (count) => {
      const controllers = new Array<NodeJS.Timeout>(count);
      const wakers = new Array<() => void>(count);
      const all = Array.from({ length: count }, (_, i) =>
        (async () => {
          await new Promise<void>((resolve) => {
            wakers[i] = resolve;
            controllers[i] = setTimeout(resolve, 60_000);
          });
        })(),
      );
      return async () => {
        for (const timer of controllers) clearTimeout(timer);
        for (const wake of wakers) wake();
        await Promise.all(all);
      };
    },
  };
}
