import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Histogram, Times } from "./observe-histogram.ts";

describe("Histogram", () => {
  test("knows quantiles to a sixteenth, whatever the durations, and mean and extremes exactly", () => {
    const durations = fc.array(fc.double({ min: 0.001, max: 1e7, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (all, part) => {
        const histogram = new Histogram();
        for (const duration of all) histogram.add(duration);
        const durations = histogram.snapshot();
        const { count, meanMs, minMs, maxMs } = durations;
        const sorted = all.toSorted((a, b) => a - b);
        assert.deepEqual([count, minMs, maxMs], [all.length, sorted[0], sorted.at(-1)]);
        assert.ok(Math.abs(meanMs - all.reduce((a, b) => a + b) / all.length) <= 1e-9 * maxMs);
        const exact = sorted[Math.max(1, Math.ceil(part * all.length)) - 1]!;
        const found = durations.quantileMs(part);
        // The first buckets are a microsecond wide.
        assert.ok(
          found >= exact * (1 - 1e-9) && found <= exact * (1 + 1 / 16) + 0.001,
          `${found} for ${exact}`,
        );
      }),
    );
  });

  test("of nothing is all zeros, and refuses what is no part", () => {
    const durations = new Histogram().snapshot();
    const { count, meanMs, minMs, maxMs } = durations;
    assert.deepEqual([count, meanMs, minMs, maxMs, durations.quantileMs(0.5)], [0, 0, 0, 0, 0]);
    assert.throws(() => durations.quantileMs(2), RangeError);
    assert.throws(() => durations.quantileMs(Number.NaN), RangeError);
  });

  test("is not changed by what comes after it was asked for", () => {
    const histogram = new Histogram();
    histogram.add(1);
    const before = histogram.snapshot();
    histogram.add(100);
    assert.deepEqual([before.count, before.quantileMs(1)], [1, 1]);
  });
});

describe("Times", () => {
  test("counts together what comes under ever new names", () => {
    const times = new Times();
    for (let i = 0; i < 1000; i++) times.ended(`task ${i}`, "fulfilled", 1, 1);
    const functions = times.snapshot();
    assert.ok(functions.size <= 257);
    assert.equal(
      [...functions.values()].reduce((sum, { run }) => sum + run.count, 0),
      1000,
    );
    assert.ok(functions.get("(others)")!.run.count > 700);
  });
});
