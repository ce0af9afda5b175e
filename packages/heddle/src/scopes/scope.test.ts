import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { allTasks, currentContext, Scope, TaskNode, throwIfCancelled } from "./index.ts";

describe("Scope", () => {
  test("cancels the scopes inside it, those of what it awaits included", async () => {
    const outer = new Scope();
    const inner = await outer.run(async () => {
      await Promise.resolve();
      return new Scope();
    });
    outer.cancel("enough");
    assert.ok(inner.isCancelled);
    assert.equal(inner.reason, "enough");
  });

  test("made inside a cancelled one is cancelled from the start", () => {
    const outer = new Scope();
    outer.cancel("enough");
    outer.run(() => assert.equal(new Scope().reason, "enough"));
  });

  test("leaves a shield inside it alone", () => {
    const outer = new Scope();
    const shield = outer.run(() => new Scope({ isShield: true }));
    outer.cancel("enough");
    assert.ok(!shield.isCancelled);
    shield.run(() => throwIfCancelled());
  });

  test("keeps the first reason, and tells each wait once", () => {
    const scope = new Scope();
    const told: unknown[] = [];
    scope.onCancel((reason) => told.push(reason));
    const forget = scope.onCancel(() => told.push("forgotten"));
    forget();
    scope.cancel("first");
    scope.cancel("second");
    assert.equal(scope.reason, "first");
    assert.deepEqual(told, ["first"]);
  });

  test("gives a signal that aborts with its reason, before or after it was asked for", () => {
    const [early, late] = [new Scope(), new Scope()];
    const { signal } = early;
    assert.ok(!signal.aborted);
    early.cancel("now");
    late.cancel("then");
    assert.equal(signal.reason, "now");
    assert.equal(late.signal.reason, "then");
  });

  test("is cancelled by the signal it was given, and lets go of it when it is closed", () => {
    const controller = new AbortController();
    const scope = new Scope({ signal: controller.signal });
    const closed = new Scope({ signal: controller.signal });
    closed.close();
    controller.abort("stop");
    assert.equal(scope.reason, "stop");
    assert.ok(!closed.isCancelled);
  });

  test("is cancelled by a deadline that has passed at once, and by no other after it was cancelled", () => {
    const scope = new Scope();
    scope.cancelAfter(0, () => "too late");
    scope.cancelAfter(0, () => "again");
    assert.equal(scope.reason, "too late");
  });

  test("throws its reason in all that runs in it, again and again", async () => {
    const scope = new Scope();
    await scope.run(async () => {
      scope.cancel("stop");
      assert.throws(throwIfCancelled, (error) => error === "stop");
      await Promise.resolve();
      assert.throws(throwIfCancelled, (error) => error === "stop");
    });
    throwIfCancelled();
  });

  test("counts a deadline that has passed while the event loop stood still, and the nearest one first", (t) => {
    let nowMs = performance.now();
    t.mock.method(performance, "now", () => nowMs);
    const outer = new Scope();
    const inner = outer.run(() => new Scope());
    inner.cancelAfter(2000, () => "inner");
    outer.cancelAfter(1000, () => "outer");
    assert.equal(inner.deadlineMs, outer.deadlineMs);
    inner.run(() => {
      throwIfCancelled();
      nowMs += 3000;
      assert.throws(throwIfCancelled, (error) => error === "outer");
    });
    assert.ok(outer.isCancelled);
  });

  test("has no deadline of those around a shield", () => {
    const outer = new Scope();
    outer.cancelAfter(1000, () => "outer");
    assert.equal(outer.run(() => new Scope({ isShield: true })).deadlineMs, Infinity);
    outer.close();
  });

  test("tells its own cancellation from other errors, also where an API has wrapped the reason", () => {
    const scope = new Scope();
    const wrapped = Object.assign(new Error("aborted", { cause: "stop" }), { name: "AbortError" });
    assert.ok(!scope.isItsCancellation(undefined));
    scope.cancel("stop");
    assert.ok(scope.isItsCancellation("stop"));
    assert.ok(scope.isItsCancellation(wrapped));
    assert.ok(!scope.isItsCancellation(new Error("stop")));
  });

  test("is drained when the last of its holds has ended", async () => {
    const scope = new Scope();
    assert.equal(scope.drained(), undefined);
    const [first, second] = [scope.hold(), scope.hold()];
    const drained = scope.drained();
    first();
    second();
    await drained;
    assert.equal(scope.drained(), undefined);
  });

  test("leaves no trace in the one around it once it is closed, whatever the order", () => {
    const outer = new Scope();
    const [first, second, third] = outer.run(() => [new Scope(), new Scope(), new Scope()]);
    assert.deepEqual(outer.inner, [first, second, third]);
    second.close();
    assert.deepEqual(outer.inner, [first, third]);
    third.close();
    third.close();
    first.close();
    assert.deepEqual(outer.inner, []);
    outer.cancel("late");
    assert.ok(!first.isCancelled);
  });
});

describe("TaskNode", () => {
  test("stands in the tree of tasks behind the one that spawned it, until it is closed", () => {
    const first = new TaskNode("first", currentContext());
    const second = first.run(() => new TaskNode(undefined, currentContext()));
    assert.deepEqual(allTasks(), [first, second]);
    assert.equal(second.name, `task-${second.id}`);
    second.close();
    first.close();
    assert.deepEqual(allTasks(), []);
  });
});
