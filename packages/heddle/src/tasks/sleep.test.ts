import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkpoint, sleep, taskGroup } from "./index.ts";

const isStop = (error: unknown): boolean => error === "stop";

describe("sleep()", () => {
  test("waits for as long as it was told, other code running meanwhile", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const woken: number[] = [];
    const sleeps = [30, 10, 20].map(async (milliseconds) => {
      await sleep(milliseconds);
      woken.push(milliseconds);
    });
    context.mock.timers.tick(30);
    await Promise.all(sleeps);
    assert.deepEqual(woken, [10, 20, 30]);
  });

  test("takes a time that no timer can hold", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    let isAwake = false;
    const long = sleep(2 ** 31 + 10).then(() => (isAwake = true));
    context.mock.timers.tick(2 ** 31 - 1);
    await Promise.resolve();
    assert.equal(isAwake, false);
    context.mock.timers.tick(11);
    await long;
  });

  test("ends early, with the reason, and leaves no timer behind", async () => {
    const controller = new AbortController();
    const bySignal = sleep(60_000, { signal: controller.signal });
    controller.abort("stop");
    await assert.rejects(bySignal, isStop);
    await assert.rejects(sleep(60_000, { signal: AbortSignal.abort("stop") }), isStop);
    await taskGroup(async (group) => {
      const sleeping = sleep(60_000);
      group.cancel("stop");
      await assert.rejects(sleeping, isStop);
    });
    assert.equal(process.getActiveResourcesInfo().includes("Timeout"), false);
  });

  test("refuses a time that is none", async () => {
    await assert.rejects(sleep(NaN), RangeError);
    await assert.rejects(sleep(-1), RangeError);
    await assert.rejects(sleep("1" as never), TypeError);
  });
});

describe("checkpoint()", () => {
  test("lets the event loop have a turn, and throws once the code was told to stop", async () => {
    await taskGroup(async (group) => {
      let turns = 0;
      setImmediate(() => turns++);
      await checkpoint();
      assert.equal(turns, 1);
      group.cancel("stop");
      await assert.rejects(checkpoint(), isStop);
    });
  });
});
