/** What a contender of the tasks suite can do; what it has no way to do is absent. */
import { seededGenerator } from "../../harness/random.ts";

/** What the leaves of a tree do: pyperformance's async_tree. */
export const KINDS = ["none", "io", "memoization", "cpu_io_mixed"] as const;
export type Kind = (typeof KINDS)[number];

/** How one contender does it. */
export interface TasksSubject {
  /** Spawns so many tasks that do nothing, and waits for them. Gives how many ran. */
  spawnJoin(count: number): Promise<number>;
  /** Ten tasks, each of which spawns ten, down to so many leaves: the sum of the numbers of the leaves. */
  skynet(leaves: number): Promise<number>;
  /** A tree of tasks, `branches` at each of `levels`, whose leaves do something. */
  tree(levels: number, branches: number, leaf: Leaf): Promise<void>;
  /** Begins so many tasks that sleep; gives what wakes them, and waits for their ends. */
  sleepers?(count: number): Promise<() => Promise<void>>;
}

/** What a leaf does next: nothing, sleep, or compute. */
export type Leaf = () => "nothing" | "sleep" | "compute";

export const SLEEP_MS = 50;
const MEMOIZABLE_PERCENT = 90;
const FACTORIAL_OF = 500n;
const SEED = 0;

/** Leaves of a kind, the same ones at every call. */
export function leavesOf(kind: Kind): Leaf {
  const random = seededGenerator(SEED);
  let isCached = false;
  const leaves: Readonly<Record<Kind, Leaf>> = {
    none: () => "nothing",
    io: () => "sleep",
    memoization: () => {
      const isMemoizable = random() % 100 < MEMOIZABLE_PERCENT;
      if (isMemoizable && isCached) return "nothing";
      isCached ||= isMemoizable;
      return "sleep";
    },
    cpu_io_mixed: () => (random() % 2 === 0 ? "compute" : "sleep"),
  };
  return leaves[kind];
}

/** As long as Python's `math.factorial(500)`, about. */
export function compute(): bigint {
  let product = 1n;
  for (let n = 2n; n <= FACTORIAL_OF; n++) product *= n;
  return product;
}
