import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { describe, test } from "node:test";
import { TimeoutError } from "#heap";
import { InlineExecutor } from "../futures/index.ts";
import { currentContext, throwIfCancelled } from "../scopes/index.ts";
import { moveOnAfter, shield, sleep, taskGroup, timeoutSignal, withTimeout } from "./index.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const isStop = (error: unknown): boolean => error === "stop";
const limitOf = (timeoutMs: number) => (error: unknown) =>
  error instanceof TimeoutError && error.timeoutMs === timeoutMs;

describe("withTimeout()", () => {
  test("gives what its body gives in time, and leaves no timer", async () => {
    assert.equal(await withTimeout(60_000, async () => 7), 7);
    assert.equal(await withTimeout(Infinity, () => 8), 8);
    assert.equal(process.getActiveResourcesInfo().includes("Timeout"), false);
  });

  test("throws TimeoutError when time has run out, after the body has ended", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const order: string[] = [];
    const body = withTimeout(100, async () => {
      try {
        await sleep(Infinity);
      } finally {
        await shield(turn);
        order.push("cleaned up");
      }
    }).catch((error: unknown) => {
      order.push("thrown");
      throw error;
    });
    context.mock.timers.tick(100);
    await assert.rejects(body, limitOf(100));
    assert.deepEqual(order, ["cleaned up", "thrown"]);
  });

  test("does not begin its body when there is no time, or it was cancelled before", async () => {
    await assert.rejects(
      withTimeout(0, () => assert.fail("it ran")),
      limitOf(0),
    );
    await taskGroup(async (group) => {
      group.cancel("stop");
      await assert.rejects(
        withTimeout(1000, () => assert.fail("it ran")),
        isStop,
      );
    });
  });

  test("of several nested ones the nearest wins, and each converts only its own", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const seen: string[] = [];
    const outer = withTimeout(50, async () => {
      await withTimeout(1000, () => sleep(Infinity)).catch((error: TimeoutError) => {
        seen.push(`inner saw ${error.timeoutMs}`);
        throw error;
      });
    });
    context.mock.timers.tick(50);
    await assert.rejects(outer, limitOf(50));
    const other = withTimeout(1000, async () => {
      await assert.rejects(
        withTimeout(50, () => sleep(Infinity)),
        limitOf(50),
      );
      return "went on";
    });
    context.mock.timers.tick(50);
    assert.equal(await other, "went on");
    assert.deepEqual(seen, ["inner saw 50"]);
  });

  test("does not count for what goes on when the body has ended, as a socket that was opened in it", async () => {
    const goOn: (<T>(body: () => T) => T)[] = [];
    await withTimeout(5, async () => {
      goOn.push(AsyncLocalStorage.snapshot());
      await taskGroup(() => void goOn.push(AsyncLocalStorage.snapshot()));
    });
    await new Promise((resolve) => setTimeout(resolve, 10));
    for (const later of goOn) {
      later(throwIfCancelled);
      assert.equal(
        later(() => currentContext().scope!.deadlineMs),
        Infinity,
      );
      await later(() => withTimeout(1000, () => sleep(0)));
    }
  });

  test("passes on what its body throws, a TimeoutError of somebody else included", async () => {
    const foreign = new TimeoutError("elsewhere", 5);
    await assert.rejects(
      withTimeout(1000, () => Promise.reject(foreign)),
      (error) => error === foreign,
    );
  });

  test("a body that catches it and gives a value: that counts", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const body = withTimeout(10, () => sleep(Infinity).catch(() => "value"));
    context.mock.timers.tick(10);
    assert.equal(await body, "value");
  });

  test("refuses a time that is none, and a body that is none", async () => {
    for (const bad of [NaN, -1])
      await assert.rejects(
        withTimeout(bad, async () => {}),
        RangeError,
      );
    await assert.rejects(
      withTimeout("1" as never, async () => {}),
      TypeError,
    );
    await assert.rejects(withTimeout(1, 1 as never), TypeError);
  });
});

describe("moveOnAfter()", () => {
  test("gives undefined when its own time has run out, and throws when that of another has", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const own = moveOnAfter(10, () => sleep(Infinity));
    const others = withTimeout(10, () => moveOnAfter(20, () => sleep(Infinity)));
    context.mock.timers.tick(10);
    assert.equal(await own, undefined);
    await assert.rejects(others, limitOf(10));
    assert.equal(await moveOnAfter(10, () => "value"), "value");
    await assert.rejects(
      moveOnAfter(10, () => Promise.reject(new RangeError("no"))),
      RangeError,
    );
  });
});

describe("shield()", () => {
  test("keeps cancellation and deadlines out, which count again behind it", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const seen: unknown[] = [];
    const outer = withTimeout(10, async () => {
      await shield(async () => {
        seen.push(currentContext().scope!.deadlineMs);
        await sleep(20);
        seen.push("slept");
      });
      await sleep(0);
    });
    context.mock.timers.tick(20);
    await assert.rejects(outer, limitOf(10));
    assert.deepEqual(seen, [Infinity, "slept"]);
  });

  test("may have a deadline of its own inside", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const inner = shield(() => withTimeout(10, () => sleep(Infinity)));
    context.mock.timers.tick(10);
    await assert.rejects(inner, limitOf(10));
  });
});

describe("a body that gives a future, without awaiting it", () => {
  const never = (): Promise<void> => sleep(60_000);

  test("is stopped by its deadline", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const executor = new InlineExecutor();
    const future = executor.submit(never);
    const waits = [
      withTimeout(20, () => future),
      moveOnAfter(20, () => future),
      taskGroup(() => future, { timeoutMs: 20 }),
    ];
    await turn();
    context.mock.timers.tick(20);
    const [limited, moved, grouped] = await Promise.allSettled(waits);
    assert.ok(limited?.status === "rejected" && limitOf(20)(limited.reason));
    assert.deepEqual(moved, { status: "fulfilled", value: undefined });
    assert.ok(grouped?.status === "rejected" && limitOf(20)(grouped.reason));
    future.cancel();
    await executor.shutdown();
  });

  test("gives its value within a shield in a group that was cancelled", async () => {
    await using executor = new InlineExecutor();
    await taskGroup(async (group) => {
      group.cancel("stop");
      assert.equal(await shield(() => executor.submit(() => 1)), 1);
    });
  });

  test("throws what its `then` throws", async () => {
    // oxlint-disable-next-line unicorn/no-thenable -- that is what it is about
    const broken = { then: (): never => assert.fail("no") };
    await assert.rejects(
      shield(() => broken as never),
      /no/,
    );
  });
});

describe("a time that is longer than a timer takes", () => {
  const month = 30 * 24 * 60 * 60 * 1000;

  test("is a deadline all the same", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const signal = timeoutSignal(month);
    const ends: unknown[] = [];
    const note = (error: unknown): void => void ends.push(error);
    const bodies = [
      withTimeout(month, () => sleep(2 * month)).catch(note),
      taskGroup(() => sleep(2 * month), { timeoutMs: month }).catch(note),
    ];
    context.mock.timers.tick(2 ** 31 - 1);
    context.mock.timers.tick(month - 2 ** 31);
    await turn();
    assert.deepEqual([ends.length, signal.aborted], [0, false]);
    context.mock.timers.tick(1);
    assert.equal(signal.aborted, true);
    await Promise.all(bodies);
    assert.ok(ends.every(limitOf(month)));
  });

  test("is a grace all the same", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const { promise, resolve } = Promise.withResolvers<void>();
    const seen: boolean[] = [];
    await taskGroup(async (group) => {
      const task = group.spawn(() => promise);
      await turn();
      task.cancel("stop", { graceMs: month });
      for (const passedMs of [2 ** 31 - 1, month - 2 ** 31, 1]) {
        context.mock.timers.tick(passedMs);
        await turn();
        seen.push(task.cancelled);
      }
      resolve();
    });
    assert.deepEqual(seen, [false, false, true]);
  });
});
