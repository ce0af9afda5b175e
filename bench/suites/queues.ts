/** What does it cost to put a value in a queue and to take it out, in one thread and between two? */
import type { CaseSpec, ContenderSpec, Suite, TargetSpec } from "../harness/types.ts";
import { atLeast, atMost, contender, COST, higher, ids, LATENCY, lower, type Metrics } from "./tables.ts";

const ours = (id: string, settings: string, way: string): ContenderSpec =>
  contender.ours(id, settings, "queues/heddle.ts", { way });

const heddle = ours("heddle", "Channel; between threads by sendSync and receiveSync", "channel");
const heddleNoSpin: ContenderSpec = {
  ...heddle,
  id: "heddle-no-spin",
  settings: "HEDDLE_SPIN=0: sleeps at once, never spins",
  environment: { HEDDLE_SPIN: "0" },
};
const heddleQueue = ours("heddle-queue", "Queue; between threads by putSync and getSync", "queue");
const heddleAsync = ours("heddle-async", "Channel; await send() and receive() in both threads", "async");
const heddleRendezvous = ours("heddle-rendezvous", "Channel of capacity 0", "rendezvous");

const bare = (id: string, settings: string, way: string): ContenderSpec =>
  contender.raw(id, settings, "queues/bare.ts", { way });
const port = bare(
  "MessagePort",
  "postMessage, read by events, at most as many under way as the channels hold",
  "events",
);
const portPolled = bare(
  "MessagePort-polled",
  "the same, read by receiveMessageOnPort, blocked by Atomics.wait",
  "polling",
);
const words: ContenderSpec = {
  ...bare(
    "bare-atomics",
    "a ring of integers for one sender and one receiver; Atomics.wait and notify",
    "words",
  ),
  role: "floor",
};
const ends: ContenderSpec = {
  ...bare(
    "bare-ends",
    "such a ring for any number of senders and receivers: an end is taken by an exchange, and left by a store",
    "ends",
  ),
  role: "floor",
};
const codec: ContenderSpec = {
  ...bare(
    "bare-codec",
    "such a ring, with a codec written by hand for this record and no other: no other kinds of values, no errors",
    "codec",
  ),
  role: "floor",
};
const effect: ContenderSpec = contender.peer(
  "effect",
  "Queue.bounded, two fibers of one program; offerUnsafe and takeUnsafe for try",
  "queues/effect.ts",
);
const asyncCsp: ContenderSpec = contender.peer("async-csp", "defaults", "queues/async-csp.ts");

const multithreading: ContenderSpec = contender.peer(
  "multithreading",
  "blockingSend and blockingRecv, in a buffer of 16 MiB",
  "queues/multithreading.ts",
);
const multithreadingAsync: ContenderSpec = contender.peer(
  "multithreading-async",
  "await send() and recv(), which it recommends, in a buffer of 16 MiB",
  "queues/multithreading.ts",
  { way: "async" },
);

const rate: Metrics = [higher("rate", "values/s"), lower("total", "µs CPU/value")];

const alone = { batch: 10_000, warmUpMs: 300, forMs: 400 };
const hauling = { capacity: 1_024, warmUpMs: 400, forMs: 600 };
const quick = { warmUpMs: 150, forMs: 150 };
const between = [
  heddle,
  heddleNoSpin,
  heddleQueue,
  heddleAsync,
  heddleRendezvous,
  port,
  portPolled,
  multithreading,
  multithreadingAsync,
];

const cases: readonly CaseSpec[] = [
  {
    id: "in-thread",
    run: "in-thread",
    question: "one task puts in, another takes out, room for 1,024",
    metrics: COST,
    contenders: ids(heddle, heddleQueue, effect, asyncCsp, multithreadingAsync),
    workers: [1],
    load: { ...alone, capacity: 1_024 },
    quickLoad: quick,
  },
  {
    id: "in-thread-narrow",
    run: "in-thread",
    question: "the same with room for 1: somebody waits every time",
    metrics: COST,
    contenders: ids(heddle, heddleQueue, effect, asyncCsp, multithreadingAsync),
    workers: [1],
    load: { ...alone, capacity: 1 },
    quickLoad: quick,
  },
  {
    id: "in-thread-rendezvous",
    run: "in-thread",
    question:
      "the same with no room: each value is handed over (Effect and multithreading have no such thing)",
    metrics: COST,
    contenders: ids(heddle, asyncCsp),
    workers: [1],
    load: { ...alone, capacity: 0 },
    quickLoad: quick,
  },
  {
    id: "in-thread-try",
    run: "in-thread-try",
    question: "fill it to 1,024 and empty it, by the calls that never wait",
    metrics: COST,
    contenders: ids(heddle, heddleQueue, effect),
    workers: [1],
    load: { ...alone, capacity: 1_024 },
    quickLoad: quick,
  },
  {
    id: "small",
    run: "haul",
    question: "small integers from one thread to another, room for 1,024",
    metrics: rate,
    contenders: ids(...between, words, ends),
    workers: [2],
    load: { ...hauling, records: 0 },
    quickLoad: quick,
  },
  {
    id: "record",
    run: "haul",
    question: "records of 1 KB from one thread to another, room for 1,024",
    metrics: rate,
    contenders: ids(...between, codec),
    workers: [2],
    load: { ...hauling, records: 1 },
    quickLoad: quick,
  },
  {
    id: "hand-over",
    run: "hand-over",
    question: "two threads that send one another a number by turns: half of a round",
    metrics: LATENCY,
    contenders: ids(...between, words),
    workers: [2],
    load: { idleMs: 0, warmUpMs: 300, forMs: 500 },
    quickLoad: quick,
  },
  {
    id: "hand-over-idle",
    run: "hand-over",
    question: "from before the send to the next line of a receiver asleep for 2 ms",
    metrics: LATENCY,
    contenders: ids(...between, words),
    workers: [2],
    load: { idleMs: 2, warmUpMs: 300, forMs: 800 },
    quickLoad: { warmUpMs: 150, forMs: 300 },
  },
];

const targets: readonly TargetSpec[] = [
  ...["in-thread", "in-thread-narrow"].flatMap((id): readonly TargetSpec[] => [
    atMost(1, { case: id, metric: "ns", text: "at least as fast as Effect's Queue", than: [effect] }),
    atMost(1 / 10, { case: id, metric: "ns", text: "10 times faster than async-csp", than: [asyncCsp] }),
  ]),
  ...[heddle, heddleQueue].flatMap(({ id: subject }): readonly TargetSpec[] => [
    atLeast(20, {
      case: "small",
      metric: "rate",
      text: "20 times MessagePort",
      than: [port, portPolled],
      subject,
    }),
    atLeast(5, {
      case: "small",
      metric: "rate",
      text: "5 times multithreading's channel",
      than: [multithreading, multithreadingAsync],
      subject,
    }),
    atLeast(3, {
      case: "record",
      metric: "rate",
      text: "3 times MessagePort",
      than: [port, portPolled],
      subject,
    }),
  ]),
  ...["hand-over", "hand-over-idle"].map((id): TargetSpec =>
    atMost(1.5, { case: id, metric: "p50", text: "1.5 times a bare Atomics.wait and notify", than: [words] }),
  ),
];

export const queues: Suite = {
  name: "queues",
  question: "What does it cost to put a value in a queue and to take it out, in one thread and between two?",
  doesNotShow:
    "Does not show: several senders or receivers, the main thread as one of the two, values above 1 KB, or queues between processes. Effect and async-csp stay within one thread.",
  workers: [1, 2],
  unit: "thread",
  cases,
  contenders: [...between, words, ends, codec, effect, asyncCsp],
  targets,
  packages: ["heddle", "effect", "async-csp", "multithreading"],
};
