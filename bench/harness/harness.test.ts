import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseOptions, UsageError } from "./options.ts";
import { planTurns } from "./plan.ts";
import { randomIntegers, seededGenerator, shuffled } from "./random.ts";
import { formatNumber, formatReport } from "./report.ts";
import type { Report } from "./report.ts";
import { collect, disagreements } from "./results.ts";
import type { Outcome } from "./run-turn.ts";
import { median, percentile, summarise, timesBetter } from "./statistics.ts";
import { judgeAll } from "./targets.ts";
import type { CaseSpec, ContenderSpec, Suite } from "./types.ts";

const contender = (id: string, role: ContenderSpec["role"]): ContenderSpec => ({
  id,
  role,
  settings: "",
  run: { module: `${id}.ts` },
});

const speed: CaseSpec = {
  id: "speed",
  run: "speed",
  question: "how fast?",
  metrics: [
    { name: "rate", unit: "tasks/s", better: "higher" },
    { name: "p50", unit: "µs", better: "lower" },
  ],
  contenders: ["heddle", "rival", "bare"],
  load: {},
};

const suite: Suite = {
  name: "example",
  question: "?",
  doesNotShow: "",
  workers: [1, 2],
  cases: [speed, { ...speed, id: "other", contenders: ["heddle"], workers: [2] }],
  contenders: [contender("heddle", "ours"), contender("rival", "pool"), contender("bare", "raw")],
  targets: [
    {
      case: "speed",
      metric: "rate",
      text: "twice the fastest peer",
      relation: "at least",
      factor: 2,
      reference: { roles: ["pool", "raw"] },
    },
    {
      case: "speed",
      metric: "p50",
      text: "half of the rival's",
      relation: "at most",
      factor: 0.5,
      reference: { contenders: ["rival"] },
    },
    { case: "speed", metric: "p50", text: "below 10", relation: "at most", factor: 10 },
  ],
  packages: [],
};

const options = {
  suite: "example",
  rounds: 5,
  only: undefined,
  contenders: undefined,
  workers: undefined,
  quick: false,
  json: false,
  installGo: false,
  seed: 7,
};

function outcome(id: string, metrics: Record<string, number>, checks: Record<string, number> = {}): Outcome {
  const spec = suite.contenders.find((candidate) => candidate.id === id)!;
  return { turn: { case: speed, contender: spec, workers: 1, round: 0 }, answer: { metrics, checks } };
}

describe("statistics", () => {
  test("the median is the middle sample, or the mean of the two middle ones, in any order", () => {
    assert.equal(median([5, 1, 3]), 3);
    assert.equal(median([4, 1, 3, 2]), 2.5);
  });

  test("a percentile lies between the nearest ranks", () => {
    assert.equal(percentile([0, 10], 0.25), 2.5);
    assert.equal(percentile([1, 2, 3], 1), 3);
    assert.throws(() => percentile([], 0.5), RangeError);
    assert.throws(() => percentile([1], 99), RangeError);
  });

  test("a summary keeps every round, and the least and the most", () => {
    assert.deepEqual(summarise([3, 1, 2]), { median: 2, min: 1, max: 3, rounds: [3, 1, 2] });
  });

  test("a ratio above 1 is a gain, for times and for rates", () => {
    assert.equal(timesBetter(2, 8, "lower"), 4);
    assert.equal(timesBetter(8, 2, "higher"), 4);
  });
});

describe("random numbers", () => {
  test("the same seed gives the same numbers, within their bounds", () => {
    const numbers = randomIntegers(1_000, 20_000, 20_009, 1);
    assert.deepEqual(numbers, randomIntegers(1_000, 20_000, 20_009, 1));
    assert.equal(new Set(numbers).size, 10);
    assert.ok(numbers.every((number) => Number.isInteger(number) && number >= 20_000 && number <= 20_009));
  });

  test("a shuffle keeps every item and its input", () => {
    const items = [1, 2, 3, 4, 5, 6, 7, 8];
    const order = shuffled(items, seededGenerator(3));
    assert.notDeepEqual(order, items);
    assert.deepEqual(new Set(order), new Set(items));
  });
});

describe("planTurns()", () => {
  test("gives every contender one turn a round, by turns, in an order that changes", () => {
    const turns = planTurns(suite, { ...options, only: ["speed"], workers: [1] });
    const rounds = [0, 1, 2, 3, 4].map((round) => turns.slice(3 * round, 3 * round + 3));
    for (const [index, round] of rounds.entries()) {
      assert.ok(round.every((turn) => turn.round === index));
      assert.deepEqual(round.map((turn) => turn.contender.id).sort(), ["bare", "heddle", "rival"]);
    }
    assert.ok(new Set(rounds.map((round) => round.map((turn) => turn.contender.id).join())).size > 1);
  });

  test("runs a case only with the workers that make sense for it", () => {
    assert.deepEqual(
      [...new Set(planTurns(suite, { ...options, only: ["other"] }).map((turn) => turn.workers))],
      [2],
    );
    assert.deepEqual(planTurns(suite, { ...options, only: ["other"], workers: [1] }), []);
  });

  test("refuses a case or a contender that is not there, by name", () => {
    assert.throws(() => planTurns(suite, { ...options, only: ["sped"] }), {
      name: "UsageError",
      message: /sped.*speed, other/u,
    });
    assert.throws(() => planTurns(suite, { ...options, contenders: ["nobody"] }), UsageError);
  });
});

describe("parseOptions()", () => {
  test("reads lists and numbers, and takes one round when quick", () => {
    const parsed = parseOptions(["dispatch", "--only", "map,idle", "--workers", "1,2", "--quick"]);
    assert.deepEqual([parsed.only, parsed.workers, parsed.rounds], [["map", "idle"], [1, 2], 1]);
    assert.equal(parseOptions(["dispatch"]).rounds, 5);
  });

  test("refuses what it does not understand", () => {
    for (const args of [[], ["a", "b"], ["dispatch", "--rounds", "0"], ["dispatch", "--fast"]]) {
      assert.throws(() => parseOptions(args), UsageError);
    }
  });
});

describe("results and targets", () => {
  const outcomes = [
    outcome("rival", { rate: 40, p50: 30 }),
    outcome("heddle", { rate: 100, p50: 16 }),
    outcome("bare", { rate: 60, p50: 20 }),
  ];

  test("a table ranks by the first metric, best first, and what failed comes last", () => {
    const failed: Outcome = { turn: outcomes[2]!.turn, failure: "it fell over" };
    const result = collect(speed, 1, [failed, outcomes[0]!, outcomes[1]!]);
    assert.deepEqual(
      result.entries.map((entry) => [entry.contender, entry.failure]),
      [
        ["heddle", undefined],
        ["rival", undefined],
        ["bare", "it fell over"],
      ],
    );
  });

  test("a target is judged against the best of those it names, or against a plain number", () => {
    const verdicts = judgeAll(suite, [collect(speed, 1, outcomes)]);
    assert.deepEqual(
      verdicts.map(({ limit, reference, reached }) => [limit, reference?.contender, reached]),
      [
        [120, "bare", false],
        [15, "rival", false],
        [10, undefined, false],
      ],
    );
    const better = collect(speed, 1, [outcome("heddle", { rate: 120, p50: 9 }), outcomes[0]!, outcomes[2]!]);
    assert.ok(judgeAll(suite, [better]).every(({ reached }) => reached));
  });

  test("a target that is missed says what stands in the way, and what nobody can be faster than", () => {
    const [first] = suite.targets;
    const why = "the work takes as long";
    const explained = { ...suite, targets: [{ ...first!, why, bound: "bare" }] };
    const [verdict] = judgeAll(explained, [collect(speed, 2, outcomes)]);
    assert.equal(verdict!.why, why);
    assert.equal(verdict!.bound, 2 * verdict!.reference!.figure);
    const better = collect(speed, 2, [outcome("heddle", { rate: 120, p50: 9 }), outcomes[0]!, outcomes[2]!]);
    assert.equal(judgeAll(explained, [better])[0]!.why, undefined);
  });

  test("a target without figures of both sides is not judged", () => {
    assert.deepEqual(judgeAll(suite, [collect(speed, 1, [outcomes[0]!])]), []);
    assert.equal(judgeAll(suite, [collect(speed, 1, [outcomes[1]!])]).length, 1);
  });

  test("contenders that disagree about a result are named", () => {
    const found = disagreements([
      outcome("heddle", {}, { sum: 3 }),
      outcome("rival", {}, { sum: 4 }),
      outcome("bare", {}, { sum: 3 }),
    ]);
    assert.deepEqual(found, ["sum: heddle gives 3, rival gives 4"]);
  });

  test("the report says each target, whether it is reached, and by how much", () => {
    const results = [collect(speed, 1, outcomes)];
    const report: Report = {
      format: "heddle-bench/1",
      suite: "example",
      question: "?",
      startedAt: "",
      rounds: 1,
      quick: true,
      machine: { cpu: "", cores: 2, memoryGiB: 4, system: "", loadBefore: 0, versions: {} },
      contenders: {},
      results,
      targets: judgeAll(suite, results),
      problems: [],
    };
    assert.match(
      formatReport(suite, report),
      /MISSED +0\.83 of it +speed × 1, rate: twice the fastest peer: 100, asked 120 \(bare: 60\.0\)/u,
    );
  });

  test("numbers are written with three digits", () => {
    assert.deepEqual([0.0123, 1.234, 12.34, 123.4, 9_994, 12_345, 1_234_567].map(formatNumber), [
      "0.012",
      "1.23",
      "12.3",
      "123",
      "9994",
      "12.3 k",
      "1.23 M",
    ]);
  });
});

describe("bench/run.ts", () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [fileURLToPath(new URL("../run.ts", import.meta.url)), ...args], {
      encoding: "utf8",
    });

  test("--json prints exactly one object, with the machine, raw and summarised figures", () => {
    const { stdout, status } = run(
      "prime-factors",
      "--json",
      "--quick",
      "--only",
      "10-thousand",
      "--contenders",
      "plain-loop",
      "--workers",
      "2",
    );
    assert.equal(status, 0);
    const report = JSON.parse(stdout) as Report;
    assert.equal(report.format, "heddle-bench/1");
    assert.equal(report.machine.versions["node"], process.versions.node);
    const [entry] = report.results[0]!.entries;
    assert.equal(entry!.contender, "plain-loop");
    assert.equal(entry!.metrics["ms"]!.rounds.length, 1);
    assert.equal(entry!.metrics["ms"]!.median, entry!.metrics["ms"]!.rounds[0]);
  });

  test("a wrong suite is one clear line and the usage on stderr, exit 2", () => {
    const { stderr, stdout, status } = run("disptach");
    assert.equal(status, 2);
    assert.equal(stdout, "");
    assert.match(stderr, /^Cannot run the suite disptach: there are dispatch, (?:[a-z-]+, )+[a-z-]+\n/u);
  });
});
