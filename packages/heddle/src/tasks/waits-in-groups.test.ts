/** The waits of the other parts, in groups. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Channel, Queue, select, selectSync } from "../queues/index.ts";
import { Scope } from "../scopes/index.ts";
import { Condition, RLock } from "../sync/index.ts";
import { taskGroup, tasks } from "./index.ts";

const isStop = (error: unknown): boolean => error === "stop";
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("in a group that is cancelled", () => {
  test("select() ends with the reason, and the channel is as it was", async () => {
    const channel = new Channel<number>();
    await taskGroup(async (group) => {
      const task = group.spawn(() => select({ channel }), { name: "selector" });
      await turn();
      assert.deepEqual(
        tasks().map(({ waitsFor }) => waitsFor),
        ["select()"],
      );
      task.cancel("stop");
      await assert.rejects(task.result(), isStop);
    });
    assert.equal(channel.trySend(1), false);
  });

  test("a wait for a condition throws the reason, with the lock", async () => {
    const condition = new Condition();
    await taskGroup(async (group) => {
      const task = group.spawn(async () => {
        using guard = await condition.acquire();
        await condition.wait().finally(() => assert.ok(guard.held));
      });
      await turn();
      task.cancel("stop");
      await assert.rejects(task.result(), isStop);
    });
    assert.ok(condition.tryAcquire()?.held);
  });

  test("a queue gives nothing, and takes nothing, even if it could", async () => {
    const queue = new Queue<number>();
    queue.putSync(1);
    await taskGroup(async (group) => {
      group.cancel("stop");
      await assert.rejects(queue.get(), isStop);
      await assert.rejects(queue.put(2), isStop);
      assert.throws(() => queue.getSync(), isStop);
      assert.throws(() => queue.putSync(2), isStop);
    });
    assert.equal(queue.size, 1);
  });
});

describe("in tasks", () => {
  test("a select that blocks the thread ends at the deadline of the scope", () => {
    const scope = new Scope();
    scope.cancelAfter(5, () => "late");
    scope.run(() =>
      assert.throws(
        () => selectSync({ channel: new Channel<number>() }),
        (error) => error === "late",
      ),
    );
  });

  test("a reentrant lock belongs to the task that acquired it, not to its thread", async () => {
    const lock = new RLock();
    await taskGroup(async (group) => {
      const { promise: gate, resolve: open } = Promise.withResolvers<void>();
      group.spawn(async () => {
        using _outer = await lock.acquire();
        using _inner = await lock.acquire();
        await gate;
      });
      await turn();
      await group.spawn(() => assert.equal(lock.tryAcquire(), undefined));
      open();
    });
    assert.equal(lock.locked, false);
  });
});
