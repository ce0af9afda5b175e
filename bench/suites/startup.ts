/** How soon does a worker work? */
import type { CaseSpec, ContenderSpec, Suite } from "../harness/types.ts";

const heddle: readonly ContenderSpec[] = ["ts", "mjs"].map((form) => ({
  id: `heddle-${form}`,
  role: "ours",
  settings: `defaults; the task's module is a .${form}`,
  run: { module: "startup/heddle.ts", options: { form } },
}));
const uncached: readonly ContenderSpec[] = ["ts", "mjs"].map((form) => ({
  id: `heddle-${form}-uncached`,
  role: "ours",
  settings: `NODE_DISABLE_COMPILE_CACHE; the task's module is a .${form}`,
  run: { module: "startup/heddle.ts", options: { form } },
  environment: { NODE_DISABLE_COMPILE_CACHE: "1" },
}));
const bare: readonly ContenderSpec[] = ["ts", "mjs"].map((form) => ({
  id: `bare-${form}`,
  role: "floor",
  settings: `new Worker of a .${form}, and the task's module the same`,
  run: { module: "startup/bare.ts", options: { form } },
}));
const all = [...heddle, ...uncached, ...bare];

const cases: readonly CaseSpec[] = [
  {
    id: "first-result",
    run: "startup",
    question: "from making the worker to its first result, with a module that it imports",
    metrics: [
      { name: "first", unit: "ms", better: "lower" },
      { name: "cpu", unit: "CPU ms", better: "lower" },
      { name: "main", unit: "main CPU ms", better: "lower" },
    ],
    contenders: all.map(({ id }) => id),
    load: {},
  },
];

export const startup: Suite = {
  name: "startup",
  question: "How soon does a worker work?",
  doesNotShow: "Does not show: loading the library, and workers after the first.",
  workers: [1],
  unit: "worker",
  cases,
  contenders: all,
  packages: [],
  targets: [
    {
      case: "first-result",
      metric: "first",
      text: "a module in TypeScript costs no more than 1.1 times one in JavaScript",
      relation: "at most",
      factor: 1.1,
      subject: "heddle-ts",
      reference: { contenders: ["heddle-mjs"] },
    },
  ],
};
