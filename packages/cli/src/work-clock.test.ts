import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { WorkClock } from "./work-clock.ts";

/** Some work. */
function work(): number {
  let sum = 0;
  for (let at = 0; at < 3_000_000; at++) sum += Math.sqrt(at);
  return sum;
}

describe("WorkClock", () => {
  test("does not count the time in which the thread waited for a core", () => {
    const readings = [5, 6];
    const clock = new WorkClock(() => readings.shift());
    work();
    const { elapsedMs, delayMs, share } = clock.stop(false);
    assert.equal(delayMs, 1);
    assert.ok(Math.abs(share * elapsedMs - Math.max(0, elapsedMs - 1)) < 1e-6);
  });

  test("takes processor time where nobody knows how long the thread waited, or elapsed time for what is asynchronous", () => {
    const clock = new WorkClock(() => undefined);
    const before = process.threadCpuUsage();
    work();
    const { user, system } = process.threadCpuUsage(before);
    const { elapsedMs, delayMs, share } = clock.stop(false);
    assert.equal(delayMs, 0);
    assert.ok(share * elapsedMs >= Math.min(elapsedMs, (user + system) / 1000) - 1e-6);
    assert.equal(clock.stop(true).share, 1);
  });

  test("never gives less than nothing or more than what passed", () => {
    for (const later of [-1e9, 1e9]) {
      const readings = [0, later];
      const { share } = new WorkClock(() => readings.shift()).stop(false);
      assert.ok(share === 0 || share === 1);
    }
  });

  test("is there for the thread that it measures, by default", () => {
    const clock = new WorkClock();
    work();
    const { elapsedMs, share } = clock.stop(false);
    assert.ok(elapsedMs > 0);
    assert.ok(share > 0 && share <= 1);
  });
});
