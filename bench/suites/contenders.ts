/** The contenders and their settings. Every peer runs at the best that its documentation offers; the default stands beside it. */
import type { ContenderSpec } from "../harness/types.ts";
import { contender } from "./tables.ts";

/** Tasks that a tuned peer may have under way per worker: enough that no burst of the suites queues on the main thread. */
const TASKS_PER_WORKER = 16_384;

const tuned = { tuned: true, tasksPerWorker: TASKS_PER_WORKER };

export const heddle: readonly ContenderSpec[] = [
  contender.ours("heddle", "defaults", "heddle.ts"),
  {
    id: "heddle-no-spin",
    role: "ours",
    settings: "HEDDLE_SPIN=0: sleeps at once, never spins",
    run: { module: "heddle.ts" },
    environment: { HEDDLE_SPIN: "0" },
  },
];

export const piscinaTuned: readonly ContenderSpec[] = ["sync", "async", "disabled"].map((atomics) =>
  contender.pool(
    `piscina-${atomics}`,
    `atomics ${atomics}, ${TASKS_PER_WORKER} tasks per worker, no timing`,
    "piscina.ts",
    { ...tuned, atomics },
  ),
);

export const pools: readonly ContenderSpec[] = [
  contender.pool("piscina", "defaults", "piscina.ts"),
  ...piscinaTuned,
  contender.pool("tinypool", "defaults", "tinypool.ts"),
  contender.pool("tinypool-atomics", `atomics, ${TASKS_PER_WORKER} tasks per worker`, "tinypool.ts", {
    ...tuned,
    atomics: true,
  }),
  contender.pool("tinypool-events", `no atomics, ${TASKS_PER_WORKER} tasks per worker`, "tinypool.ts", {
    ...tuned,
    atomics: false,
  }),
  contender.pool("workerpool", "threads (one task per worker, it has no other way)", "workerpool.ts"),
  contender.pool("poolifier", "round robin, no events, every task posted at once", "poolifier.ts"),
  contender.pool(
    "poolifier-queue",
    `round robin, no events, tasks queue, ${TASKS_PER_WORKER} tasks per worker`,
    "poolifier.ts",
    { queue: true, tasksPerWorker: TASKS_PER_WORKER },
  ),
];

/** A contender with more options, under a name of its own. */
export function withOptions(
  contender: ContenderSpec,
  suffix: string,
  settings: string,
  options: Readonly<Record<string, number | boolean>>,
): ContenderSpec {
  if (!("module" in contender.run))
    throw new TypeError(`Cannot give options to ${contender.id}: it is not a module`);
  return {
    ...contender,
    id: contender.id + suffix,
    settings: `${contender.settings}; ${settings}`,
    run: { ...contender.run, options: { ...contender.run.options, ...options } },
  };
}

export const raw: ContenderSpec = contender.raw(
  "postMessage",
  "one message a task, replies matched by id",
  "raw.ts",
);

export const plain: ContenderSpec = contender.floor("plain-loop", "no workers", "plain.ts");

export const bareMap: ContenderSpec = contender.floor(
  "bare-threads",
  "threads that take numbers out of shared memory, and give the sum of all results",
  "bare-map.ts",
);

export const bareRing: ContenderSpec = contender.floor(
  "bare-ring",
  "one spinning thread on bare Atomics, five kinds of task, the record by hand, buffers by a port",
  "bare-ring.ts",
);

export const bareRingWithFutures: ContenderSpec = withOptions(
  bareRing,
  "-futures",
  "answers that are no native promises, as what can be cancelled is none",
  { futures: true },
);
