/** What do tasks cost: to spawn and to join, in trees, and asleep? */
import { KINDS } from "../contenders/tasks/subject.ts";
import type { CaseSpec, ContenderSpec, Suite } from "../harness/types.ts";
import { atMost, contender, ids, lower, mark, type Metrics } from "./tables.ts";

/** Effection takes minutes for a million. */
const EFFECTION_ITEMS = 10_000;

const heddle: ContenderSpec = contender.ours(
  "heddle",
  "taskGroup and group.spawn; skynet by gather, a group for each node",
  "tasks/heddle.ts",
);
const heddleSpawn: ContenderSpec = contender.ours(
  "heddle-spawn",
  "group.spawn of each part, and await of each future",
  "tasks/heddle.ts",
  { way: "spawn" },
);
const promises: ContenderSpec = contender.floor(
  "promise-all",
  "Promise.all of async functions",
  "tasks/promises.ts",
);
const effect: ContenderSpec = contender.peer(
  "effect",
  "fork and join of each; in trees forEach, unbounded",
  "tasks/effect.ts",
  { way: "fork" },
);
const effectEach: ContenderSpec = contender.peer(
  "effect-each",
  "forEach, unbounded: effects that do not wait become no fibers that do",
  "tasks/effect.ts",
);
const effection: ContenderSpec = contender.peer(
  "effection",
  "spawn and join of each; in trees all()",
  "tasks/effection.ts",
  { limitItems: EFFECTION_ITEMS },
);
const python: ContenderSpec = mark("python", "asyncio.TaskGroup", "python", "asyncio");

const ns: Metrics = [lower("ns", "ns/task")];
const ms: Metrics = [lower("ms", "ms")];
const bytes: Metrics = [lower("bytes", "bytes/task")];

const cases: readonly CaseSpec[] = [
  {
    id: "spawn-join",
    run: "spawn-join",
    question: "a million tasks that do nothing, spawned and joined",
    metrics: ns,
    contenders: ids(heddle, promises, effect, effectEach, effection),
    load: { tasks: 1_000_000 },
    quickLoad: { tasks: 200_000 },
  },
  {
    id: "skynet",
    run: "skynet",
    question: "ten tasks that spawn ten each, down to a million leaves, which are added up",
    metrics: ms,
    contenders: ids(heddle, heddleSpawn, promises, effectEach, effection),
    load: { leaves: 1_000_000 },
    quickLoad: { leaves: 100_000 },
  },
  ...KINDS.map((kind, i): CaseSpec => ({
    id: `async-tree-${kind}`,
    run: "async-tree",
    question: `pyperformance's async_tree, ${kind}: six levels of six`,
    metrics: ms,
    contenders: ids(heddle, promises, effectEach, effection, python),
    load: { kind: i, levels: 6, branches: 6 },
    quickLoad: { levels: 5 },
  })),
  {
    id: "sleeping",
    run: "sleeping",
    question: "what a task takes of the heap while it sleeps, a million of them",
    metrics: bytes,
    contenders: ids(heddle, promises),
    load: { tasks: 1_000_000 },
    quickLoad: { tasks: 100_000 },
  },
];

export const tasks: Suite = {
  name: "tasks",
  question: "What do tasks cost: to spawn and to join, in trees, and asleep?",
  doesNotShow:
    "Does not show: failures, cancellation and limits, which bare promises do not have; tasks that compute on other threads (see dispatch).",
  workers: [1],
  unit: "thread",
  cases,
  contenders: [heddle, heddleSpawn, promises, effect, effectEach, effection, python],
  targets: [
    atMost(3, { case: "spawn-join", metric: "ns", text: "3 times a bare Promise.all", than: [promises] }),
    atMost(1 / 3, { case: "spawn-join", metric: "ns", text: "3 times faster than Effect", than: [effect] }),
    atMost(1 / 3, {
      case: "spawn-join",
      metric: "ns",
      text: "3 times faster than Effection",
      than: [effection],
    }),
    atMost(1, { case: "skynet", metric: "ms", text: "no slower than Effect", than: [effectEach] }),
  ],
  packages: ["heddle", "effect", "effection"],
};
