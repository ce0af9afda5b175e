import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Lock } from "../sync/index.ts";
import { currentTask, printTasksOn, sleep, taskGroup, tasks, taskTree, withTimeout } from "./index.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("currentTask()", () => {
  test("is the task that the code runs in, after an await too; and the thread outside any", async () => {
    assert.deepEqual([currentTask().id, currentTask().name, currentTask().parent], [0, "main", undefined]);
    await taskGroup((group) => {
      group.spawn(
        async () => {
          const task = currentTask();
          assert.deepEqual([task.name, task.state, task.waitsFor], ["outer", "running", undefined]);
          await turn();
          assert.equal(currentTask(), task);
          await taskGroup((inner) => inner.spawn(() => assert.equal(currentTask().parent, task)));
        },
        { name: "outer" },
      );
    });
  });

  test("gives a signal that aborts when the running code is told to stop, be it only by a deadline", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    assert.equal(currentTask().signal.aborted, false);
    await taskGroup((group) => {
      group.spawn(async () => {
        const outer = currentTask().signal;
        let inner: AbortSignal | undefined;
        const body = withTimeout(10, () => {
          inner = currentTask().signal;
          return sleep(Infinity);
        }).catch(() => {});
        context.mock.timers.tick(10);
        await body;
        assert.deepEqual([inner!.aborted, outer.aborted], [true, false]);
      });
    });
  });
});

describe("tasks()", () => {
  test("gives all that have not ended, each with what it does and what it waits for", async () => {
    const lock = new Lock();
    const guard = lock.acquireSync();
    await taskGroup(
      async (group) => {
        group.spawn(() => lock.acquire().then((held) => held.release()), { name: "locker" });
        group.spawn(() => taskGroup((inner) => void inner.spawn(() => turn(), { name: "leaf" })), {
          name: "outer",
        });
        group.spawn(() => sleep(Infinity), { name: "queued" });
        await Promise.resolve();
        await Promise.resolve();
        const states = tasks().map(({ name, state, waitsFor, parent }) => [
          name,
          state,
          waitsFor,
          parent?.name,
        ]);
        assert.deepEqual(states, [
          ["locker", "waiting", "Lock.acquire()", undefined],
          ["outer", "waiting", "its task group", undefined],
          ["leaf", "running", undefined, "outer"],
          ["queued", "pending", undefined, undefined],
        ]);
        assert.equal(
          taskTree(),
          [
            "main",
            "├─ locker (waiting: Lock.acquire())",
            "├─ outer (waiting: its task group)",
            "│  └─ leaf (running)",
            "└─ queued (pending)",
          ].join("\n"),
        );
        const [locker] = tasks();
        guard.release();
        await turn();
        assert.equal(locker!.state, "done");
        group.cancel();
      },
      { limit: 2 },
    );
    assert.deepEqual(tasks(), []);
  });

  test("are printed when the process gets the signal that was asked for", async (context) => {
    const written: string[] = [];
    context.mock.method(process.stderr, "write", (text: string) => written.push(text) > 0);
    {
      // By default SIGUSR2: there the test runner has Node write a report.
      using _printing = printTasksOn("SIGWINCH");
      process.emit("SIGWINCH");
    }
    process.emit("SIGWINCH");
    assert.deepEqual(written, ["main\n"]);
  });
});

describe("the tasks of a large program", () => {
  test("are told, however many there are in one group", async () => {
    const many = 150_000;
    await taskGroup((group) => {
      for (let i = 0; i < many; i++) group.spawn(() => {});
      assert.equal(tasks().length, many);
      assert.equal(taskTree().split("\n").length, many + 1);
      group.cancel();
    });
  });

  test("are told, however deeply they are nested", async () => {
    const deep = 5000;
    let lines = 0;
    const nest = async (depth: number): Promise<void> => {
      if (depth === deep) lines = taskTree().split("\n").length;
      else await taskGroup((group) => void group.spawn(() => nest(depth + 1)));
    };
    await nest(0);
    assert.equal(lines, deep + 1);
  });
});
