import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { choose, type Measured, predict, serialShare, spreadOf, type Way } from "./predict.ts";

const measured = (way: Way, msPerItem: readonly number[], startUpMs = 0): Measured => ({
  way,
  jobs: way === "threads" ? 4 : 1,
  startUpMs,
  msPerItem,
});
const chosen = (total: number, ...ways: readonly Measured[]): Way =>
  choose(ways.map((way) => predict(way, total, 0))).way;

describe("predict()", () => {
  test("adds what starting takes to what the items take", () => {
    const { ms, leastMs, mostMs } = predict(measured("threads", [2, 1, 4], 100), 50, 0);
    assert.deepEqual([ms, leastMs, mostMs], [200, 150, 300]);
  });

  test("widens the range by what the items differ, and never below nothing", () => {
    const { leastMs, mostMs } = predict(measured("loop", [1]), 100, 0.1);
    assert.ok(leastMs > 75 && leastMs < 85 && mostMs > 115 && mostMs < 125);
    assert.equal(predict(measured("loop", [1]), 100, 5).leastMs, 0);
  });
});

describe("choose()", () => {
  test("takes the fastest, and of two that are about as fast the simpler", () => {
    assert.equal(chosen(1000, measured("loop", [1]), measured("threads", [0.5])), "threads");
    assert.equal(chosen(1000, measured("threads", [0.95]), measured("loop", [1])), "loop");
  });

  test("takes processes only where they are much faster than threads", () => {
    assert.equal(chosen(1000, measured("threads", [1]), measured("processes", [0.8])), "threads");
    assert.equal(chosen(1000, measured("threads", [1]), measured("processes", [0.6])), "processes");
  });

  test("counts what starting takes: a small input is not worth workers", () => {
    const ways = [measured("loop", [1]), measured("threads", [0.25], 60)] as const;
    assert.equal(chosen(40, ...ways), "loop");
    assert.equal(chosen(4000, ...ways), "threads");
  });
});

describe("serialShare()", () => {
  test("finds the share again that Amdahl's law was given", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 2, max: 64 }),
        (share, workers) => {
          const several = 10 * (share + (1 - share) / workers);
          assert.ok(Math.abs(serialShare(10, several, workers) - share) < 1e-9);
        },
      ),
    );
  });

  test("is a share whatever was measured", () => {
    assert.equal(serialShare(10, 2, 2), 0);
    assert.equal(serialShare(10, 30, 2), 1);
    assert.equal(serialShare(10, 10, 1), 0);
  });
});

describe("spreadOf()", () => {
  test("is nothing for equal times, and smaller the more times there are", () => {
    assert.equal(spreadOf([3, 3, 3]), 0);
    assert.equal(spreadOf([5]), 0);
    const few = spreadOf([1, 3]);
    const many = spreadOf(Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 1 : 3)));
    assert.ok(few > 0.4 && many < 0.05);
  });
});
