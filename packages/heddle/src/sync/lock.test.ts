import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { TimeoutError } from "#heap";
import { LockStateError } from "./errors.ts";
import type { Guard } from "./guard.ts";
import { Lock } from "./lock.ts";

/** Lets everything happen that needs no other thread. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("Lock", () => {
  test("is free at first, held while its guard holds, and free after that", async () => {
    const lock = new Lock();
    assert.equal(lock.locked, false);
    for (const acquire of [() => lock.acquireSync(), () => lock.acquire(), () => lock.tryAcquire()!]) {
      const guard = await acquire();
      assert.ok(guard.held && lock.locked);
      assert.equal(guard.abandoned, false);
      guard.release();
      assert.ok(!guard.held && !lock.locked);
    }
  });

  test("is not acquired by a try while somebody holds it, the holder included", () => {
    const lock = new Lock();
    using _guard = lock.acquireSync();
    assert.equal(lock.tryAcquire(), undefined);
  });

  test("is released at the end of the block, also by a throw", () => {
    const lock = new Lock();
    assert.throws(() => {
      using _guard = lock.acquireSync();
      throw new Error("inside");
    }, /inside/);
    assert.equal(lock.locked, false);
  });

  test("has a name, and tells who holds it and how many wait", async () => {
    const lock = new Lock({ name: "door" });
    const guard = lock.acquireSync();
    assert.equal(lock.name, "door");
    const waits = [lock.acquire(), lock.acquire()];
    const holder = { name: "main", threadId: 0, processId: process.pid };
    assert.deepEqual(lock.statistics(), { locked: true, holder, waiters: 2 });
    guard.release();
    for (const wait of waits) (await wait).release();
    assert.deepEqual(lock.statistics(), { locked: false, waiters: 0 });
  });

  test("refuses options that are none", () => {
    assert.throws(() => new Lock("door" as never), /^TypeError: Cannot make a Lock: its options must be/);
  });
});

describe("Lock.acquire()", () => {
  test("is granted in the order of asking, whatever is released in between", async () => {
    const lock = new Lock();
    const order: number[] = [];
    const first = lock.acquireSync();
    const waits = [1, 2, 3, 4].map(async (number) => {
      using _guard = await lock.acquire();
      order.push(number);
      await settle();
    });
    first.release();
    await Promise.all(waits);
    assert.deepEqual(order, [1, 2, 3, 4]);
    assert.equal(lock.locked, false);
  });

  test("overtakes nobody: a lock that somebody waits for is never free", async () => {
    const lock = new Lock();
    const first = lock.acquireSync();
    const wait = lock.acquire();
    first.release();
    assert.equal(lock.tryAcquire(), undefined);
    assert.throws(() => lock.acquireSync({ timeoutMs: 0 }), TimeoutError);
    (await wait).release();
    assert.equal(lock.locked, false);
  });

  test("throws TimeoutError when time runs out, and those behind go on", async () => {
    const lock = new Lock();
    const guard = lock.acquireSync();
    const late = lock.acquire({ timeoutMs: 5 });
    const behind = lock.acquire();
    await assert.rejects(late, (error) => {
      assert.ok(error instanceof TimeoutError);
      assert.deepEqual([error.code, error.timeoutMs], ["ERR_HEDDLE_TIMEOUT", 5]);
      assert.match(error.message, /^Cannot complete Lock\.acquire\(\)/);
      return true;
    });
    assert.equal(lock.statistics().waiters, 1);
    guard.release();
    (await behind).release();
    assert.equal(lock.locked, false);
  });

  test("throws the signal's reason, at once if it has aborted already, even if the lock is free", async () => {
    const lock = new Lock();
    const reason = new Error("enough");
    await assert.rejects(lock.acquire({ signal: AbortSignal.abort(reason) }), reason);
    assert.throws(() => lock.acquireSync({ signal: AbortSignal.abort(reason) }), reason);
    assert.equal(lock.locked, false);
    const controller = new AbortController();
    const guard = lock.acquireSync();
    const wait = lock.acquire({ signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(wait, reason);
    guard.release();
    assert.deepEqual(lock.statistics(), { locked: false, waiters: 0 });
  });

  test("has the lock if the signal aborts when it was granted already", async () => {
    const lock = new Lock();
    const controller = new AbortController();
    const first = lock.acquireSync();
    const wait = lock.acquire({ signal: controller.signal });
    first.release();
    controller.abort();
    using guard = await wait;
    assert.ok(guard.held);
  });

  test("rejects with what is wrong with its options, and never throws", async () => {
    const lock = new Lock();
    const refused: [unknown, RegExp][] = [
      [5, /^TypeError: Cannot begin Lock\.acquire(Sync)?\(\): its options must be an object .* are 5$/],
      [null, /^TypeError: .* are null$/],
      [[5], /^TypeError: .* are 5$/],
      [{ timeoutMs: "5" }, /^TypeError: .* timeoutMs must be a number, and is 5$/],
      [{ timeoutMs: -1 }, /^RangeError: .* timeoutMs must be .* 0 or more, and is -1$/],
      [{ timeoutMs: NaN }, /^RangeError: .* NaN$/],
      [{ signal: {} }, /^TypeError: .* signal must be an AbortSignal$/],
    ];
    for (const [options, message] of refused) {
      await assert.rejects(lock.acquire(options as never), message);
      assert.throws(() => lock.acquireSync(options as never), message);
    }
    assert.equal(lock.locked, false);
  });

  test("takes any time that a number can say", async () => {
    const lock = new Lock();
    for (const timeoutMs of [0, 0.5, 2 ** 31, 2 ** 53, Infinity]) {
      (await lock.acquire({ timeoutMs })).release();
      lock.acquireSync({ timeoutMs }).release();
    }
    const guard = lock.acquireSync();
    const wait = lock.acquire({ timeoutMs: 2 ** 40 });
    await settle();
    guard.release();
    (await wait).release();
  });

  test("serves thousands who wait, and each of them once", async () => {
    const lock = new Lock();
    let inside = 0;
    let count = 0;
    const one = async (): Promise<void> => {
      using _guard = await lock.acquire();
      assert.equal(inside++, 0);
      await Promise.resolve();
      inside--;
      count++;
    };
    await Promise.all(Array.from({ length: 5000 }, one));
    assert.equal(count, 5000);
    assert.deepEqual(lock.statistics(), { locked: false, waiters: 0 });
  });
});

describe("Lock.acquireSync()", () => {
  test("throws TimeoutError, and leaves the lock with its owner, when time runs out", () => {
    const lock = new Lock();
    using owner = lock.acquireSync();
    assert.throws(() => lock.acquireSync({ timeoutMs: 5 }), {
      code: "ERR_HEDDLE_TIMEOUT",
      timeoutMs: 5,
    });
    assert.ok(owner.held);
    assert.equal(lock.statistics().waiters, 0);
  });
});

describe("Lock.release()", () => {
  test("throws LockStateError when nobody holds the lock", () => {
    const lock = new Lock({ name: "door" });
    const released = lock.acquireSync();
    released.release();
    assert.throws(() => lock.release(), {
      name: "LockStateError",
      code: "ERR_HEDDLE_LOCK_STATE",
      message: 'Cannot release lock "door": nobody holds it',
    });
    assert.throws(() => new Lock().release(), LockStateError);
  });

  test("needs no guard, and ends the one that held", () => {
    const lock = new Lock();
    const guard = lock.acquireSync();
    lock.release();
    assert.equal(guard.held, false);
    using other = lock.acquireSync();
    guard.release();
    assert.ok(other.held, "a guard that was ended has released the next one's lock");
  });
});

describe("a guard of a Lock", () => {
  test("releases once: doing so again leaves the next owner alone", () => {
    const lock = new Lock();
    const guard = lock.acquireSync();
    guard.release();
    using next = lock.acquireSync();
    guard.release();
    guard[Symbol.dispose]();
    assert.ok(next.held && lock.locked);
  });

  test("leaves the lock alone that was handed over to another task of its thread, before that has seen it", async () => {
    const lock = new Lock();
    const guard = lock.acquireSync();
    const next = lock.acquire();
    lock.release();
    guard.release();
    assert.ok(lock.locked, "released what was granted to another task");
    using held = await next;
    assert.ok(held.held && !guard.held);
  });

  test("holds nothing if the lock was released before it came to be", async () => {
    const lock = new Lock();
    const guard = lock.acquireSync();
    const next = lock.acquire();
    guard.release();
    lock.release();
    using newest = lock.acquireSync();
    const late: Guard = await next;
    assert.ok(!late.held);
    late.release();
    assert.ok(newest.held);
  });

  test("keeps its lock when nothing else does", () => {
    const guards = Array.from({ length: 100 }, () => new Lock().acquireSync());
    assert.ok(guards.every(({ held }) => held));
    for (const guard of guards) guard.release();
    assert.ok(guards.every(({ held }) => !held));
  });
});

describe("Lock.run()", () => {
  test("gives what the body gives, and holds the lock until a promise of the body is settled", async () => {
    const lock = new Lock();
    assert.equal(await lock.run(() => 5), 5);
    const run = lock.run(async () => {
      await settle();
      assert.ok(lock.locked);
      return 6;
    });
    assert.equal(await run, 6);
    assert.equal(lock.locked, false);
  });

  test("releases when the body throws or rejects, and passes the error on", async () => {
    const lock = new Lock();
    const error = new Error("inside");
    await assert.rejects(
      lock.run(() => {
        throw error;
      }),
      error,
    );
    await assert.rejects(
      lock.run(() => Promise.reject(error)),
      error,
    );
    assert.equal(lock.locked, false);
  });

  test("runs nothing when the wait ends early, or the body is none", async () => {
    const lock = new Lock();
    const guard = lock.acquireSync();
    let ran = false;
    await assert.rejects(
      lock.run(() => (ran = true), { timeoutMs: 1 }),
      TimeoutError,
    );
    guard.release();
    await assert.rejects(
      lock.run(5 as never),
      /^TypeError: Cannot begin Lock\.run\(\): the body must be a function/,
    );
    assert.ok(!ran && !lock.locked);
  });
});

describe("a program", () => {
  const run = (body: string) =>
    spawnSync(
      process.execPath,
      [
        "--conditions=@heddle/source",
        "--input-type=module",
        "--eval",
        `import { Lock } from "heddle"; ${body}`,
      ],
      { encoding: "utf8", cwd: import.meta.dirname, timeout: 20_000 },
    );

  test("lives while somebody waits for a lock, and ends after that", () => {
    const { status, stdout } = run(`
      const lock = new Lock();
      const guard = lock.acquireSync();
      lock.acquire().then(() => console.log("granted"));
      // A timer that does not keep the program alive: only the wait does.
      setTimeout(() => guard.release(), 50).unref();
    `);
    assert.equal(stdout, "granted\n");
    assert.equal(status, 0);
  });

  test("is not kept alive by a lock that nobody waits for, held or not", () => {
    const { status } = run(`new Lock(); globalThis.guard = new Lock().acquireSync();`);
    assert.equal(status, 0);
  });

  test("is not kept alive by a wait that has run out of time", () => {
    const { status, stdout } = run(`
      const lock = new Lock();
      lock.acquireSync();
      await lock.acquire({ timeoutMs: 1 }).catch((error) => console.log(error.name));
    `);
    assert.equal(stdout, "TimeoutError\n");
    assert.equal(status, 0);
  });
});
