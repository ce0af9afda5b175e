/** Waits at shared objects, within scopes and tasks. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { currentContext, Context, runIn, Scope, TaskNode } from "../../scopes/index.ts";
import { Lock } from "../lock.ts";

describe("a wait within a scope", () => {
  test("throws the reason at once when the scope is cancelled, even if it need not wait", async () => {
    const lock = new Lock();
    const scope = new Scope();
    scope.cancel("stop");
    await scope.run(async () => {
      await assert.rejects(lock.acquire(), (error) => error === "stop");
      await assert.rejects(lock.acquire({ timeoutMs: 1 }), (error) => error === "stop");
      assert.throws(
        () => lock.acquireSync(),
        (error) => error === "stop",
      );
    });
    assert.equal(lock.locked, false);
  });

  test("is left when the scope is cancelled, and the lock is as it was", async () => {
    const lock = new Lock();
    const scope = new Scope();
    const guard = lock.acquireSync();
    const waiting = scope.run(() => lock.acquire());
    assert.equal(lock.statistics().waiters, 1);
    scope.cancel("stop");
    await assert.rejects(waiting, (error) => error === "stop");
    assert.equal(lock.statistics().waiters, 0);
    guard.release();
    assert.equal(lock.locked, false);
  });

  test("that was granted before the scope was cancelled holds", async () => {
    const lock = new Lock();
    const scope = new Scope();
    const guard = lock.acquireSync();
    const waiting = scope.run(() => lock.acquire());
    guard.release();
    scope.cancel("stop");
    const second = await waiting;
    assert.ok(second.held);
    second.release();
  });

  test("goes on in a shield", async () => {
    const lock = new Lock();
    const scope = new Scope();
    const guard = lock.acquireSync();
    const waiting = scope.run(() => new Scope({ isShield: true }).run(() => lock.acquire()));
    scope.cancel("stop");
    guard.release();
    (await waiting).release();
  });

  test("that blocks the thread ends at the scope's deadline, whose timer cannot fire meanwhile", () => {
    const lock = new Lock();
    const scope = new Scope();
    const guard = lock.acquireSync();
    scope.cancelAfter(5, () => "late");
    scope.run(() => {
      assert.throws(
        () => lock.acquireSync(),
        (error) => error === "late",
      );
      assert.throws(
        () => lock.acquireSync({ timeoutMs: 10_000 }),
        (error) => error === "late",
      );
    });
    guard.release();
    assert.equal(lock.locked, false);
  });

  test("that has its own, nearer limit throws TimeoutError", async () => {
    const lock = new Lock();
    const scope = new Scope();
    const guard = lock.acquireSync();
    scope.cancelAfter(10_000, () => "late");
    await scope.run(async () => {
      assert.throws(() => lock.acquireSync({ timeoutMs: 1 }), { name: "TimeoutError" });
      await assert.rejects(lock.acquire({ timeoutMs: 1 }), { name: "TimeoutError" });
    });
    scope.close();
    guard.release();
  });

  test("shows in its task what is waited for", async () => {
    const lock = new Lock();
    const task = new TaskNode("waiter", currentContext());
    const guard = lock.acquireSync();
    const waiting = runIn(new Context(task, task, undefined), () => lock.acquire());
    assert.equal(task.waitsFor, "Lock.acquire()");
    guard.release();
    (await waiting).release();
    assert.equal(task.waitsFor, undefined);
    task.close();
  });
});
