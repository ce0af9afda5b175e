/** Each call of an executor is a task of its own, to itself and to what tasks own. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ContextVar, throwIfCancelled } from "../../scopes/index.ts";
import { Latch, LockStateError, RLock } from "../../sync/index.ts";
import { currentTask, tasks, taskTree } from "../../tasks/index.ts";
import { InlineExecutor, ProcessPoolExecutor, ThreadPoolExecutor } from "../index.ts";

const executors: [string, () => ThreadPoolExecutor | InlineExecutor][] = [
  ["a pool", () => new ThreadPoolExecutor({ maxWorkers: 1, concurrencyPerWorker: 4 })],
  ["the event loop", () => new InlineExecutor()],
];

for (const [place, make] of executors) {
  describe(`a call on ${place}`, () => {
    test("owns a reentrant lock by itself, however many overlap on one thread", async () => {
      await using executor = make();
      const lock = new RLock();
      const [held, tried] = [new Latch(1), new Latch(1)];
      const owner = executor.submit(async () => {
        const guard = await lock.acquire();
        held.countDown();
        await tried.wait();
        const isOwn = lock.tryAcquire();
        isOwn?.release();
        guard.release();
        return isOwn !== undefined;
      });
      const other = executor.submit(async () => {
        await held.wait();
        const got = lock.tryAcquire();
        let refused = "nothing";
        try {
          lock.release();
        } catch (error) {
          refused = (error as Error).name;
        }
        const waits = lock.acquire().then((guard) => guard.release());
        tried.countDown();
        await waits;
        return [got, refused];
      });
      assert.deepEqual([await owner, await other], [true, [undefined, LockStateError.name]]);
      assert.equal(lock.locked, false);
    });

    test("has its function's name, that of a map as well, or the one that it was given", async () => {
      await using executor = make();
      const name = (): string => currentTask().name;
      const nameLater = async (): Promise<string> => {
        await Promise.resolve();
        return currentTask().name;
      };
      assert.equal(await executor.submit(name), "name");
      assert.equal(await executor.submit(nameLater), "nameLater");
      assert.equal(await executor.submit(() => currentTask().name), "(anonymous)");
      assert.deepEqual(await executor.map(name, [1, 2]).toArray(), ["name", "name"]);
      const named = executor.with({ name: "resize" });
      assert.deepEqual(await Promise.all([named.submit(name), named.submit(nameLater)]), [
        "resize",
        "resize",
      ]);
      assert.deepEqual(await named.map(name, [1, 2]).toArray(), ["resize", "resize"]);
    });

    test("keeps its context variables when it has a name", async () => {
      await using executor = make();
      const user = new ContextVar("test.executor-tasks", "nobody");
      const look = (): string[] => [
        currentTask().name,
        new ContextVar("test.executor-tasks", "nobody").get(),
      ];
      const seen = user.run("ann", () => executor.with({ name: "who" }).submit(look));
      assert.deepEqual(
        [await seen, await executor.submit(look)],
        [
          ["who", "ann"],
          ["look", "nobody"],
        ],
      );
    });

    test("is another task than those before it, which have ended", async () => {
      await using executor = make();
      const look = (): string[] => {
        const seen = ((globalThis as { seenTasks?: ReturnType<typeof currentTask>[] }).seenTasks ??= []);
        seen.push(currentTask());
        return seen.map(({ state }) => state);
      };
      const states = [await executor.submit(look), await executor.submit(look), await executor.submit(look)];
      assert.deepEqual(states, [["running"], ["done", "running"], ["done", "done", "running"]]);
      await executor.submit(() => {
        delete (globalThis as { seenTasks?: unknown }).seenTasks;
      });
    });

    test("stands among the tasks of its thread, and the tasks that it spawns belong to it", async () => {
      await using executor = make();
      const gate = new Latch(1);
      const waits = executor.submit(async function waits() {
        await gate.wait();
      });
      const list = await executor.submit(async function lists() {
        const { taskGroup } = await import("heddle");
        return await taskGroup(async (group) => {
          const inner = group.spawn(() => currentTask().parent?.name, { name: "inner" });
          const tree = taskTree().split("\n").slice(1);
          return [await inner, tree, tasks().map(({ name }) => name)];
        });
      });
      gate.countDown();
      await waits;
      assert.deepEqual(list, [
        "lists",
        ["├─ waits (waiting: Latch.wait())", "└─ lists (running)", "   └─ inner (pending)"],
        ["waits", "lists"],
      ]);
    });
  });
}

describe("a call in a worker", () => {
  test("is not told to stop because the one before it was", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const started = new Latch(1);
    const first = pool.submit(() => {
      started.countDown();
      for (;;) throwIfCancelled();
    });
    const user = new ContextVar("test.executor-tasks", "nobody");
    const second = user.run("ann", () =>
      pool.submit(() => {
        throwIfCancelled();
        return currentTask().signal.aborted;
      }),
    );
    await started.wait();
    first.cancel();
    await assert.rejects(first.result());
    assert.equal(await second, false);
  });

  test("is a task in a process, too", async () => {
    await using pool = new ProcessPoolExecutor({ maxWorkers: 1 });
    const name = (): string => currentTask().name;
    assert.deepEqual(
      [await pool.submit(name), await pool.with({ name: "far" }).submit(name)],
      ["name", "far"],
    );
  });
});
