/** Functions that are called later. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ContextVar } from "../../scopes/index.ts";
import { Event } from "../../sync/index.ts";
import { Channel, selectSync } from "../../queues/index.ts";
import { sleep } from "../../tasks/index.ts";
import { Thread, ThreadStateError, Timer } from "../index.ts";

describe("a Timer", () => {
  test("calls its function once, with its arguments, in the thread that has started it", async () => {
    const calls: string[] = [];
    const called = new Event();
    const fn = (word: string, again: string): void => {
      calls.push(word + again);
      called.set();
    };
    const timer = new Timer(1, fn, { args: ["a", "b"] });
    assert.ok(!timer.isAlive);
    assert.equal(timer.start(), timer);
    assert.ok(timer.isAlive);
    await called.wait();
    assert.ok(!timer.isAlive);
    timer.cancel();
    assert.deepEqual(calls, ["ab"]);
  });

  test("that is cancelled before never calls it: after its start, before it, or by being disposed of", async () => {
    const fail = (): never => assert.fail("it was called");
    const timer = new Timer(1, fail).start();
    timer.cancel();
    const early = new Timer(0, fail);
    early.cancel();
    early.start();
    {
      using _disposed = new Timer(1, fail).start();
    }
    await sleep(5);
    assert.ok(!timer.isAlive && !early.isAlive);
  });

  test("fires while its thread blocks", () => {
    const [rang, channel] = [new Event(), new Channel<number>(1)];
    new Timer(2, () => rang.set()).start();
    rang.waitSync();
    new Timer(2, () => channel.trySend(7)).start();
    assert.deepEqual({ ...selectSync({ channel }) }, { name: "channel", value: 7, closed: false });
  });

  test("that throws while its thread blocks does not disturb the wait; it is uncaught in its thread", async () => {
    const thread = new Thread(() => {
      const rang = new Event();
      new Timer(1, () => {
        rang.set();
        throw new RangeError("in a timer");
      }).start();
      rang.waitSync();
      return new Promise(() => {});
    }).start();
    await assert.rejects(thread.result, { name: "RangeError", message: "in a timer" });
  });

  test("sees the context variables of whoever has started it, and none of its scopes", async () => {
    const user = new ContextVar("test.timer-user", "nobody");
    const seen = Promise.withResolvers<string>();
    user.run("ann", () => new Timer(0, () => seen.resolve(user.get())).start());
    assert.equal(await seen.promise, "ann");
  });

  test("waits longer than Node's timers can", () => {
    const timer = new Timer(2 ** 40, () => {}).start();
    assert.ok(timer.isAlive);
    timer.cancel();
  });

  test("refuses to be started twice", () => {
    using timer = new Timer(1000, () => {}).start();
    assert.throws(() => timer.start(), ThreadStateError);
    const early = new Timer(0, () => {});
    early.cancel();
    early.start();
    assert.throws(() => early.start(), ThreadStateError);
  });

  test("refuses what is no delay, no function and no option", () => {
    for (const delayMs of [-1, NaN, Infinity]) assert.throws(() => new Timer(delayMs, () => {}), RangeError);
    assert.throws(() => new Timer("1" as never, () => {}), TypeError);
    assert.throws(() => new Timer(1, 2 as never), TypeError);
    assert.throws(() => new Timer(1, () => {}, null as never), TypeError);
    assert.throws(() => new Timer(1, () => {}, { args: 1 as never }), TypeError);
    assert.throws(() => new Timer(1, () => {}, { daemon: 1 as never }), TypeError);
  });
});
