/** What does it cost to hand work to a worker, and to get the answer back? */
import type { CaseSpec, ContenderSpec, Suite } from "../harness/types.ts";
import {
  bareMap,
  bareRing,
  bareRingWithFutures,
  heddle,
  piscinaTuned,
  plain,
  pools,
  raw,
  withOptions,
} from "./contenders.ts";
import { dispatchTargets } from "./dispatch-targets.ts";
import { CALL, DURATION, higher, ids, lower, mark, RATE } from "./tables.ts";

const pythonMap = mark("python-pool-map", "multiprocessing.Pool.map, automatic chunks", "python", "auto");
const marks: readonly ContenderSpec[] = [
  mark("java-fixed-pool", "Executors.newFixedThreadPool", "java", "fixed"),
  mark("java-fork-join", "ForkJoinPool", "java", "forkjoin"),
  mark("python-threads", "concurrent.futures.ThreadPoolExecutor", "python", "threads"),
  mark("python-processes", "concurrent.futures.ProcessPoolExecutor", "python", "processes"),
  pythonMap,
];

/** How many items piscina maps one by one, to be scaled up to the million: the whole would take half a minute. */
const ONE_BY_ONE_ITEMS = 50_000;

/** The chunk sizes at which hand-chunked peers are fastest (tried: 1,000 to 500,000, and 500 to 100,000). */
const MAP_CHUNK = 10_000;
const FACTORISE_CHUNK = 5_000;

const oneByOne = [pools[0]!, ...piscinaTuned].map((piscina) =>
  withOptions(piscina, "-one-by-one", "one task an item", { limitItems: ONE_BY_ONE_ITEMS }),
);
const chunkable = [piscinaTuned[2]!, pools.find(({ id }) => id === "workerpool")!, raw];
const chunkedMap = chunkable.map((peer) =>
  withOptions(peer, "-chunks", `chunks of ${MAP_CHUNK} made by hand`, { chunkSize: MAP_CHUNK }),
);
const chunkedWork = chunkable.map((peer) =>
  withOptions(peer, "-batches", `chunks of ${FACTORISE_CHUNK} made by hand`, { chunkSize: FACTORISE_CHUNK }),
);

/** Everybody, at the defaults and at the best settings. */
const javascript = ids(...heddle, ...pools, raw);
/** Everybody at the best settings. */
const tuned = javascript.filter((id) => id !== "piscina" && id !== "tinypool" && id !== "poolifier-queue");
/** The fastest of them, for questions that have no target. */
const few = ids(...heddle, raw).concat("piscina-sync", "piscina-async", "poolifier");
/** For cases of the kinds of task that a bare ring knows. */
const floors = [bareRing.id, bareRingWithFutures.id];
const floored = [...tuned, ...floors];
const executors = ["java-fixed-pool", "java-fork-join", "python-threads", "python-processes"];

const sampling = { samples: 50_000, warmUpMs: 400, forMs: 500 };
const quickSampling = { warmUpMs: 200, forMs: 150 };
const MEGABYTE = 2 ** 20;

const cases: readonly CaseSpec[] = [
  {
    id: "round-trip",
    run: "round-trip",
    question: "add(1, 2), one in flight",
    metrics: CALL,
    contenders: [...javascript, ...floors, ...executors],
    load: sampling,
    quickLoad: quickSampling,
  },
  {
    id: "round-trip-after-idle",
    run: "round-trip-after-idle",
    question: "the same, after 3 ms without work: nobody spins any more",
    metrics: [CALL[0], CALL[1]!],
    contenders: few,
    load: { samples: 200, warmUpCalls: 3_000, idleMs: 3 },
    quickLoad: { samples: 50 },
  },
  {
    id: "burst-1k",
    run: "burst",
    question: "bursts of 1,000 adds in flight",
    metrics: RATE,
    contenders: [...javascript, ...floors, ...executors],
    load: { inFlight: 1_000, warmUpMs: 500, forMs: 500 },
    quickLoad: { warmUpMs: 250, forMs: 200 },
  },
  {
    id: "burst-10k",
    run: "burst",
    question: "bursts of 10,000 adds in flight",
    metrics: RATE,
    contenders: [...javascript, ...floors, ...executors],
    load: { inFlight: 10_000, warmUpMs: 500, forMs: 500 },
    quickLoad: { warmUpMs: 250, forMs: 200 },
  },
  {
    id: "window-1k",
    run: "window",
    question: "1,000 adds in flight throughout",
    metrics: RATE,
    contenders: few,
    load: { inFlight: 1_000, warmUpMs: 400, forMs: 400 },
    quickLoad: { warmUpMs: 200, forMs: 150 },
  },
  {
    id: "object",
    run: "object",
    question: "a record of 1 KB there and back, one in flight",
    metrics: CALL,
    contenders: floored,
    load: sampling,
    quickLoad: quickSampling,
  },
  {
    id: "object-burst",
    run: "object-burst",
    question: "records of 1 KB there and back, bursts of 1,000",
    metrics: RATE,
    contenders: floored,
    load: { inFlight: 1_000, warmUpMs: 400, forMs: 500 },
    quickLoad: { warmUpMs: 200, forMs: 200 },
  },
  {
    id: "megabyte-copied",
    run: "megabyte-copied",
    question: "an ArrayBuffer of 1 MiB copied there and a copy of it back",
    metrics: CALL,
    contenders: floored,
    load: { ...sampling, bytes: MEGABYTE },
    quickLoad: quickSampling,
  },
  {
    id: "megabyte-sent",
    run: "megabyte-sent",
    question: "an ArrayBuffer of 1 MiB copied there, its length comes back",
    metrics: CALL,
    contenders: few,
    load: { ...sampling, bytes: MEGABYTE },
    quickLoad: quickSampling,
  },
  {
    id: "megabyte-moved",
    run: "megabyte-moved",
    question:
      "an ArrayBuffer of 1 MiB transferred there and back (poolifier: back by copy, it has no other way)",
    metrics: CALL,
    contenders: floored,
    load: { ...sampling, bytes: MEGABYTE },
    quickLoad: quickSampling,
  },
  {
    id: "cpu-task",
    run: "cpu-task",
    question: "a task of 70 to 100 µs of arithmetic, one in flight (plain-loop: the task itself)",
    metrics: CALL,
    contenders: ["plain-loop", ...tuned],
    load: { ...sampling, iterations: 25_000 },
    quickLoad: quickSampling,
  },
  {
    id: "async",
    run: "async",
    question: "a task that awaits setImmediate, one in flight",
    metrics: CALL,
    contenders: few,
    load: { ...sampling, concurrency: 1_024 },
    quickLoad: quickSampling,
  },
  {
    id: "async-burst",
    run: "async-burst",
    question: "tasks that await setImmediate, bursts of 1,000",
    metrics: RATE,
    contenders: floored,
    load: { inFlight: 1_000, concurrency: 1_024, warmUpMs: 400, forMs: 500 },
    quickLoad: { warmUpMs: 200, forMs: 200 },
  },
  {
    id: "map",
    run: "map",
    question: "x => x + 1 over 1,000,000 numbers",
    metrics: DURATION,
    contenders: ids(plain, ...heddle, ...oneByOne, ...chunkedMap, pythonMap),
    load: { items: 1_000_000, warmUpItems: 1_000_000, forMs: 400 },
    quickLoad: { warmUpItems: 100_000, forMs: 100 },
  },
  {
    id: "factorise",
    run: "factorise",
    question: "2,000,000 factorisations of numbers in 20,000 … 100,000,000",
    metrics: DURATION,
    contenders: ids(plain, bareMap, ...heddle, ...chunkedWork),
    workers: [2],
    load: { items: 2_000_000, warmUpItems: 20_000, forMs: 0 },
    quickLoad: { items: 200_000 },
  },
  {
    id: "largest-factor",
    run: "largest-factor",
    question: "the same 2,000,000 factorisations, and of each only the largest factor comes back",
    metrics: DURATION,
    contenders: ids(plain, bareMap, ...heddle, ...chunkedWork),
    workers: [2],
    load: { items: 2_000_000, warmUpItems: 20_000, forMs: 0 },
    quickLoad: { items: 200_000 },
  },
  {
    id: "idle",
    run: "idle",
    question: "CPU of a pool without work, from right after a burst on (postMessage: bare workers)",
    metrics: [lower("cpu", "% of a core")],
    contenders: ids(...heddle, raw),
    load: { burst: 10_000, idleMs: 10_000 },
    quickLoad: { idleMs: 5_000 },
  },
  {
    id: "timers",
    run: "timers",
    question: "timers of an idle worker that ran when due",
    metrics: [higher("ran", "%")],
    contenders: tuned,
    workers: [1],
    load: { burst: 1_000, ticks: 40, everyMs: 10, graceMs: 100 },
  },
  {
    id: "exit",
    run: "exit",
    question: "from the last result to the end of a process that never closed its pool",
    metrics: [lower("exit", "ms")],
    contenders: ids(...heddle),
    workers: [2],
    load: { burst: 1_000 },
  },
];

export const dispatch: Suite = {
  name: "dispatch",
  question: "What does it cost to hand work to a worker, and to get the answer back?",
  doesNotShow:
    "Does not show: long tasks (any pool is good at those), other machines, or more workers than cores.",
  workers: [1, 2],
  cases,
  contenders: [
    ...heddle,
    ...pools,
    raw,
    plain,
    bareMap,
    bareRing,
    bareRingWithFutures,
    ...oneByOne,
    ...chunkedMap,
    ...chunkedWork,
    ...marks,
  ],
  targets: dispatchTargets(oneByOne, [pythonMap]),
  packages: ["heddle", "piscina", "tinypool", "workerpool", "poolifier"],
};
