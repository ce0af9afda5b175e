import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { retry, taskGroup } from "./index.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("retry()", () => {
  test("does not begin where the code was told to stop before", async () => {
    await taskGroup(async (group) => {
      group.cancel("stop");
      let ran = false;
      await assert.rejects(
        retry(() => (ran = true)),
        (error) => error === "stop",
      );
      assert.equal(ran, false);
    });
  });

  test("waits longer and longer between attempts, and gives what the first good one gives", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const attempts: number[] = [];
    const result = retry(
      (attempt) => {
        attempts.push(attempt);
        if (attempt < 4) throw new Error("not yet");
        return "value";
      },
      { attempts: 5, delayMs: 10, factor: 3, maxDelayMs: 40, jitter: 0 },
    );
    for (const delayMs of [10, 30, 40]) {
      const before = attempts.length;
      await turn();
      context.mock.timers.tick(delayMs - 1);
      await turn();
      assert.equal(attempts.length, before);
      context.mock.timers.tick(1);
      await turn();
    }
    assert.equal(await result, "value");
    assert.deepEqual(attempts, [1, 2, 3, 4]);
  });

  test("throws what the last attempt threw, or the first error that is not to be retried", async () => {
    let attempts = 0;
    const fail = (): never => {
      throw new RangeError(`attempt ${++attempts}`);
    };
    await assert.rejects(retry(fail, { delayMs: 0 }), /attempt 3/);
    await assert.rejects(
      retry(fail, { shouldRetry: (error) => !(error instanceof RangeError) }),
      /attempt 4/,
    );
  });

  test("refuses options that are none before it runs anything", async () => {
    const run = (): never => assert.fail("it ran");
    const bad: object[] = [{ shouldRetry: true }, { jitter: "0" }, { factor: "2" }, { delayMs: "1" }];
    for (const options of bad) await assert.rejects(retry(run, options), TypeError);
    for (const options of [{ attempts: 0 }, { jitter: 2 }, { factor: 0.5 }, { delayMs: -1 }])
      await assert.rejects(retry(run, options), RangeError);
  });

  test("does not try again once it was cancelled, whether it ran or waited", async () => {
    let attempts = 0;
    await taskGroup(async (group) => {
      const task = group.spawn(() =>
        retry(
          () => {
            attempts++;
            throw new Error("no");
          },
          { delayMs: 60_000 },
        ),
      );
      await turn();
      task.cancel("stop");
      await assert.rejects(task.result(), (error) => error === "stop");
    });
    assert.equal(attempts, 1);
    assert.equal(process.getActiveResourcesInfo().includes("Timeout"), false);
  });

  test("refuses options that are not right, naming them", async () => {
    const body = (): void => {};
    await assert.rejects(retry(body, { attempts: 0 }), /attempts/);
    await assert.rejects(retry(body, { factor: 0.5 }), /factor/);
    await assert.rejects(retry(body, { jitter: 2 }), /jitter/);
    await assert.rejects(retry(body, { delay: 1 } as never), /delay/);
  });
});
