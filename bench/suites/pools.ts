/** How much work does each pool get done, whatever a task computes and carries? */
import type { CaseSpec, ContenderSpec, Suite, TargetSpec } from "../harness/types.ts";
import { heddle, piscinaTuned, plain, pools, withOptions } from "./contenders.ts";
import { atLeast, atMost, DURATION, ids, mark, RATE } from "./tables.ts";

const [ours] = heddle;
const oneByOne = withOptions(ours!, "-submit", "one submit() a task", { oneByOne: true });

/** pyperformance's chunk. */
const CHUNK = 10;
const inTens = [
  withOptions(ours!, "-tens", `chunkSize ${CHUNK}`, { chunkSize: CHUNK }),
  ...[
    piscinaTuned[2]!,
    pools.find(({ id }) => id === "workerpool")!,
    pools.find(({ id }) => id === "poolifier")!,
  ].map((peer) => withOptions(peer, "-tens", `chunks of ${CHUNK} made by hand`, { chunkSize: CHUNK })),
];
const python: readonly ContenderSpec[] = [
  mark("python-thread-pool", "multiprocessing.pool.ThreadPool.imap", "python", "thread-pool"),
  mark("python-mp-pool", "multiprocessing.Pool.imap", "python", "mp-pool"),
];

/** Rounds of arithmetic that take about so many microseconds. */
const DURATIONS = [
  { us: 0, steps: 0, inFlight: 256, warmUpTasks: 20_000 },
  { us: 10, steps: 3_300, inFlight: 256, warmUpTasks: 10_000 },
  { us: 100, steps: 33_000, inFlight: 64, warmUpTasks: 3_000 },
  { us: 1_000, steps: 330_000, inFlight: 16, warmUpTasks: 500 },
];
const PAYLOADS = [
  { name: "none", bytes: 0, text: "no payload" },
  { name: "1kb", bytes: 1_024, text: "a record of 1 KB there and back" },
  { name: "1mb", bytes: 1_048_576, text: "a buffer of 1 MiB copied there and back" },
];
/** Megabytes in flight are memory, not speed. */
const LARGE_IN_FLIGHT = 8;
const LARGE_WARM_UP = 200;

const work: readonly CaseSpec[] = DURATIONS.flatMap(({ us, steps, inFlight, warmUpTasks }) =>
  PAYLOADS.map(({ name, bytes, text }): CaseSpec => {
    const isLarge = bytes > 1_024;
    const count = isLarge ? LARGE_IN_FLIGHT : inFlight;
    return {
      id: `${us}us-${name}`,
      run: "jobs",
      question: `tasks of about ${us} µs, ${text}, ${count} in flight`,
      metrics: RATE,
      contenders: ids(ours!, ...pools),
      load: {
        steps,
        bytes,
        inFlight: count,
        warmUpMs: 800,
        warmUpTasks: isLarge ? LARGE_WARM_UP : warmUpTasks,
        forMs: 600,
      },
      quickLoad: { warmUpMs: 400, forMs: 400 },
    };
  }),
);

const FACTORIALS = "factorials";

const cases: readonly CaseSpec[] = [
  ...work,
  {
    id: FACTORIALS,
    run: "factorials",
    question: "poolifier's comparison: 100,000 times 1000! in exact integers, all at once, from nothing",
    metrics: DURATION,
    contenders: ids(plain, ours!, oneByOne, ...pools),
    load: { items: 100_000, n: 1_000 },
    quickLoad: { items: 20_000 },
  },
  {
    id: "imap",
    run: "imap",
    question: `pyperformance's concurrent_imap: from nothing, the identity over 1,000 numbers in chunks of ${CHUNK}`,
    metrics: [DURATION[0]],
    contenders: ids(...inTens, ...python),
    workers: [2],
    load: { items: 1_000, chunk: CHUNK, forMs: 2_000 },
    quickLoad: { forMs: 500 },
  },
];

/** From so many microseconds on the workers do next to nothing but the task. */
const LONG_US = 100;
const LARGE =
  "of the two buffers of 1 MiB that each task makes, wherever it runs, the collection takes as long as the copying, and Heddle's come twice as often";
const LONG = "the workers compute all of the time, in every pool: what is left between them is chance";

const first = DURATIONS.flatMap(({ us }) =>
  PAYLOADS.map(({ name, bytes }): TargetSpec => {
    const why = bytes > 1_024 ? LARGE : us >= LONG_US ? LONG : undefined;
    return atLeast(1, {
      case: `${us}us-${name}`,
      metric: "rate",
      text: "first",
      than: { roles: ["pool"] },
      ...(why !== undefined && { why }),
    });
  }),
);

export const poolsSuite: Suite = {
  name: "pools",
  question: "How much work does each pool get done, whatever a task computes and carries?",
  doesNotShow:
    "Does not show: how long one call waits (see dispatch); more workers than cores. Where tasks take long, a pool can only be as fast as they are.",
  workers: [1, 2],
  cases,
  contenders: [plain, ours!, oneByOne, ...pools, ...inTens, ...python],
  targets: [
    ...first,
    atMost(1 / 1.5, {
      case: FACTORIALS,
      metric: "ms",
      text: "1.5 times as fast as the best peer",
      than: { roles: ["pool"] },
      bound: plain.id,
      why: "the multiplications are nearly all of it: the fastest peer is too near to what they take for anybody to be so much faster",
    }),
  ],
  packages: ["heddle", "piscina", "tinypool", "workerpool", "poolifier"],
};
