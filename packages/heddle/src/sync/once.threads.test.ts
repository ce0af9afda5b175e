import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { until } from "../heap/fixtures/until.ts";
import { ThreadPoolExecutor } from "../futures/index.ts";
import { Event, Once, Semaphore } from "./index.ts";

const runIn = (once: Once, calls: Semaphore): { list: number[] } =>
  once.runSync(() => {
    calls.release();
    return { list: [1, 2, 3] };
  });

const failIn = (once: Once): unknown =>
  once.runSync(() => {
    throw Object.assign(new RangeError("no luck"), { code: "ERR_LUCK" });
  });

const keepSymbol = async (once: Once, refused: Event): Promise<string[]> => {
  const made = typeof once.runSync(() => Symbol("here"));
  await refused.wait();
  return [made, typeof once.runSync(() => 1)];
};

const runForEver = (once: Once, entered: Event): unknown =>
  once.runSync(() => {
    entered.set();
    for (;;);
  });

const isSameTwice = async (once: Once): Promise<boolean> =>
  (await once.run(() => ({}))) === once.runSync(() => ({}));

describe("a Once between threads", () => {
  test("makes one call among all of them, and gives all the same value", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 3 });
    const calls = new Semaphore(0);
    for (let round = 1; round <= 50; round++) {
      const once = new Once();
      const body = (): { list: number[] } => (calls.release(), { list: [1, 2, 3] });
      const running = [0, 1, 2].map(() => pool.submit(runIn, once, calls));
      for (const { list } of await Promise.all([...running, once.run(body)]))
        assert.deepEqual(list, [1, 2, 3]);
      assert.equal(calls.available, round);
      assert.ok(await pool.submit(isSameTwice, once));
    }
  });

  test("throws what the body threw in every thread", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const once = new Once();
    const luckless = { name: "RangeError", message: "no luck", code: "ERR_LUCK" };
    await assert.rejects(pool.submit(failIn, once), luckless);
    assert.ok(once.done);
    assert.throws(() => once.runSync(() => 1), luckless);
    await assert.rejects(
      once.run(() => 1),
      luckless,
    );
  });

  test("says in other threads why they cannot have a value that cannot travel", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const once = new Once();
    const refused = new Event();
    const kept = pool.submit(keepSymbol, once, refused);
    await until(() => once.done);
    await assert.rejects(
      once.run(() => 1),
      { code: "ERR_HEDDLE_NOT_CLONEABLE", message: /^Cannot send value: / },
    );
    refused.set();
    assert.deepEqual(await kept, ["symbol", "symbol"]);
  });

  test("is done, with an error that says so, when the thread that makes the call is terminated", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const [once, entered] = [new Once(), new Event()];
    const running = pool.submit(runForEver, once, entered);
    await entered.wait();
    const waiting = once.run(() => 1);
    running.cancel(new Error("enough"), { graceMs: 0 });
    const ended = {
      name: "LockStateError",
      message:
        /^Cannot give the result of once "Once-\d+": the thread that made the call ended before it was done$/,
    };
    await assert.rejects(waiting, ended);
    assert.ok(once.done);
    assert.throws(() => once.runSync(() => 1), ended);
    await assert.rejects(running);
  });
});
