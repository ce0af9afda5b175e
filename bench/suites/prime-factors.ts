/** The program that started it all: the prime factors of many numbers, by trial division. */
import type { CaseSpec, ContenderSpec, MetricSpec, Suite } from "../harness/types.ts";
import { heddle, piscinaTuned, plain, pools, withOptions } from "./contenders.ts";

const [heddleWarm] = heddle;
const workerpool = pools.find(({ id }) => id === "workerpool")!;
const piscina = piscinaTuned[2]!;

/** A peer with chunks of one size; the report shows all sizes, so that nobody need trust our choice. */
function inChunks(peer: ContenderSpec, name: string, chunkSize: number): ContenderSpec {
  const chunked = withOptions(peer, "", `chunks of ${chunkSize} made by hand`, { chunkSize });
  return { ...chunked, id: `${name}-chunks-${chunkSize}` };
}

const chunkSizes = [250, 1_000, 5_000];
const chunked = chunkSizes.flatMap((size) => [
  inChunks(piscina, "piscina", size),
  inChunks(workerpool, "workerpool", size),
]);

const python: readonly ContenderSpec[] = [
  {
    id: "python-sequential",
    role: "mark",
    settings: "one thread",
    run: { program: "python", way: "sequential" },
  },
  {
    id: "python-10-batches",
    role: "mark",
    settings: "multiprocessing.Pool, ten batches",
    run: { program: "python", way: "batches" },
  },
  {
    id: "python-auto-chunks",
    role: "mark",
    settings: "multiprocessing.Pool.map, automatic chunks",
    run: { program: "python", way: "auto" },
  },
];

const metrics: readonly [MetricSpec, ...MetricSpec[]] = [
  { name: "ms", unit: "ms", better: "lower" },
  { name: "main", unit: "ms CPU", better: "lower" },
];
const everybody = [plain, heddleWarm!, ...chunked, ...python].map(({ id }) => id);
const workersOnly = [heddleWarm!, ...chunked].map(({ id }) => id);

/** Python gets no more numbers than this, to be scaled up: the two million would take it minutes. */
const PYTHON_ITEMS = 100_000;

const cases: readonly CaseSpec[] = [
  {
    id: "10-thousand",
    run: "factorise",
    question: "10,000 numbers, the workers warm",
    metrics,
    contenders: everybody,
    load: { items: 10_000, warmUpItems: 10_000, pythonItems: PYTHON_ITEMS, forMs: 300 },
    quickLoad: { forMs: 0 },
  },
  {
    id: "10-thousand-cold",
    run: "factorise-cold",
    question: "10,000 numbers, from nothing: the start of the workers included",
    metrics,
    contenders: ["plain-loop", ...workersOnly],
    load: { items: 10_000 },
  },
  {
    id: "2-million",
    run: "factorise",
    question: "2,000,000 numbers, the workers warm",
    metrics,
    contenders: everybody,
    load: { items: 2_000_000, warmUpItems: 20_000, pythonItems: PYTHON_ITEMS, forMs: 0 },
    quickLoad: { items: 200_000, pythonItems: 20_000 },
  },
  {
    id: "2-million-cold",
    run: "factorise-cold",
    question: "2,000,000 numbers, the start of the workers included",
    metrics,
    contenders: ["plain-loop", ...workersOnly],
    load: { items: 2_000_000 },
    quickLoad: { items: 200_000 },
  },
];

export const primeFactors: Suite = {
  name: "prime-factors",
  question: "How long do the prime factors of many numbers take, on threads and on one?",
  doesNotShow:
    "Does not show: dispatch (each chunk is milliseconds of work), or better algorithms than trial division.",
  workers: [2],
  cases,
  contenders: [plain, heddleWarm!, ...chunked, ...python],
  targets: [
    {
      case: "2-million",
      metric: "ms",
      text: "1.9 times as fast as one thread",
      relation: "at most",
      factor: 1 / 1.9,
      reference: { contenders: ["plain-loop"] },
    },
  ],
  packages: ["heddle", "piscina", "workerpool"],
};
