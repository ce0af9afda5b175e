import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Event } from "./index.ts";

const timedOut = { code: "ERR_HEDDLE_TIMEOUT", message: /Event\.wait(Sync)?\(\)/ };

describe("an Event", () => {
  test("is not set at first, and setting and clearing it twice is as once", async () => {
    const event = new Event({ name: "ready" });
    assert.deepEqual([event.name, event.isSet], ["ready", false]);
    event.set();
    event.set();
    assert.ok(event.isSet);
    await event.wait();
    event.waitSync();
    event.clear();
    event.clear();
    assert.deepEqual(event.statistics(), { isSet: false, waiters: 0 });
  });

  test("releases all who wait when it is set", async () => {
    const event = new Event();
    const waiting = Array.from({ length: 200 }, () => event.wait());
    assert.equal(event.statistics().waiters, 200);
    event.set();
    await Promise.all(waiting);
    assert.deepEqual(event.statistics(), { isSet: true, waiters: 0 });
  });

  test("releases all who wait when it is set, though it is cleared at once", async () => {
    const event = new Event();
    const waiting = Array.from({ length: 100 }, () => event.wait());
    event.set();
    event.clear();
    const later = event.wait({ timeoutMs: 1 });
    await Promise.all(waiting);
    await assert.rejects(later, timedOut);
    assert.deepEqual(event.statistics(), { isSet: false, waiters: 0 });
  });

  test("holds those back who come after it was cleared, until it is set again", async () => {
    const event = new Event();
    for (let round = 0; round < 10; round++) {
      const waiting = event.wait();
      assert.equal(event.statistics().waiters, 1);
      event.set();
      await waiting;
      event.clear();
    }
  });
});

describe("a wait for an Event that ends early", () => {
  test("throws TimeoutError, at once if it has no time", async () => {
    const event = new Event();
    assert.throws(() => event.waitSync({ timeoutMs: 0 }), timedOut);
    assert.throws(() => event.waitSync({ timeoutMs: 1 }), timedOut);
    await assert.rejects(event.wait({ timeoutMs: 0 }), timedOut);
    event.set();
    event.waitSync({ timeoutMs: 0 });
    await event.wait({ timeoutMs: 0 });
  });

  test("throws the signal's reason", async () => {
    const event = new Event();
    const controller = new AbortController();
    const waiting = event.wait({ signal: controller.signal });
    controller.abort(new Error("enough"));
    await assert.rejects(waiting, /enough/);
    await assert.rejects(event.wait({ signal: controller.signal }), /enough/);
    assert.throws(() => event.waitSync({ signal: controller.signal }), /enough/);
    assert.equal(event.statistics().waiters, 0);
  });

  test("refuses to block for a signal that cannot abort meanwhile", async () => {
    const event = new Event();
    const signal = AbortSignal.timeout(60_000);
    for (const deaf of [signal, AbortSignal.any([new AbortController().signal, signal])]) {
      assert.throws(
        () => event.waitSync({ signal: deaf, timeoutMs: 1 }),
        /^TypeError: Cannot begin Event\.waitSync\(\): its signal is one of AbortSignal\.timeout\(\), .* write timeoutMs/,
      );
    }
    const waiting = event.wait({ signal });
    event.set();
    await waiting;
  });

  test("is refused if its options are wrong", async () => {
    const event = new Event();
    await assert.rejects(
      event.wait({ timeoutMs: NaN }),
      /^RangeError: Cannot begin Event\.wait\(\): timeoutMs/,
    );
    assert.throws(() => event.waitSync({ timeoutMs: "1" as never }), TypeError);
  });
});
