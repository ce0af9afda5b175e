/** What was promised of dispatch, figure by figure. */
import type { ContenderSpec, TargetSpec } from "../harness/types.ts";
import { plain } from "./contenders.ts";
import { atLeast, atMost } from "./tables.ts";

const peers = { roles: ["pool", "raw"] } as const;

/**
 * The targets of the dispatch suite.
 *
 * @param oneByOne - The contenders that are piscina with one task an item.
 * @param python - Python's pool, with chunks of its own choice.
 */
export const dispatchTargets = (
  oneByOne: readonly ContenderSpec[],
  python: readonly ContenderSpec[],
): readonly TargetSpec[] => [
  atMost(1 / 8, { case: "round-trip", metric: "p50", text: "1/8 of the fastest peer's", than: peers }),
  atMost(1, {
    case: "round-trip",
    metric: "p99",
    text: "no worse than the p99 of the peer with the best p99",
    than: peers,
  }),
  ...["burst-1k", "burst-10k"].flatMap((id): readonly TargetSpec[] => [
    atLeast(12, { case: id, metric: "rate", text: "12 times the fastest pool", than: { roles: ["pool"] } }),
    atLeast(8, { case: id, metric: "rate", text: "8 times raw postMessage", than: { roles: ["raw"] } }),
  ]),
  atMost(1 / 3, { case: "object", metric: "p50", text: "1/3 of the fastest peer's", than: peers }),
  atLeast(3, { case: "object-burst", metric: "rate", text: "3 times the fastest peer", than: peers }),
  atMost(0.7, { case: "megabyte-copied", metric: "p50", text: "0.7 of the fastest peer's", than: peers }),
  atMost(0.5, { case: "megabyte-moved", metric: "p50", text: "1/2 of the fastest peer's", than: peers }),
  atLeast(8, { case: "async-burst", metric: "rate", text: "8 times the fastest peer", than: peers }),
  atMost(1 / 50, {
    case: "map",
    metric: "ms",
    text: "50 times as fast as piscina one by one",
    than: oneByOne,
  }),
  atMost(1, {
    case: "map",
    metric: "ms",
    text: "no slower than Python's Pool.map with automatic chunks",
    than: python,
  }),
  atMost(1 / 1.9, {
    case: "factorise",
    metric: "ms",
    text: "1.9 times as fast as one thread",
    than: [plain],
  }),
  atMost(1 / 1.9, {
    case: "largest-factor",
    metric: "ms",
    text: "1.9 times as fast as one thread",
    than: [plain],
  }),
  atMost(0.1, { case: "idle", metric: "cpu", text: "an idle pool burns no CPU" }),
  atLeast(90, { case: "timers", metric: "ran", text: "an idle worker still runs its timers" }),
  atMost(1_000, { case: "exit", metric: "exit", text: "a program whose work is done ends by itself" }),
];
