/** What was promised of dispatch, figure by figure. */
import type { TargetSpec } from "../harness/types.ts";

const peers = { roles: ["pool", "raw"] } as const;

/**
 * The targets of the dispatch suite.
 *
 * @param oneByOne - The contenders that are piscina with one task an item.
 */
export const dispatchTargets = (oneByOne: readonly string[]): readonly TargetSpec[] => [
  {
    case: "round-trip",
    metric: "p50",
    text: "1/8 of the fastest peer's",
    relation: "at most",
    factor: 1 / 8,
    reference: peers,
  },
  {
    case: "round-trip",
    metric: "p99",
    text: "no worse than the p99 of the peer with the best p99",
    relation: "at most",
    factor: 1,
    reference: peers,
  },
  ...["burst-1k", "burst-10k"].flatMap((id): readonly TargetSpec[] => [
    {
      case: id,
      metric: "rate",
      text: "12 times the fastest pool",
      relation: "at least",
      factor: 12,
      reference: { roles: ["pool"] },
    },
    {
      case: id,
      metric: "rate",
      text: "8 times raw postMessage",
      relation: "at least",
      factor: 8,
      reference: { roles: ["raw"] },
    },
  ]),
  {
    case: "object",
    metric: "p50",
    text: "1/3 of the fastest peer's",
    relation: "at most",
    factor: 1 / 3,
    reference: peers,
  },
  {
    case: "object-burst",
    metric: "rate",
    text: "3 times the fastest peer",
    relation: "at least",
    factor: 3,
    reference: peers,
  },
  {
    case: "megabyte-copied",
    metric: "p50",
    text: "0.7 of the fastest peer's",
    relation: "at most",
    factor: 0.7,
    reference: peers,
  },
  {
    case: "megabyte-moved",
    metric: "p50",
    text: "1/2 of the fastest peer's",
    relation: "at most",
    factor: 0.5,
    reference: peers,
  },
  {
    case: "async-burst",
    metric: "rate",
    text: "8 times the fastest peer",
    relation: "at least",
    factor: 8,
    reference: peers,
  },
  {
    case: "map",
    metric: "ms",
    text: "50 times as fast as piscina one by one",
    relation: "at most",
    factor: 1 / 50,
    reference: { contenders: oneByOne },
  },
  {
    case: "map",
    metric: "ms",
    text: "no slower than Python's Pool.map with automatic chunks",
    relation: "at most",
    factor: 1,
    reference: { contenders: ["python-pool-map"] },
  },
  {
    case: "factorise",
    metric: "ms",
    text: "1.9 times as fast as one thread",
    relation: "at most",
    factor: 1 / 1.9,
    reference: { contenders: ["plain-loop"] },
  },
  {
    case: "largest-factor",
    metric: "ms",
    text: "1.9 times as fast as one thread",
    relation: "at most",
    factor: 1 / 1.9,
    reference: { contenders: ["plain-loop"] },
  },
  { case: "idle", metric: "cpu", text: "an idle pool burns no CPU", relation: "at most", factor: 0.1 },
  {
    case: "timers",
    metric: "ran",
    text: "an idle worker still runs its timers",
    relation: "at least",
    factor: 90,
  },
  {
    case: "exit",
    metric: "exit",
    text: "a program whose work is done ends by itself",
    relation: "at most",
    factor: 1_000,
  },
];
