import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { InlineExecutor } from "../futures/index.ts";
import { gather, race, sleep, taskGroup } from "./index.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const isStop = (error: unknown): boolean => error === "stop";

describe("gather()", () => {
  test("gives all results in order, of functions, futures and promises, and nothing for nothing", async () => {
    const executor = new InlineExecutor();
    const future = executor.submit(() => "future");
    const results = await gather(
      async () => {
        await turn();
        return 1;
      },
      () => "two",
      future,
      Promise.resolve(4),
      future,
    );
    const [one, two]: [number, string, ...unknown[]] = results;
    assert.deepEqual([one, two, ...results.slice(2)], [1, "two", "future", 4, "future"]);
    assert.deepEqual(await gather(), []);
  });

  test("throws the failure itself, after the functions that it cancelled have ended; futures go on", async () => {
    const executor = new InlineExecutor();
    const { promise: gate, resolve: open } = Promise.withResolvers<number>();
    const future = executor.submit(() => gate);
    const ended: string[] = [];
    const failure = new Error("no");
    await assert.rejects(
      gather(
        () => sleep(Infinity).finally(() => ended.push("sleeper")),
        () => Promise.reject(failure),
        future,
      ),
      (error) => error === failure,
    );
    assert.deepEqual(ended, ["sleeper"]);
    open(7);
    assert.equal(await future, 7);
  });

  test("cancelled from outside cancels its futures as well", async () => {
    const executor = new InlineExecutor({ concurrencyPerWorker: 1 });
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const running = executor.submit(() => gate);
    const queued = executor.submit(() => assert.fail("it ran"));
    await turn();
    await taskGroup(async (group) => {
      group.spawn(() => gather(queued));
      await turn();
      group.cancel("stop");
    });
    await assert.rejects(queued.result(), isStop);
    open();
    await running;
  });

  test("refuses what can be neither run nor awaited", async () => {
    await assert.rejects(gather(1 as never), TypeError);
  });
});

describe("race()", () => {
  test("gives the first result or error, and cancels and waits for the others", async () => {
    const ended: string[] = [];
    const slow = (): Promise<never> =>
      sleep(Infinity)
        .finally(() => ended.push("slow"))
        .then(() => assert.fail());
    assert.equal(await race(slow, () => "first"), "first");
    await assert.rejects(
      race(slow, () => Promise.reject(new RangeError("no"))),
      RangeError,
    );
    assert.deepEqual(ended, ["slow", "slow"]);
  });

  test("does not wait for a promise that is never settled", async () => {
    assert.equal(await race(new Promise<never>(() => {}), Promise.resolve("first")), "first");
  });

  test("refuses to begin without anything to run", async () => {
    await assert.rejects(race(), TypeError);
  });
});
