import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Latch } from "./index.ts";

const timedOut = { code: "ERR_HEDDLE_TIMEOUT", message: /Latch\.wait(Sync)?\(\)/ };

describe("a Latch", () => {
  test("releases all who wait when its count comes to 0, and not before", async () => {
    const latch = new Latch(3);
    let passed = 0;
    const waiting = Array.from({ length: 100 }, () => latch.wait().then(() => passed++));
    latch.countDown();
    latch.countDown();
    await new Promise(setImmediate);
    assert.deepEqual([passed, latch.count, latch.statistics()], [0, 1, { count: 1, waiters: 100 }]);
    latch.countDown();
    await Promise.all(waiting);
    assert.deepEqual(latch.statistics(), { count: 0, waiters: 0 });
  });

  test("lets everybody pass for ever at 0, where counting down does nothing", async () => {
    const latch = new Latch(1);
    latch.countDown();
    latch.countDown();
    assert.equal(latch.count, 0);
    latch.waitSync();
    await latch.wait({ timeoutMs: 0 });
  });

  test("counts down by more than one, and stops at 0", async () => {
    const latch = new Latch(10);
    latch.countDown(4);
    assert.equal(latch.count, 6);
    latch.countDown(0);
    assert.equal(latch.count, 6);
    const waiting = latch.wait();
    latch.countDown(100);
    await waiting;
    assert.equal(latch.count, 0);
  });

  test("may begin at 0", () => {
    new Latch(0).waitSync();
    assert.equal(new Latch(0, { name: "open" }).name, "open");
  });

  test("leaves no trace of a wait that ends early", async () => {
    const latch = new Latch(1);
    assert.throws(() => latch.waitSync({ timeoutMs: 1 }), timedOut);
    await assert.rejects(latch.wait({ timeoutMs: 1 }), timedOut);
    await assert.rejects(latch.wait({ signal: AbortSignal.abort(new Error("enough")) }), /enough/);
    assert.deepEqual(latch.statistics(), { count: 1, waiters: 0 });
  });
});

describe("the arguments of a Latch", () => {
  test("are refused at once if they are no counts", () => {
    for (const count of [-1, 0.5, NaN, 2 ** 31]) {
      assert.throws(
        () => new Latch(count),
        /^RangeError: Cannot make a Latch: count must be a whole number from 0 /,
      );
      const latch = new Latch(2);
      assert.throws(() => latch.countDown(count), /^RangeError: Cannot begin Latch\.countDown\(\): /);
      assert.equal(latch.count, 2);
    }
    for (const count of [undefined, null, "2"]) {
      assert.throws(
        () => new Latch(count as never),
        /^TypeError: Cannot make a Latch: count must be a number/,
      );
    }
  });
});
