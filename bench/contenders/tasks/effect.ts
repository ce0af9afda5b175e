/**
 * Effect: fibers. `way: "fork"` forks each and joins it, as a group's spawn does; else `forEach` with unbounded concurrency, its
 * best for many of one kind. All in one program.
 */
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import type { OpenOptions } from "../pool.ts";
import { compute, type Leaf, SLEEP_MS, type TasksSubject } from "./subject.ts";

const UNBOUNDED = { concurrency: "unbounded" } as const;

export async function open({ settings }: OpenOptions): Promise<TasksSubject> {
  const skynet = (first: number, leaves: number): Effect.Effect<number> => {
    if (leaves === 1) return Effect.succeed(first);
    const size = leaves / 10;
    const parts = Array.from({ length: 10 }, (_, i) => i);
    return Effect.map(
      Effect.forEach(parts, (i) => Effect.suspend(() => skynet(first + i * size, size)), UNBOUNDED),
      (sums) => sums.reduce((sum, part) => sum + part, 0),
    );
  };
  const tree = (levels: number, branches: number, leaf: Leaf): Effect.Effect<void> => {
    if (levels > 0) {
      const places = Array.from({ length: branches }, (_, i) => i);
      const grow = (): Effect.Effect<void> => Effect.suspend(() => tree(levels - 1, branches, leaf));
      return Effect.forEach(places, grow, { ...UNBOUNDED, discard: true });
    }
    const what = leaf();
    if (what === "sleep") return Effect.sleep(SLEEP_MS);
    return what === "compute" ? Effect.sync(() => void compute()) : Effect.void;
  };
  const byFork = settings["way"] === "fork";
  return {
    spawnJoin: (count) => {
      let ran = 0;
      const nothing = Effect.sync(() => void ran++);
      if (!byFork) {
        const all = Effect.forEach(new Array<undefined>(count).fill(undefined), () => nothing, {
          ...UNBOUNDED,
          discard: true,
        });
        return Effect.runPromise(Effect.map(all, () => ran));
      }
      return Effect.runPromise(
        Effect.gen(function* () {
          const fibers = new Array<Fiber.Fiber<void>>(count);
          for (let i = 0; i < count; i++) fibers[i] = yield* Effect.forkChild(nothing);
          for (const fiber of fibers) yield* Fiber.join(fiber);
          return ran;
        }),
      );
    },
    skynet: (leaves) => Effect.runPromise(skynet(0, leaves)),
    tree: (levels, branches, leaf) => Effect.runPromise(tree(levels, branches, leaf)),
  };
}
