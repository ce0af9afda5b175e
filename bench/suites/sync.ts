/** What does a lock cost, alone and fought over, and how fast does it wake who waits? */
import type { CaseSpec, ContenderSpec, Suite, TargetSpec } from "../harness/types.ts";
import { atLeast, atMost, contender, COST, CPU, higher, ids, LATENCY, type Metrics } from "./tables.ts";

const ours = (id: string, settings: string, way: string): ContenderSpec =>
  contender.ours(id, settings, "sync/heddle.ts", { way });

const heddle = ours("heddle", "acquireSync() and guard.release(); a hand-over by two semaphores", "guard");
const heddleKnown: ContenderSpec = {
  ...heddle,
  id: "heddle-known",
  settings: "the same, of a lock that was sent elsewhere: with atomics",
  run: { module: "sync/heddle.ts", options: { way: "guard", known: true } },
};
const heddleNoSpin: ContenderSpec = {
  ...heddle,
  id: "heddle-no-spin",
  settings: "HEDDLE_SPIN=0: sleeps at once, never spins",
  environment: { HEDDLE_SPIN: "0" },
};
const heddleUsing = ours("heddle-using", "using guard = acquireSync()", "using");
const heddleAsync = ours("heddle-async", "await acquire()", "async");
const heddleRun = ours("heddle-run", "await lock.run(body)", "run");
const heddleCondition = ours("heddle-condition", "a hand-over by a condition", "condition");

const bare: ContenderSpec = contender.floor(
  "bare-atomics",
  "a compareExchange and an exchange; three-state mutex; Atomics.wait and notify",
  "sync/bare.ts",
);
const bareAsync: ContenderSpec = contender.raw(
  "bare-wait-async",
  "Atomics.waitAsync and notify",
  "sync/bare.ts",
  { way: "async" },
);
const asyncMutex: ContenderSpec = contender.peer(
  "async-mutex",
  "await acquire() and release()",
  "sync/async-mutex.ts",
);
const asyncMutexRun: ContenderSpec = contender.peer(
  "async-mutex-run",
  "await runExclusive(body)",
  "sync/async-mutex.ts",
  { way: "run" },
);
const effect: ContenderSpec = contender.peer(
  "effect",
  "Semaphore.withPermit, all in one program",
  "sync/effect.ts",
);
const effectTake: ContenderSpec = contender.peer(
  "effect-take",
  "Semaphore take and release, made once, all in one program",
  "sync/effect.ts",
  { way: "take" },
);
const multithreading: ContenderSpec = contender.peer(
  "multithreading",
  "blockingLock() and dispose(); a hand-over by its Condvar",
  "sync/multithreading.ts",
);
const multithreadingAsync: ContenderSpec = contender.peer(
  "multithreading-async",
  "await lock(), which it recommends",
  "sync/multithreading.ts",
  { way: "async" },
);

const floors = [bare];
const effects = [effect, effectTake];

const throughput: Metrics = [higher("rate", "entries/s"), higher("least", "% of an even share"), CPU];

const alone = { batch: 1_000, warmUpMs: 300, forMs: 400 };
const fought = { inside: 0, outside: 0, warmUpMs: 300, forMs: 500 };
const quick = { warmUpMs: 100, forMs: 150 };
const threaded = ids(heddle, heddleNoSpin, heddleAsync, bare, multithreading, multithreadingAsync);
const wakers = ids(
  heddle,
  heddleNoSpin,
  heddleCondition,
  heddleAsync,
  bare,
  bareAsync,
  multithreading,
  multithreadingAsync,
);

const cases: readonly CaseSpec[] = [
  {
    id: "uncontended",
    run: "uncontended",
    question: "acquire and release a lock that nobody else wants",
    metrics: COST,
    contenders: ids(
      heddle,
      heddleKnown,
      heddleUsing,
      heddleAsync,
      heddleRun,
      bare,
      asyncMutex,
      asyncMutexRun,
      effect,
      effectTake,
      multithreading,
      multithreadingAsync,
    ),
    workers: [1],
    load: alone,
    quickLoad: quick,
  },
  {
    id: "try-acquire",
    run: "uncontended-try",
    question: "the same by tryAcquire (multithreading: its Semaphore, its Mutex has no such thing)",
    metrics: COST,
    contenders: ids(heddle, heddleKnown, bare, asyncMutex, effect, effectTake, multithreading),
    workers: [1],
    load: alone,
    quickLoad: quick,
  },
  {
    id: "contended",
    run: "contended",
    question: "two threads on one lock, as fast as they can",
    metrics: throughput,
    contenders: threaded,
    workers: [2],
    load: fought,
    quickLoad: quick,
  },
  {
    id: "contended-work",
    run: "contended",
    question: "two threads with about 1 µs of work under the lock and 1 µs between",
    metrics: throughput,
    contenders: threaded,
    workers: [2],
    load: { ...fought, inside: 300, outside: 300 },
    quickLoad: quick,
  },
  {
    id: "crowded",
    run: "contended",
    question: "four threads on one lock, as fast as they can",
    metrics: throughput,
    contenders: threaded,
    workers: [4],
    load: fought,
    quickLoad: quick,
  },
  {
    id: "hand-over",
    run: "hand-over",
    question: "two threads that wake one another by turns: half of a round",
    metrics: LATENCY,
    contenders: wakers,
    workers: [2],
    load: { idleMs: 0, warmUpMs: 300, forMs: 500 },
    quickLoad: quick,
  },
  {
    id: "hand-over-idle",
    run: "hand-over",
    question: "from before the hand-over to the next line of a thread asleep for 2 ms",
    metrics: LATENCY,
    contenders: wakers,
    workers: [2],
    load: { idleMs: 2, warmUpMs: 300, forMs: 800 },
    quickLoad: { warmUpMs: 100, forMs: 300 },
  },
];

const targets: readonly TargetSpec[] = [
  ...["uncontended", "try-acquire"].flatMap((id): readonly TargetSpec[] => [
    ...[heddle, heddleKnown].map(({ id: subject }): TargetSpec =>
      atMost(3, {
        case: id,
        metric: "ns",
        text: "3 times the two atomics it cannot avoid",
        than: floors,
        subject,
      }),
    ),
    atMost(1 / 10, {
      case: id,
      metric: "ns",
      text: "10 times faster than async-mutex",
      than: [asyncMutex, asyncMutexRun],
    }),
    atMost(1 / 10, { case: id, metric: "ns", text: "10 times faster than Effect", than: effects }),
  ]),
  atLeast(5, {
    case: "contended",
    metric: "rate",
    text: "5 times multithreading's Mutex",
    than: [multithreading, multithreadingAsync],
  }),
  ...["hand-over", "hand-over-idle"].map((id): TargetSpec =>
    atMost(1.5, { case: id, metric: "p50", text: "1.5 times a bare Atomics.wait and notify", than: [bare] }),
  ),
];

export const sync: Suite = {
  name: "sync",
  question: "What does a lock cost, alone and fought over, and how fast does it wake who waits?",
  doesNotShow:
    "Does not show: more threads than the machine has cores for (but for crowded), long waits with a timeout or a signal, or locks between processes. async-mutex and Effect lock within one thread only.",
  workers: [1, 2, 4],
  unit: "thread",
  cases,
  contenders: [
    heddle,
    heddleKnown,
    heddleNoSpin,
    heddleUsing,
    heddleAsync,
    heddleRun,
    heddleCondition,
    bare,
    bareAsync,
    asyncMutex,
    asyncMutexRun,
    effect,
    effectTake,
    multithreading,
    multithreadingAsync,
  ],
  targets,
  packages: ["heddle", "async-mutex", "effect", "multithreading"],
};
