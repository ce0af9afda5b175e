/** Futures, and the calls behind them, within scopes and tasks. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Context, ContextVar, currentContext, runIn, Scope, TaskNode } from "../scopes/index.ts";
import { fulfil, Future } from "./future.ts";
import { InlineExecutor } from "./inline/inline-executor.ts";
import { asCompleted, wait } from "./wait.ts";

const pending = (): Future<number> => new Future({ isRunning: () => false, cancel: () => false });
const isStop = (error: unknown): boolean => error === "stop";

describe("a wait for futures within a scope", () => {
  test("ends with the reason when the scope is cancelled; the future goes on", async () => {
    const future = pending();
    const scope = new Scope();
    const waits = scope.run(() => [
      (async () => await future)(),
      future.then((value) => value),
      future.result(),
      future.exception(),
      wait([future]),
      asCompleted([future]).next(),
    ]);
    const ends = Promise.allSettled(waits);
    await Promise.resolve();
    scope.cancel("stop");
    for (const end of await ends) assert.deepEqual(end, { status: "rejected", reason: "stop" });
    fulfil(future, 7);
    assert.equal(await future, 7);
  });

  test("throws at once in a cancelled scope, even if the future is done", async () => {
    const future = pending();
    fulfil(future, 7);
    const scope = new Scope();
    scope.cancel("stop");
    await scope.run(async () => {
      await assert.rejects(async () => await future, isStop);
      await assert.rejects(future.result(), isStop);
      await assert.rejects(future.exception(), isStop);
      await assert.rejects(wait([future]), isStop);
      await assert.rejects(asCompleted([future]).next(), isStop);
    });
  });

  test("that got its value is not touched by a later cancellation", async () => {
    const future = pending();
    const scope = new Scope();
    const waiting = scope.run(() => future.then((value) => value + 1));
    fulfil(future, 7);
    scope.cancel("stop");
    assert.equal(await waiting, 8);
  });

  test("leaves the others that wait for the same", async () => {
    const future = pending();
    const scope = new Scope();
    const first = future.then(() => "first");
    const left = scope.run(() => future.then(() => "left"));
    const last = future.then(() => "last");
    scope.cancel("stop");
    await assert.rejects(left, isStop);
    fulfil(future, 7);
    assert.deepEqual(await Promise.all([first, last]), ["first", "last"]);
  });

  test("runs the handlers of then() where then() was called", async () => {
    const future = pending();
    const user = new ContextVar("test.handlers", "nobody");
    const seen = user.run("ann", () => future.then(() => user.get()));
    fulfil(future, 7);
    assert.equal(await seen, "ann");
  });

  test("shows in its task what is waited for", async () => {
    const future = pending();
    const task = new TaskNode("waiter", currentContext());
    const [awaiting, result] = runIn(new Context(task, task, undefined), () => {
      const first = (async () => await future)();
      return [first, future.result()];
    });
    assert.equal(task.waitsFor, "future.result()");
    await Promise.resolve();
    assert.equal(task.waitsFor, "a future");
    fulfil(future, 7);
    await Promise.all([awaiting, result]);
    assert.equal(task.waitsFor, undefined);
    task.close();
  });
});

describe("a call made within a scope", () => {
  test("never runs in a cancelled one", async () => {
    const executor = new InlineExecutor();
    const scope = new Scope();
    scope.cancel("stop");
    const future = scope.run(() => executor.submit(() => assert.fail("it ran")));
    await assert.rejects(future.result(), isStop);
    assert.ok(future.cancelled);
  });

  test("is cancelled with it, and holds it until its body has ended", async () => {
    const executor = new InlineExecutor();
    const scope = new Scope();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const [running, queued] = scope.run(() => [
      executor.submit(() => {
        begin();
        return gate;
      }),
      executor.with({ name: "queued" }).submit(() => {}),
    ]);
    await begun;
    scope.cancel("stop");
    await assert.rejects(running.result(), isStop);
    await queued.exception().catch(() => {});
    const drained = scope.drained();
    assert.ok(drained !== undefined);
    open();
    await drained;
    await executor.shutdown();
  });

  test("on this thread runs in the context that submitted it", async () => {
    const executor = new InlineExecutor();
    const user = new ContextVar("test.inline", "nobody");
    const futures = ["ann", "bob"].map((name) => user.run(name, () => executor.submit(() => user.get())));
    const outside = executor.submit(() => user.get());
    assert.deepEqual(await Promise.all([...futures, outside]), ["ann", "bob", "nobody"]);
  });

  test("by a map ends with it, as does reading the map", async () => {
    const executor = new InlineExecutor();
    const scope = new Scope();
    const never = Promise.withResolvers<number>();
    const results = scope.run(() => executor.map(() => never.promise, [1, 2, 3], { chunkSize: 1 }).toArray());
    scope.cancel("stop");
    await assert.rejects(results, isStop);
    never.resolve(1);
    await scope.drained();
  });
});
