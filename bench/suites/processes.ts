/** What does it cost that processes share memory? */
import type { CaseSpec, ContenderSpec, Suite } from "../harness/types.ts";
import { atLeast, atMost, CALL, contender, COST, higher, ids, lower, mark } from "./tables.ts";

const heddle: ContenderSpec = contender.ours(
  "heddle",
  "objects in a SharedHeap; Process",
  "processes/heddle.ts",
);
const threads: ContenderSpec = contender.floor(
  "heddle-threads",
  "the same lock in the heap that threads share",
  "processes/threads.ts",
);
const futex: ContenderSpec = contender.floor(
  "bare-futex",
  "two words in a mapped file, futex(2) by koffi",
  "processes/futex.ts",
);
const ring: ContenderSpec = contender.floor(
  "bare-ring",
  "a ring of integers in a mapped file, one sender, one receiver; futex(2) by koffi",
  "processes/ring.ts",
);
const spawn: ContenderSpec = contender.floor(
  "bare-process",
  "a process of Node that does nothing, from its start to its end",
  "processes/spawn.ts",
);
const fork: ContenderSpec = contender.raw("fork", "child_process.fork and process.send", "processes/fork.ts");
const pool: ContenderSpec = contender.ours("heddle-pool", "ProcessPoolExecutor", "heddle.ts", {
  processes: true,
});
const pools: readonly ContenderSpec[] = [
  contender.pool("tinypool-processes", "runtime child_process", "tinypool.ts", { processes: true }),
  contender.pool("workerpool-processes", "workerType process", "workerpool.ts", { processes: true }),
  mark("python-processes", "concurrent.futures.ProcessPoolExecutor", "python", "processes"),
];

const cases: readonly CaseSpec[] = [
  {
    id: "lock",
    run: "process-lock",
    question: "acquireSync and release, with nobody else there",
    metrics: COST,
    contenders: ids(heddle, threads),
    load: { times: 3_000_000 },
    quickLoad: { times: 500_000 },
  },
  {
    id: "ping-pong",
    run: "process-ping-pong",
    question: "there and back between two processes that block",
    metrics: [lower("p50", "µs"), lower("p99", "µs")],
    contenders: ids(heddle, futex),
    load: { rounds: 20_000 },
    quickLoad: { rounds: 5_000 },
  },
  {
    id: "haul",
    run: "process-haul",
    question: "small values from one process to another",
    metrics: [higher("rate", "values/s")],
    contenders: ids(heddle, ring, fork),
    load: { values: 2_000_000 },
    quickLoad: { values: 300_000 },
  },
  {
    id: "round-trip",
    run: "round-trip",
    question: "add(1, 2) in a pool of processes, one in flight",
    metrics: CALL,
    contenders: ids(pool, ...pools),
    load: { samples: 20_000, warmUpMs: 400, forMs: 500 },
    quickLoad: { warmUpMs: 200, forMs: 150 },
  },
  {
    id: "first-answer",
    run: "process-first",
    question: "from starting a process to its first answer; Heddle's comes with the end of the process",
    metrics: [lower("first", "ms")],
    contenders: ids(heddle, spawn, fork),
    load: {},
  },
  {
    id: "outlive",
    run: "process-outlive",
    question: "kill -9 of who holds a lock, until a blocked thread has it",
    metrics: [lower("p50", "ms"), lower("most", "ms")],
    contenders: ids(heddle),
    load: { kills: 20 },
    quickLoad: { kills: 5 },
  },
];

export const processes: Suite = {
  name: "processes",
  question: "What does it cost that processes share memory?",
  doesNotShow: "Does not show: more than two processes, and event loops that wait.",
  workers: [1],
  unit: "other process",
  cases,
  contenders: [heddle, threads, futex, ring, spawn, fork, pool, ...pools],
  packages: ["koffi", "tinypool", "workerpool"],
  targets: [
    atMost(2, {
      case: "lock",
      metric: "ns",
      text: "a lock between processes costs at most twice that between threads",
      than: [threads],
    }),
    atMost(1.5, {
      case: "ping-pong",
      metric: "p50",
      text: "there and back takes at most 1.5 times what bare futexes take",
      than: [futex],
    }),
    atLeast(20, {
      case: "haul",
      metric: "rate",
      text: "a queue carries at least 20 times what process.send does",
      than: [fork],
    }),
    atMost(1 / 3, {
      case: "round-trip",
      metric: "p50",
      text: "a call takes at most a third of what other process pools take",
      subject: pool.id,
      than: pools,
    }),
    atMost(1.2, {
      case: "first-answer",
      metric: "first",
      text: "a process starts in at most 1.2 times what fork takes",
      than: [fork],
    }),
    atMost(20, {
      case: "outlive",
      metric: "most",
      text: "the death of who holds a lock is seen within 20 ms",
    }),
  ],
};
