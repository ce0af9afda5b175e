/** The program that started it all: the prime factors of many numbers, by trial division. */
import type { CaseSpec, ContenderSpec, Suite } from "../harness/types.ts";
import { bareMap, heddle, piscinaTuned, plain, pools, withOptions } from "./contenders.ts";
import { atMost, DURATION, ids, mark } from "./tables.ts";

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
  mark("python-sequential", "one thread", "python", "sequential"),
  mark("python-10-batches", "multiprocessing.Pool, ten batches", "python", "batches"),
  mark("python-auto-chunks", "multiprocessing.Pool.map, automatic chunks", "python", "auto"),
];

const everybody = ids(plain, bareMap, heddleWarm!, ...chunked, ...python);
const workers = ids(plain, bareMap, heddleWarm!, ...chunked);

/** Python gets no more numbers than this, to be scaled up: the two million would take it minutes. */
const PYTHON_ITEMS = 100_000;

const cases: readonly CaseSpec[] = [
  {
    id: "10-thousand",
    run: "factorise",
    question: "10,000 numbers, the workers warm",
    metrics: DURATION,
    contenders: everybody,
    load: { items: 10_000, warmUpItems: 10_000, pythonItems: PYTHON_ITEMS, forMs: 300 },
    quickLoad: { forMs: 0 },
  },
  {
    id: "10-thousand-cold",
    run: "factorise-cold",
    question: "10,000 numbers, from nothing: the start of the workers included",
    metrics: DURATION,
    contenders: workers,
    load: { items: 10_000 },
  },
  {
    id: "2-million",
    run: "factorise",
    question: "2,000,000 numbers, the workers warm",
    metrics: DURATION,
    contenders: everybody,
    load: { items: 2_000_000, warmUpItems: 20_000, pythonItems: PYTHON_ITEMS, forMs: 0 },
    quickLoad: { items: 200_000, pythonItems: 20_000 },
  },
  {
    id: "2-million-cold",
    run: "factorise-cold",
    question: "2,000,000 numbers, the start of the workers included",
    metrics: DURATION,
    contenders: workers,
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
  contenders: [plain, bareMap, heddleWarm!, ...chunked, ...python],
  targets: [
    atMost(1 / 1.9, {
      case: "2-million",
      metric: "ms",
      text: "1.9 times as fast as one thread",
      than: [plain],
    }),
  ],
  packages: ["heddle", "piscina", "workerpool"],
};
