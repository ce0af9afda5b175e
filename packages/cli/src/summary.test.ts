import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { summary, type RunFigures } from "./summary.ts";

const FIGURES: RunFigures = {
  done: 10_000,
  failed: 0,
  recorded: 0,
  total: 10_000,
  failures: [],
  elapsedMs: 2710,
  workMs: 5120,
  busyMs: 5300,
  delayMs: 100,
  startUpMs: 70,
  on: "threads",
  jobs: 2,
  ending: undefined,
  isTextByDefault: false,
};

describe("summary()", () => {
  test("says items, time, threads, rate, failures, and how much faster than one thread it was", () => {
    assert.equal(
      summary(FIGURES),
      "10,000 items in 2.71 s on 2 threads, 3,690/s, none failed\nthe work itself is 5.12 s on one thread: 1.89 times as fast",
    );
  });

  test("never makes a loss look like a gain", () => {
    const small = summary({ ...FIGURES, elapsedMs: 95, workMs: 21 });
    assert.match(
      small,
      /\nthe work itself is 21 ms on one thread; starting workers \(70 ms\) cost more than they gained$/,
    );
    const tiny = summary({ ...FIGURES, workMs: 2800 });
    assert.match(tiny, /is 2.80 s on one thread; reading, handing over and writing took what they gained$/);
    const alone = summary({ ...FIGURES, jobs: 1, workMs: 2650 });
    assert.match(alone, /is 2.65 s on one thread; one worker is no faster than that$/);
    for (const said of [small, tiny, alone]) assert.doesNotMatch(said, /times as fast/);
  });

  test("says when workers gained little because the cores were taken", () => {
    assert.match(
      summary({ ...FIGURES, elapsedMs: 3900, busyMs: 7600, delayMs: 2660 }),
      /is 5.12 s on one thread: 1.31 times as fast; the workers waited for a core 35% of the time$/,
    );
    assert.match(
      summary({ ...FIGURES, elapsedMs: 5000, busyMs: 9900, delayMs: 4900 }),
      /is 5.12 s on one thread, so nothing was gained; the workers waited for a core 49% of the time$/,
    );
  });

  test("says nothing about gain when it ran inline, or ran nothing", () => {
    assert.equal(
      summary({ ...FIGURES, on: "inline", jobs: 1 }),
      "10,000 items in 2.71 s inline, 3,690/s, none failed",
    );
    assert.equal(
      summary({ ...FIGURES, recorded: 10_000, elapsedMs: 12, workMs: 0 }),
      "0 items in 12 ms on 2 threads, none failed, 10,000 were in the journal",
    );
  });

  test("names the first failures in the order of the input, and counts the others", () => {
    const failures = [
      { index: 7, input: '"x"', error: "RangeError: no" },
      { index: 2, input: "5", error: "Error: bad" },
    ];
    assert.match(
      summary({ ...FIGURES, failed: 30, failures }),
      /^failed: item 2, 5: Error: bad\nfailed: item 7, "x": RangeError: no\nfailed: 28 more; their errors are in the output\n10,000 items .* 30 failed\n/,
    );
    assert.doesNotMatch(summary({ ...FIGURES, failed: 2, failures }), /more/);
  });

  test("neither advises another format nor speaks of gains where all items came to a limit of their time", () => {
    const help = "node_modules/heddle/docs/troubleshooting.md#err_heddle_timeout";
    const failures = [{ index: 0, input: '"1"', error: "TimeoutError: late", help }];
    const failed = { ...FIGURES, done: 1, total: 1, failed: 1, failures, isTextByDefault: true };
    assert.match(
      summary({ ...failed, workMs: 0, busyMs: 0, startUpMs: 0 }),
      /^failed: item 0, [^\n]*\n  see [^\n]*\n1 item in [^\n]*, 1 failed$/,
    );
  });

  test("says once where an error of the toolkit is explained", () => {
    const help = "node_modules/heddle/docs/troubleshooting.md#err_heddle_timeout";
    const failures = [1, 2].map((index) => ({ index, input: "5", error: "TimeoutError: late", help }));
    assert.match(
      summary({ ...FIGURES, failed: 2, failures }),
      new RegExp(`^failed: item 1, .*\\nfailed: item 2, .*\\n  see ${help}\\n10,000 items`),
    );
  });

  test("says how to have numbers read as numbers, when all failed as text and nobody had named a format", () => {
    const failures = [{ index: 0, input: '"97"', error: "RangeError: no number" }];
    const failed = { ...FIGURES, done: 1, total: 1, failed: 1, failures, isTextByDefault: true };
    assert.match(
      summary(failed),
      /\nall items are text that looks like numbers; --format numbers reads them so\n/,
    );
    assert.doesNotMatch(summary({ ...failed, isTextByDefault: false }), /--format/);
    assert.doesNotMatch(summary({ ...failed, done: 2 }), /--format/);
    assert.doesNotMatch(summary({ ...failed, failures: [{ ...failures[0]!, input: '"x"' }] }), /--format/);
  });

  test("says where a run that did not end by itself has come to, and why", () => {
    assert.match(
      summary({ ...FIGURES, done: 40, total: 100, ending: "failure" }),
      /; stopped at a failure after 40 of 100\n/,
    );
    assert.match(
      summary({ ...FIGURES, done: 40, total: undefined, ending: "signal" }),
      /; interrupted after 40\n/,
    );
    assert.match(
      summary({ ...FIGURES, done: 40, total: undefined, ending: "fault" }),
      /; could not go on after 40\n/,
    );
  });
});
