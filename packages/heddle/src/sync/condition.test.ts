import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TimeoutError } from "#heap";
import { taskGroup } from "../tasks/index.ts";
import { Condition } from "./condition.ts";
import { LockStateError } from "./errors.ts";
import { Lock } from "./lock.ts";
import { RLock } from "./rlock.ts";

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A condition of flows in one thread, and those who wait for it. */
function crowd(count: number) {
  const lock = new Lock();
  const condition = new Condition(lock);
  const woken: number[] = [];
  const waits = Array.from({ length: count }, async (_, number) => {
    using guard = await condition.acquire();
    await condition.wait();
    assert.ok(guard.held);
    woken.push(number);
  });
  const notify = async (n?: number | "all"): Promise<void> => {
    const guard = await condition.acquire();
    if (n === "all") condition.notifyAll();
    else condition.notify(n);
    guard.release();
    (await condition.acquire()).release();
    await settle();
  };
  return { lock, condition, woken, waits, notify };
}

describe("Condition.notify()", () => {
  test("wakes the oldest, as many as it is told, and nobody who comes later", async () => {
    const { condition, woken, waits, notify } = crowd(5);
    await settle();
    assert.equal(condition.statistics().waiters, 5);
    await notify();
    assert.deepEqual(woken, [0]);
    await notify(2);
    assert.deepEqual(woken, [0, 1, 2]);
    await notify(0);
    assert.deepEqual(woken, [0, 1, 2]);
    await notify(10);
    assert.deepEqual(woken, [0, 1, 2, 3, 4]);
    await Promise.all(waits);
    await notify(3);
    const late = condition.acquire().then(async (guard) => {
      using _guard = guard;
      await condition.wait({ timeoutMs: 5 });
    });
    await assert.rejects(late, TimeoutError);
  });

  test("wakes everybody, in order, however many there are", async () => {
    const { lock, condition, woken, waits, notify } = crowd(300);
    await settle();
    await notify("all");
    await Promise.all(waits);
    assert.deepEqual(
      woken,
      Array.from({ length: 300 }, (_, number) => number),
    );
    assert.deepEqual(condition.statistics(), { locked: false, waiters: 0 });
    assert.deepEqual(lock.statistics(), { locked: false, waiters: 0 });
  });

  test("lets nobody go on before the lock is released", async () => {
    const { condition, woken, waits } = crowd(1);
    await settle();
    const guard = await condition.acquire();
    condition.notify();
    await settle();
    assert.deepEqual(woken, []);
    guard.release();
    await Promise.all(waits);
  });

  test("refuses numbers of waiters that are none", () => {
    const condition = new Condition(undefined, { name: "ready" });
    using _guard = condition.acquireSync();
    for (const n of [-1, 1.5, NaN, Infinity]) {
      assert.throws(() => condition.notify(n), {
        name: "RangeError",
        message: `Cannot notify condition "ready": n must be a whole number, 0 or more, and is ${n}`,
      });
    }
    assert.throws(() => condition.notify("1" as never), TypeError);
  });
});

describe("a Condition whose lock the caller does not hold", () => {
  for (const make of [() => new Lock(), () => new RLock()]) {
    test(`refuses to wait and to notify, with a ${make().constructor.name}`, async () => {
      const condition = new Condition(make(), { name: "ready" });
      const expected = {
        name: "LockStateError",
        message: /^Cannot \w+( for)? condition "ready": .* acquire it first$/,
      };
      const check = async (): Promise<void> => {
        assert.throws(() => condition.notify(), expected);
        assert.throws(() => condition.notifyAll(), expected);
        assert.throws(() => condition.waitSync(), expected);
        assert.throws(() => condition.waitForSync(() => false), expected);
        await assert.rejects(condition.wait(), expected);
        await assert.rejects(
          condition.waitFor(() => false),
          expected,
        );
      };
      await check();
      condition.acquireSync().release();
      await check();
      assert.throws(() => condition.release(), LockStateError);
    });
  }
});

describe("Condition.wait()", () => {
  test("gives back the lock at its full depth, and the guards with it", async () => {
    const lock = new RLock();
    const condition = new Condition(lock);
    const guards = [condition.acquireSync(), condition.acquireSync(), condition.acquireSync()];
    const wait = condition.wait();
    assert.equal(lock.locked, false);
    assert.ok(guards.every(({ held }) => !held));
    const other = condition.acquireSync();
    condition.notify();
    other.release();
    await wait;
    const { holder, ...others } = lock.statistics();
    assert.deepEqual([holder?.name, others], ["main", { locked: true, waiters: 0, depth: 3 }]);
    for (const guard of guards) guard.release();
    assert.equal(lock.locked, false);
  });

  test("has the lock also when it throws for time, blocked or not", async () => {
    for (const lock of [new Lock(), new RLock()]) {
      const condition = new Condition(lock);
      const guard = condition.acquireSync();
      const expected = { code: "ERR_HEDDLE_TIMEOUT", timeoutMs: 3 };
      assert.throws(() => condition.waitSync({ timeoutMs: 3 }), expected);
      assert.ok(guard.held && lock.locked);
      await assert.rejects(condition.wait({ timeoutMs: 3 }), expected);
      assert.ok(guard.held && lock.locked);
      guard.release();
      assert.deepEqual(condition.statistics(), { locked: false, waiters: 0 });
    }
  });

  test("waits for the lock without a limit when its time has run out", async () => {
    const condition = new Condition(new Lock());
    const guard = condition.acquireSync();
    const wait = condition.wait({ timeoutMs: 1 });
    const other = condition.acquireSync();
    let ended = false;
    const end = wait.catch((error: unknown) => {
      ended = true;
      return error;
    });
    while (condition.statistics().waiters > 0) await settle();
    await settle();
    assert.ok(!ended && other.held && !guard.held);
    other.release();
    assert.ok((await end) instanceof TimeoutError);
    assert.ok(guard.held);
    guard.release();
  });

  test("throws the signal's reason, and has the lock then", async () => {
    const condition = new Condition(new Lock());
    const reason = new Error("enough");
    const controller = new AbortController();
    const guard = condition.acquireSync();
    const wait = condition.wait({ signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(wait, reason);
    assert.ok(guard.held);
    await assert.rejects(condition.wait({ signal: controller.signal }), reason);
    assert.throws(() => condition.waitSync({ signal: controller.signal }), reason);
    assert.ok(guard.held, "it was given up for a wait that never began");
    guard.release();
  });

  test("swallows no notify when it ends early", async () => {
    const condition = new Condition(new Lock());
    const controller = new AbortController();
    const enter = async (signal?: AbortSignal): Promise<string> => {
      using _guard = await condition.acquire();
      await condition.wait(signal === undefined ? {} : { signal });
      return "notified";
    };
    const first = enter(controller.signal);
    const second = enter();
    await settle();
    const guard = await condition.acquire();
    controller.abort();
    condition.notify();
    guard.release();
    await assert.rejects(first, { name: "AbortError" });
    assert.equal(await second, "notified");
  });

  test("counts as notified when it is aborted after that", async () => {
    const condition = new Condition(new Lock());
    const controller = new AbortController();
    const wait = (async (): Promise<string> => {
      using _guard = await condition.acquire();
      await condition.wait({ signal: controller.signal, timeoutMs: 10_000 });
      return "notified";
    })();
    await settle();
    const guard = await condition.acquire();
    condition.notify();
    controller.abort();
    guard.release();
    assert.equal(await wait, "notified");
  });

  test("rejects with what is wrong with its options, and keeps the lock", async () => {
    const condition = new Condition();
    using guard = condition.acquireSync();
    await assert.rejects(
      condition.wait({ timeoutMs: -1 }),
      /^RangeError: Cannot begin Condition\.wait\(\): timeoutMs/,
    );
    await assert.rejects(
      condition.waitFor(5 as never),
      /^TypeError: Cannot begin Condition\.waitFor\(\): the predicate must be a function/,
    );
    assert.throws(() => condition.waitForSync(() => true, { signal: 5 } as never), TypeError);
    assert.ok(guard.held);
  });
});

describe("Condition.waitFor()", () => {
  test("needs no lock where there is nothing to wait for", async () => {
    const condition = new Condition();
    assert.equal(await condition.waitFor(() => 7), 7);
    assert.equal(
      condition.waitForSync(() => 8),
      8,
    );
  });

  test("gives what the predicate gives, at once if that is true already", async () => {
    const condition = new Condition();
    using _guard = condition.acquireSync();
    assert.equal(
      condition.waitForSync(() => "now"),
      "now",
    );
    assert.equal(await condition.waitFor(() => 5, { timeoutMs: 0 }), 5);
  });

  test("throws the reason of a signal that has aborted before, whatever the predicate says", async () => {
    const condition = new Condition();
    const reason = new Error("called off");
    const options = { signal: AbortSignal.abort(reason) };
    using guard = condition.acquireSync();
    let looks = 0;
    const look = (): number => ++looks;
    await assert.rejects(condition.waitFor(look, options), (error) => error === reason);
    assert.throws(
      () => condition.waitForSync(look, options),
      (error) => error === reason,
    );
    assert.equal(looks, 0);
    assert.ok(guard.held);
  });

  test("looks again after each notify, with the lock held", async () => {
    const lock = new Lock();
    const condition = new Condition(lock);
    let value = 0;
    let looks = 0;
    const wait = (async (): Promise<number> => {
      using guard = await condition.acquire();
      const look = (): number => {
        assert.ok(looks === 0 || guard.held);
        looks++;
        return value >= 3 ? value : 0;
      };
      return await condition.waitFor(look);
    })();
    for (let round = 0; round < 3; round++) {
      await settle();
      using _guard = await condition.acquire();
      value++;
      condition.notifyAll();
    }
    assert.equal(await wait, 3);
    assert.equal(looks, 4);
  });

  test("throws TimeoutError for the whole search, however often it was notified", async () => {
    const condition = new Condition(new Lock());
    using guard = condition.acquireSync();
    assert.throws(() => condition.waitForSync(() => false, { timeoutMs: 5 }), { timeoutMs: 5 });
    await assert.rejects(
      condition.waitFor(() => 0, { timeoutMs: 5 }),
      { timeoutMs: 5 },
    );
    assert.ok(guard.held);
  });

  test("looks once more when time has run out", () => {
    const condition = new Condition(new Lock());
    using _guard = condition.acquireSync();
    let looks = 0;
    assert.equal(
      condition.waitForSync(() => looks++, { timeoutMs: 1 }),
      1,
    );
  });

  test("passes on what the predicate throws, with the lock held", async () => {
    const condition = new Condition();
    using guard = condition.acquireSync();
    const look = (): never => {
      throw new Error("inside");
    };
    await assert.rejects(condition.waitFor(look), /inside/);
    assert.throws(() => condition.waitForSync(look), /inside/);
    assert.ok(guard.held);
  });

  test("refuses a predicate that gives a promise", async () => {
    const condition = new Condition();
    using _guard = condition.acquireSync();
    await assert.rejects(
      condition.waitFor(async () => false),
      /^TypeError: .* the predicate gave a promise/,
    );
  });
});

describe("a Condition", () => {
  test("passes acquire and release on to its lock, which others may share", async () => {
    const lock = new Lock();
    const [one, two] = [new Condition(lock), new Condition(lock)];
    const guard = await one.acquire();
    assert.ok(lock.locked && two.tryAcquire() === undefined);
    two.release();
    assert.ok(!guard.held && !lock.locked);
    using _own = new Condition().acquireSync();
  });

  test("has flows of one thread take turns, with the lock that it has made", async () => {
    const condition = new Condition();
    const log: string[] = [];
    let isReady = false;
    const wait = async (who: string): Promise<void> => {
      using guard = await condition.acquire();
      log.push(`${who} looks`);
      await condition.waitFor(() => isReady);
      assert.equal(guard.held, true);
      log.push(`${who} goes on`);
    };
    const notify = async (): Promise<void> => {
      using _held = await condition.acquire();
      isReady = true;
      condition.notifyAll();
      await new Promise(setImmediate);
      log.push("all told");
    };
    // All of them ask at once.
    await Promise.all([wait("a"), wait("b"), notify(), wait("c")]);
    assert.equal(log.join(), "a looks,b looks,all told,c looks,c goes on,a goes on,b goes on");
    assert.deepEqual(condition.statistics(), { locked: false, waiters: 0 });
  });

  test("is acquired again by who blocks or tries, and by a task", async () => {
    const condition = new Condition();
    {
      using _first = await condition.acquire();
      using _second = condition.acquireSync();
      using _third = condition.tryAcquire();
      await assert.rejects(condition.acquire({ timeoutMs: 0 }), {
        name: "TimeoutError",
        message: "Cannot complete Condition.acquire(): 0 ms have passed",
      });
      assert.throws(
        () => condition.acquireSync({ timeoutMs: NaN }),
        /Cannot begin Condition\.acquireSync\(\)/,
      );
      const another = (): void =>
        assert.throws(() => condition.acquireSync({ timeoutMs: 0 }), {
          name: "TimeoutError",
          message: "Cannot complete Condition.acquireSync(): 0 ms have passed",
        });
      await taskGroup((group) => void group.spawn(another));
    }
    assert.equal(condition.statistics().locked, false);
    await taskGroup(async (group) => {
      await group.spawn(async () => {
        using _first = await condition.acquire();
        using _second = await condition.acquire();
        await assert.rejects(condition.wait({ timeoutMs: 0 }), { name: "TimeoutError" });
      });
    });
    assert.equal(condition.statistics().locked, false);
  });

  test("refuses a lock that is none", () => {
    for (const lock of [5, null, {}, { name: "x" }]) {
      assert.throws(
        () => new Condition(lock as never),
        /^TypeError: Cannot make a Condition: its lock must be a Lock or an RLock/,
      );
    }
  });
});
