/** How soon does a worker work? */
import type { CaseSpec, ContenderSpec, Suite } from "../harness/types.ts";
import { atMost, contender, ids, lower } from "./tables.ts";

const heddle: readonly ContenderSpec[] = ["ts", "mjs"].map((form) =>
  contender.ours(`heddle-${form}`, `defaults; the task's module is a .${form}`, "startup/heddle.ts", {
    form,
  }),
);
const uncached: readonly ContenderSpec[] = ["ts", "mjs"].map((form) => ({
  id: `heddle-${form}-uncached`,
  role: "ours",
  settings: `NODE_DISABLE_COMPILE_CACHE; the task's module is a .${form}`,
  run: { module: "startup/heddle.ts", options: { form } },
  environment: { NODE_DISABLE_COMPILE_CACHE: "1" },
}));
const bare: readonly ContenderSpec[] = ["ts", "mjs"].map((form) =>
  contender.floor(
    `bare-${form}`,
    `new Worker of a .${form}, and the task's module the same`,
    "startup/bare.ts",
    { form },
  ),
);
const all = [...heddle, ...uncached, ...bare];
const libraries: readonly ContenderSpec[] = ["heddle", "heddle/sync", "piscina", "workerpool", "effect"].map(
  (library) => ({
    id: `import-${library.replace("/", "-")}`,
    role: library.startsWith("heddle") ? "ours" : "peer",
    settings: `import "${library}"`,
    run: { module: "startup/import.ts", options: { library } },
  }),
);
const nothing: ContenderSpec = contender.floor(
  "import-nothing",
  "a program that imports nothing",
  "startup/import.ts",
  {},
);

const cases: readonly CaseSpec[] = [
  {
    id: "first-result",
    run: "startup",
    question: "from making the worker to its first result, with a module that it imports",
    metrics: [lower("first", "ms"), lower("cpu", "CPU ms"), lower("main", "main CPU ms")],
    contenders: ids(...all),
    load: {},
  },
  {
    id: "import",
    run: "import",
    question: "a program that imports the library and does nothing: the quickest of seven",
    metrics: [lower("elapsed", "ms"), lower("cpu", "CPU ms")],
    contenders: ids(...libraries, nothing),
    load: {},
  },
];

export const startup: Suite = {
  name: "startup",
  question: "How soon is the library there, and how soon does a worker work?",
  doesNotShow: "Does not show: workers after the first.",
  workers: [1],
  unit: "worker",
  cases,
  contenders: [...all, ...libraries, nothing],
  packages: [],
  targets: [
    atMost(1.1, {
      case: "first-result",
      metric: "first",
      text: "a module in TypeScript costs no more than 1.1 times one in JavaScript",
      subject: "heddle-ts",
      than: [heddle[1]!],
    }),
  ],
};
