/** Does a server stay quick while it computes? */
import type { CaseSpec, ContenderSpec, Suite } from "../harness/types.ts";

const contenders: readonly ContenderSpec[] = [
  { id: "heddle", role: "ours", settings: "defaults", run: { module: "server/heddle.ts" } },
  { id: "piscina", role: "pool", settings: "no timing", run: { module: "server/piscina.ts" } },
  { id: "no-pool", role: "floor", settings: "on the server's own thread", run: { module: "server/none.ts" } },
];

const cases: readonly CaseSpec[] = [
  {
    id: "quick-route",
    run: "quick-route",
    question:
      "p99 of an answer that costs nothing, while four clients have 50 ms of computing each, and alone",
    metrics: [
      { name: "times", unit: "× alone", better: "lower" },
      { name: "busy", unit: "ms", better: "lower" },
      { name: "alone", unit: "ms", better: "lower" },
      { name: "computed", unit: "answers/s", better: "higher" },
    ],
    contenders: contenders.map(({ id }) => id),
    load: { forMs: 6_000, warmUpMs: 1_000, busy: 4, below: 230_000 },
    quickLoad: { forMs: 2_000, warmUpMs: 500 },
  },
];

export const server: Suite = {
  name: "server",
  question: "Does a server stay quick while it computes?",
  doesNotShow:
    "Does not show: how many requests it can bear. The client has a thread on the same machine: with no core to spare, it waits too.",
  workers: [1],
  cases,
  contenders,
  targets: [
    {
      case: "quick-route",
      metric: "times",
      text: "within 3 times of its p99 without that load",
      relation: "at most",
      factor: 3,
    },
  ],
  packages: ["heddle", "piscina"],
};
