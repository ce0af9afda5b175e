/** The contenders and their settings. Every peer runs at the best that its documentation offers; the default stands beside it. */
import type { ContenderSpec } from "../harness/types.ts";

/** Tasks that a tuned peer may have under way per worker: enough that no burst of the suites queues on the main thread. */
const TASKS_PER_WORKER = 16_384;

const tuned = { tuned: true, tasksPerWorker: TASKS_PER_WORKER };

export const heddle: readonly ContenderSpec[] = [
  { id: "heddle", role: "ours", settings: "defaults", run: { module: "heddle.ts" } },
  {
    id: "heddle-no-spin",
    role: "ours",
    settings: "HEDDLE_SPIN=0: sleeps at once, never spins",
    run: { module: "heddle.ts" },
    environment: { HEDDLE_SPIN: "0" },
  },
];

export const piscinaTuned: readonly ContenderSpec[] = ["sync", "async", "disabled"].map((atomics) => ({
  id: `piscina-${atomics}`,
  role: "pool",
  settings: `atomics ${atomics}, ${TASKS_PER_WORKER} tasks per worker, no timing`,
  run: { module: "piscina.ts", options: { ...tuned, atomics } },
}));

export const pools: readonly ContenderSpec[] = [
  { id: "piscina", role: "pool", settings: "defaults", run: { module: "piscina.ts" } },
  ...piscinaTuned,
  { id: "tinypool", role: "pool", settings: "defaults", run: { module: "tinypool.ts" } },
  {
    id: "tinypool-atomics",
    role: "pool",
    settings: `atomics, ${TASKS_PER_WORKER} tasks per worker`,
    run: { module: "tinypool.ts", options: { ...tuned, atomics: true } },
  },
  {
    id: "tinypool-events",
    role: "pool",
    settings: `no atomics, ${TASKS_PER_WORKER} tasks per worker`,
    run: { module: "tinypool.ts", options: { ...tuned, atomics: false } },
  },
  {
    id: "workerpool",
    role: "pool",
    settings: "threads (one task per worker, it has no other way)",
    run: { module: "workerpool.ts" },
  },
  {
    id: "poolifier",
    role: "pool",
    settings: "round robin, no events, every task posted at once",
    run: { module: "poolifier.ts" },
  },
  {
    id: "poolifier-queue",
    role: "pool",
    settings: `round robin, no events, tasks queue, ${TASKS_PER_WORKER} tasks per worker`,
    run: { module: "poolifier.ts", options: { queue: true, tasksPerWorker: TASKS_PER_WORKER } },
  },
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

export const raw: ContenderSpec = {
  id: "postMessage",
  role: "raw",
  settings: "one message a task, replies matched by id",
  run: { module: "raw.ts" },
};

export const plain: ContenderSpec = {
  id: "plain-loop",
  role: "floor",
  settings: "no workers",
  run: { module: "plain.ts" },
};

export const bareRing: ContenderSpec = {
  id: "bare-ring",
  role: "floor",
  settings: "one spinning thread on bare Atomics, five kinds of task, the record by hand, buffers by a port",
  run: { module: "bare-ring.ts" },
};

export const bareRingWithFutures: ContenderSpec = withOptions(
  bareRing,
  "-futures",
  "answers that are no native promises, as what can be cancelled is none",
  { futures: true },
);
