/** Rate limits, single flights, signals with a time. */
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, test } from "node:test";
import { TimeoutError } from "#heap";
import { Event } from "../sync/index.ts";
import { RateLimit, SingleFlight, sleep, taskGroup, timeoutSignal } from "./index.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const isStop = (error: unknown): boolean => error === "stop";

describe("RateLimit", () => {
  test("gives a burst at once, and then no more than its rate, in order", async () => {
    const limit = new RateLimit({ tokens: 1000, perMs: 1000, burst: 2 });
    const began = performance.now();
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 6 }, async (_, i) => {
        await limit.take();
        order.push(i);
      }),
    );
    assert.deepEqual(order, [0, 1, 2, 3, 4, 5]);
    assert.ok(performance.now() - began >= 3.9);
    assert.equal(limit.waiting, 0);
  });

  test("is heard of in order also by those who need not wait any more", async (t) => {
    const times = [0, 0, 0, 1, 2];
    t.mock.method(performance, "now", () => times.shift() ?? 2);
    const limit = new RateLimit({ tokens: 1, perMs: 1, burst: 1 });
    const order: string[] = [];
    const take = (name: string): Promise<unknown> => limit.take().then(() => order.push(name));
    await Promise.all([take("at once"), take("on joining the line"), take("after the line")]);
    assert.deepEqual(order, ["at once", "on joining the line", "after the line"]);
  });

  test("lets nobody overtake one that waits for many, and takes nothing for one that leaves", async () => {
    const limit = new RateLimit({ tokens: 1, perMs: 60_000, burst: 3 });
    assert.equal(limit.tryTake(2), true);
    const controller = new AbortController();
    const many = limit.take(3, { signal: controller.signal });
    assert.equal(limit.waiting, 1);
    assert.equal(limit.tryTake(), false);
    const one = limit.take(1);
    controller.abort("stop");
    await assert.rejects(many, isStop);
    await one;
    await assert.rejects(limit.take(1, { timeoutMs: 1 }), { name: "TimeoutError" });
    await taskGroup(async (group) => {
      const task = group.spawn(() => limit.take());
      await turn();
      task.cancel("stop");
      await assert.rejects(task.result(), isStop);
    });
    assert.equal(limit.waiting, 0);
    assert.equal(process.getActiveResourcesInfo().includes("Timeout"), false);
  });

  test("has those wait whose tokens come later than a timer takes", async (context) => {
    const warnings: string[] = [];
    const note = ({ name }: Error): void => void warnings.push(name);
    process.on("warning", note);
    context.after(() => process.off("warning", note));
    const limit = new RateLimit({ tokens: 1, perMs: 2 ** 32 });
    assert.equal(limit.tryTake(), true);
    await assert.rejects(limit.take(1, { timeoutMs: 5 }), { name: "TimeoutError" });
    await turn();
    assert.deepEqual(warnings, []);
  });

  test("refuses a rate that is none, and more than its burst at once", async () => {
    assert.throws(
      () => new RateLimit(undefined as never),
      /^TypeError: Cannot take the options of a rate limit: undefined is not an object/,
    );
    assert.throws(() => new RateLimit({ tokens: 0 }), RangeError);
    assert.throws(() => new RateLimit({ tokens: 1, perMs: 0 }), RangeError);
    assert.throws(() => new RateLimit({ tokens: 1, perMs: "1000" as never }), TypeError);
    assert.throws(() => new RateLimit({ tokens: 1 }).tryTake(2), RangeError);
    await assert.rejects(new RateLimit({ tokens: 1 }).take(2), RangeError);
  });
});

describe("SingleFlight", () => {
  test("runs once for all who ask meanwhile, and again for those after", async () => {
    const flights = new SingleFlight<string, number>();
    let runs = 0;
    const load = (): Promise<number> =>
      flights.run("key", async () => {
        await turn();
        return ++runs;
      });
    assert.deepEqual(await Promise.all([load(), load(), flights.run("other", () => 7)]), [1, 1, 7]);
    assert.equal(flights.size, 0);
    assert.equal(await load(), 2);
  });

  test("tells its caller to stop whom its body has cancelled before it waits", async () => {
    const flights = new SingleFlight<string, void>();
    await taskGroup(async (group) => {
      const task = group.spawn(() =>
        flights.run("key", () => {
          task.cancel("stop");
          return sleep(60_000);
        }),
      );
      await assert.rejects(task.result(), isStop);
    });
    assert.equal(flights.size, 0);
  });

  test("gives all of them its failure", async () => {
    const flights = new SingleFlight<string, number>();
    const failure = new Error("no");
    const ends = await Promise.allSettled(
      [1, 2].map(() => flights.run("key", () => Promise.reject(failure))),
    );
    for (const end of ends) assert.deepEqual(end, { status: "rejected", reason: failure });
  });

  test("goes on when one leaves, and is cancelled when all have left", async () => {
    const flights = new SingleFlight<string, string>();
    const reasons: unknown[] = [];
    const body = async (): Promise<string> => {
      await sleep(Infinity).catch((reason: unknown) => reasons.push(reason));
      return "late";
    };
    await taskGroup(async (group) => {
      const [first, second] = [1, 2].map(() => group.spawn(() => flights.run("key", body)));
      await turn();
      first!.cancel("stop");
      await assert.rejects(first!.result(), isStop);
      assert.deepEqual([reasons.length, flights.size], [0, 1]);
      second!.cancel("stop");
      await assert.rejects(second!.result(), isStop);
      assert.deepEqual([reasons.length, flights.size], [1, 0]);
    });
  });
});

describe("SingleFlight, left by the last who waited,", () => {
  test("is waited for by the group of that one", async () => {
    const flights = new SingleFlight<string, void>();
    const ends: string[] = [];
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const body = async (): Promise<void> => {
      try {
        await sleep(Infinity);
      } finally {
        await gate;
        ends.push("run");
      }
    };
    const [first, second] = [new AbortController(), new AbortController()];
    const groups = [first, second].map(({ signal }, i) =>
      taskGroup((group) => group.spawn(() => flights.run("key", body)), { signal }).finally(() =>
        ends.push(`group ${i}`),
      ),
    );
    await turn();
    first.abort("stop");
    await assert.rejects(groups[0]!, isStop);
    second.abort("stop");
    await turn();
    assert.deepEqual(ends, ["group 0"]);
    assert.equal(flights.size, 0);
    open();
    await assert.rejects(groups[1]!, isStop);
    assert.deepEqual(ends, ["group 0", "run", "group 1"]);
  });

  test("gives that one what fails in its clean-up", async () => {
    const flights = new SingleFlight<string, void>();
    const failing = taskGroup(async (group) => {
      group.spawn(() =>
        flights.run("key", async () => {
          await sleep(Infinity).catch(() => {
            throw new Error("left half a file");
          });
        }),
      );
      await turn();
      group.cancel("stop");
    });
    await assert.rejects(failing, /^Error: left half a file$/);
  });
});

describe("timeoutSignal()", () => {
  test("is heard by a wait that blocks its thread", () => {
    assert.throws(
      () => new Event().waitSync({ signal: timeoutSignal(1) }),
      /timeoutSignal\(\): 1 ms have passed/,
    );
    assert.throws(() => new Event().waitSync({ signal: timeoutSignal(0) }), TimeoutError);
  });

  test("aborts with TimeoutError in time, or with the reason when the code is told to stop", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const signal = timeoutSignal(10);
    assert.equal(signal.aborted, false);
    context.mock.timers.tick(10);
    assert.equal(signal.reason.name, "TimeoutError");
    await taskGroup((group) => {
      const inner = timeoutSignal(10);
      group.cancel("stop");
      assert.equal(inner.reason, "stop");
      assert.equal(timeoutSignal(10).reason, "stop");
    });
    assert.throws(() => timeoutSignal(NaN), RangeError);
  });

  test("has no listeners but those of its users", async () => {
    assert.deepEqual(getEventListeners(timeoutSignal(60_000), "abort"), []);
    await taskGroup(() => {
      assert.deepEqual(getEventListeners(timeoutSignal(60_000), "abort"), []);
    });
  });
});
