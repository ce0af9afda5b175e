import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TimeoutError } from "#heap";
import { Context, OUTSIDE, runIn, TaskNode } from "../scopes/index.ts";
import { RLock } from "./rlock.ts";

const tasks = new Map<number, TaskNode>();

/** Runs as if a task ran. */
function asTask<T>(number: number, body: () => T): T {
  let task = tasks.get(number);
  if (task === undefined) tasks.set(number, (task = new TaskNode(undefined, OUTSIDE)));
  return runIn(new Context(undefined, task, undefined), body);
}

describe("RLock", () => {
  test("is acquired again by its owner, and free once it is released as often", async () => {
    const lock = new RLock();
    const guards = [lock.acquireSync(), lock.tryAcquire()!, await lock.acquire()];
    const holder = { name: "main", threadId: 0, processId: process.pid };
    assert.deepEqual(lock.statistics(), { locked: true, holder, waiters: 0, depth: 3 });
    for (const guard of guards) {
      assert.ok(lock.locked && guard.held);
      guard.release();
      assert.ok(!guard.held);
    }
    assert.deepEqual(lock.statistics(), { locked: false, waiters: 0, depth: 0 });
  });

  test("each guard releases one level, once, in whatever order", () => {
    const lock = new RLock();
    const [outer, inner] = [lock.acquireSync(), lock.acquireSync()];
    outer.release();
    outer.release();
    outer[Symbol.dispose]();
    assert.equal(lock.statistics().depth, 1);
    assert.ok(inner.held && !outer.held);
    inner.release();
    assert.equal(lock.locked, false);
  });

  test("is released without guards as well, the innermost level first", () => {
    const lock = new RLock();
    const [outer, inner] = [lock.acquireSync(), lock.acquireSync()];
    lock.release();
    assert.ok(outer.held && !inner.held);
    inner.release();
    assert.equal(lock.statistics().depth, 1);
    lock.release();
    assert.ok(!outer.held && !lock.locked);
  });

  test("throws LockStateError when it is released and nobody holds it", () => {
    const lock = new RLock({ name: "door" });
    const expected = {
      code: "ERR_HEDDLE_LOCK_STATE",
      message: 'Cannot release reentrant lock "door": nobody holds it',
    };
    assert.throws(() => lock.release(), expected);
    lock.acquireSync().release();
    assert.throws(() => lock.release(), expected);
  });

  test("runs nested bodies, and releases each level however its body ends", async () => {
    const lock = new RLock();
    const depths = await lock.run(async () => {
      const inner = await lock.run(() => lock.statistics().depth);
      await assert.rejects(
        lock.run(() => {
          throw new Error("inside");
        }),
        /inside/,
      );
      return [inner, lock.statistics().depth];
    });
    assert.deepEqual(depths, [2, 1]);
    assert.equal(lock.locked, false);
  });

  test("rejects with what is wrong with options and bodies", async () => {
    const lock = new RLock();
    await assert.rejects(
      lock.acquire({ timeoutMs: -1 }),
      /^RangeError: Cannot begin RLock\.acquire\(\): timeoutMs/,
    );
    await assert.rejects(
      lock.run(undefined as never),
      /^TypeError: Cannot begin RLock\.run\(\): the body must be/,
    );
    assert.equal(lock.locked, false);
  });
});

describe("an RLock that a task holds", () => {
  test("is no other task's, though they share a thread", async () => {
    const lock = new RLock({ name: "door" });
    const guard = asTask(1, () => lock.acquireSync());
    for (const other of [0, 2]) {
      asTask(other, () => {
        assert.equal(lock.tryAcquire(), undefined);
        assert.throws(() => lock.acquireSync({ timeoutMs: 1 }), TimeoutError);
        assert.throws(() => lock.release(), {
          code: "ERR_HEDDLE_LOCK_STATE",
          message: 'Cannot release reentrant lock "door": another task or thread holds it',
        });
        assert.throws(() => guard.release(), { code: "ERR_HEDDLE_LOCK_STATE" });
      });
    }
    assert.ok(guard.held);
    const waits = asTask(2, () => lock.acquire());
    asTask(1, () => guard.release());
    const second = await waits;
    asTask(1, () => assert.equal(lock.tryAcquire(), undefined));
    asTask(2, () => {
      using _inner = lock.acquireSync();
      assert.equal(lock.statistics().depth, 2);
    });
    asTask(2, () => second.release());
    assert.equal(lock.locked, false);
  });

  test("is its own as soon as it is granted, before the wait has told so", async () => {
    const lock = new RLock();
    const first = asTask(1, () => lock.acquireSync());
    const wait = asTask(2, () => lock.acquire());
    asTask(1, () => first.release());
    asTask(2, () => {
      using _early = lock.acquireSync();
      assert.equal(lock.statistics().depth, 2);
    });
    const guard = await wait;
    asTask(2, () => guard.release());
    assert.equal(lock.locked, false);
  });

  test("serves those who wait in the order of asking", async () => {
    const lock = new RLock();
    const order: number[] = [];
    const first = asTask(9, () => lock.acquireSync());
    const waits = [1, 2, 3].map(async (task) => {
      const guard = await asTask(task, () => lock.acquire());
      order.push(task);
      asTask(task, () => guard.release());
    });
    asTask(9, () => first.release());
    await Promise.all(waits);
    assert.deepEqual(order, [1, 2, 3]);
  });
});
