/** Does a server stay quick while it computes? */
import type { CaseSpec, ContenderSpec, Suite } from "../harness/types.ts";
import { atMost, contender, higher, ids, lower } from "./tables.ts";

const contenders: readonly ContenderSpec[] = [
  contender.ours("heddle", "defaults", "server/heddle.ts"),
  contender.pool("piscina", "no timing", "server/piscina.ts"),
  contender.floor("no-pool", "on the server's own thread", "server/none.ts"),
];

const cases: readonly CaseSpec[] = [
  {
    id: "quick-route",
    run: "quick-route",
    question:
      "p99 of an answer that costs nothing, while four clients have 50 ms of computing each, and alone",
    metrics: [
      lower("times", "× alone"),
      lower("busy", "ms"),
      lower("alone", "ms"),
      higher("computed", "answers/s"),
    ],
    contenders: ids(...contenders),
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
    atMost(3, { case: "quick-route", metric: "times", text: "within 3 times of its p99 without that load" }),
  ],
  packages: ["heddle", "piscina"],
};
