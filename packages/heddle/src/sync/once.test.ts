import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Once } from "./index.ts";

describe("a Once", () => {
  test("calls the body of the first, and gives all what it returned", async () => {
    const once = new Once({ name: "setup" });
    const value = { ready: true };
    let calls = 0;
    const body = (): typeof value => (calls++, value);
    assert.deepEqual([once.name, once.statistics()], ["setup", { done: false, waiters: 0 }]);
    const given = await Promise.all([once.run(body), once.run(body), once.run(() => ({ ready: false }))]);
    assert.ok(given.every((one) => one === value));
    assert.equal(once.runSync(body), value);
    assert.deepEqual([calls, once.done], [1, true]);
  });

  test("lets others wait while the body awaits", async () => {
    const once = new Once();
    const { promise, resolve } = Promise.withResolvers<number>();
    const first = once.run(() => promise);
    const second = once.run(() => 2);
    assert.deepEqual(once.statistics(), { done: false, waiters: 1 });
    resolve(1);
    assert.deepEqual(await Promise.all([first, second]), [1, 1]);
  });

  test("is done when the body throws, and throws the same for all", async () => {
    const once = new Once();
    const error = new RangeError("no luck");
    const failing = (): never => {
      throw error;
    };
    const [one, two] = await Promise.allSettled([once.run(failing), once.run(() => 1)]);
    assert.equal((one as PromiseRejectedResult).reason, error);
    assert.equal((two as PromiseRejectedResult).reason, error);
    assert.throws(() => once.runSync(() => 1), error);
    assert.ok(once.done);
  });

  test("is done when a body that awaits rejects, or throws undefined", async () => {
    const once = new Once();
    await assert.rejects(
      once.run(() => Promise.reject(new Error("later"))),
      /later/,
    );
    await assert.rejects(
      once.run(() => 1),
      /later/,
    );
    const nothing = new Once();
    const [first] = await Promise.allSettled([nothing.run(() => Promise.reject(undefined))]);
    assert.deepEqual(first, { status: "rejected", reason: undefined });
    assert.ok(nothing.done);
  });

  test("keeps in its thread what cannot travel", async () => {
    const once = new Once();
    const symbol = Symbol("here");
    assert.equal(
      once.runSync(() => symbol),
      symbol,
    );
    assert.equal(await once.run(() => Symbol("there")), symbol);
  });

  test("refuses to run within its own body", async () => {
    const within = { name: "LockStateError", message: /^Cannot run once "Once-\d+" within its own body/ };
    const once = new Once();
    await assert.rejects(
      once.run((): Promise<number> => once.run(() => 1)),
      within,
    );
    const blocking = new Once();
    assert.throws(() => blocking.runSync((): number => blocking.runSync(() => 1)), within);
    const later = new Once();
    const awaiting = later.run(async () => {
      await Promise.resolve();
      await assert.rejects(
        later.run(() => 1),
        within,
      );
      return 5;
    });
    assert.equal(await awaiting, 5);
    const [outer, inner] = [new Once(), new Once()];
    assert.equal(
      outer.runSync(() => inner.runSync(() => 3)),
      3,
    );
  });

  test("refuses to block a thread in which its body is under way", async () => {
    const once = new Once();
    const { promise, resolve } = Promise.withResolvers<number>();
    const first = once.run(() => promise);
    assert.throws(() => once.runSync(() => 2), {
      name: "LockStateError",
      message: /^Cannot block for once /,
    });
    resolve(1);
    assert.equal(await first, 1);
    assert.equal(
      once.runSync(() => 2),
      1,
    );
  });

  test("goes on with its call when the wait of another ends early", async () => {
    const once = new Once();
    const { promise, resolve } = Promise.withResolvers<number>();
    const first = once.run(() => promise);
    await assert.rejects(
      once.run(() => 2, { timeoutMs: 1 }),
      { code: "ERR_HEDDLE_TIMEOUT", message: /Once\.run\(\)/ },
    );
    resolve(1);
    assert.equal(await first, 1);
  });

  test("refuses what is no function", async () => {
    const once = new Once();
    await assert.rejects(
      once.run(5 as never),
      /^TypeError: Cannot begin Once\.run\(\): its body must be a function/,
    );
    assert.throws(() => once.runSync(undefined as never), TypeError);
    assert.equal(once.done, false);
  });
});
