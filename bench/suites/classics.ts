/** How fast are the classic programs of communicating processes, beside Go? */
import type { CaseSpec, ContenderSpec, Suite } from "../harness/types.ts";
import { contender, CPU, ids, lower, mark, type Metrics } from "./tables.ts";

const ours = (id: string, settings: string, way: string): ContenderSpec =>
  contender.ours(id, settings, "classics.ts", { way });

const heddle = ours("heddle", "tasks of one thread (InlineExecutor)", "tasks");
const heddleThreads = ours("heddle-threads", "tasks over two threads", "threads");
const heddleBlocking = ours("heddle-blocking", "a thread for each party, which blocks", "blocking");
const go: ContenderSpec = mark("go", "goroutines over all cores", "go", "all");
const goAlone: ContenderSpec = {
  ...go,
  id: "go-one-thread",
  settings: "GOMAXPROCS=1: goroutines of one thread",
  environment: { GOMAXPROCS: "1" },
};

const metrics: Metrics = [lower("ns", "ns/step"), CPU];

const everywhere = ids(heddle, heddleThreads, go, goAlone);
const withBlocking = [...everywhere, heddleBlocking.id];

/** A program of examples/classics. `size` is the number of its steps; a quick look takes a tenth. */
function program(
  id: string,
  question: string,
  size: number,
  contenders: readonly string[] = everywhere,
): CaseSpec {
  return {
    id,
    run: id,
    question,
    metrics,
    contenders,
    workers: [2],
    load: { size, warmUpMs: 500 },
    quickLoad: { size: size / 10, warmUpMs: 200 },
  };
}

export const classics: Suite = {
  name: "classics",
  question: "How fast are the classic programs of communicating processes, beside Go?",
  doesNotShow:
    "Does not show: the start of threads, or of a program; programs that compute (Go is compiled ahead of time). In one thread a hand-over is a function call, between threads it may be a wake-up: hence both.",
  workers: [2],
  unit: "thread",
  cases: [
    program(
      "ping-pong",
      "a round is a ball there and back, on channels of capacity 0",
      200_000,
      withBlocking,
    ),
    program("thread-ring", "a hop of a token round a ring of 503 tasks", 500_000),
    program(
      "bounded-buffer",
      "an item of each of two producers through a monitor, to two consumers",
      200_000,
      withBlocking,
    ),
    program(
      "dining-philosophers",
      "a meal of each of five philosophers, with two locks",
      100_000,
      withBlocking,
    ),
    program("sleeping-barber", "a haircut of each of six customers", 50_000),
    program("prime-sieve", "a number through the chain of filters, one for each prime below it", 5_000),
  ],
  contenders: [heddle, heddleThreads, heddleBlocking, go, goAlone],
  targets: [],
  packages: ["heddle"],
};
