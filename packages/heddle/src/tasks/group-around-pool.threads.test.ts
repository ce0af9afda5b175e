/** Groups around calls in workers: one tree, through threads. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { threadId } from "node:worker_threads";
import { ThreadPoolExecutor, toThread } from "../futures/index.ts";
import { Channel } from "../queues/index.ts";
import { Event } from "../sync/index.ts";
import { currentTask, gather, moveOnAfter, race, sleep, taskGroup, tasks, withTimeout } from "./index.ts";
import { ContextVar, throwIfCancelled } from "../scopes/index.ts";

const byName = (one: string | undefined, other: string | undefined): number => (one! < other! ? -1 : 1);
const isStop = (error: unknown): boolean => error === "stop";

describe("a group around calls in workers", () => {
  test("cancels them when it is cancelled, and is left when no worker runs one any more", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const [begun, ended] = [new Channel<string>(4), new Channel<string>(4)];
    const computes = (): void => {
      begun.sendSync("computes");
      try {
        for (;;) throwIfCancelled();
      } finally {
        ended.trySend("computes");
      }
    };
    const waits = async (): Promise<void> => {
      await begun.send("waits");
      try {
        await sleep(Infinity);
      } finally {
        ended.trySend("waits");
      }
    };
    await taskGroup(async (group) => {
      const calls = [pool.submit(computes), pool.submit(waits)];
      assert.deepEqual([await begun.receive(), await begun.receive()].toSorted(byName), [
        "computes",
        "waits",
      ]);
      group.cancel("stop");
      assert.ok(calls.every(({ cancelled }) => cancelled));
    });
    assert.deepEqual([ended.tryReceive()?.value, ended.tryReceive()?.value].toSorted(byName), [
      "computes",
      "waits",
    ]);
    const { running, queued } = pool.statistics();
    assert.deepEqual({ running, queued }, { running: 0, queued: 0 });
  });

  test("cancels them when a task fails, and throws that failure alone", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const begun = new Event();
    const failure = new Error("no");
    await assert.rejects(
      taskGroup((group) => {
        group.spawn(() =>
          pool.submit(async () => {
            begun.set();
            await sleep(Infinity);
          }),
        );
        group.spawn(async () => {
          await begun.wait();
          throw failure;
        });
      }),
      (error) => error === failure,
    );
    assert.equal(pool.statistics().running, 0);
  });

  test("fails with what one of them throws, and cancels the tasks beside it", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    await assert.rejects(
      taskGroup((group) => {
        group.spawn(() => sleep(Infinity));
        group.spawn(
          () =>
            pool.submit(() => {
              throw new RangeError("in the worker");
            }),
          { name: "caller" },
        );
      }),
      (error: Error) => {
        assert.ok(error instanceof RangeError);
        assert.match(error.stack!, /in task "caller", spawned/);
        return true;
      },
    );
  });

  test("reaches the groups, the deadlines and the tasks within the worker", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const [begun, ended] = [new Event(), new Channel<string>(2)];
    const body = (): Promise<unknown> =>
      withTimeout(60_000, () =>
        taskGroup((group) => {
          for (const name of ["one", "two"]) {
            group.spawn(
              async () => {
                if (name === "two") begun.set();
                await sleep(Infinity).finally(() => ended.trySend(currentTask().name));
              },
              { name },
            );
          }
        }),
      );
    await taskGroup(async (group) => {
      void pool.submit(body);
      await begun.wait();
      group.cancel("stop");
    });
    assert.deepEqual([ended.tryReceive()?.value, ended.tryReceive()?.value].toSorted(byName), ["one", "two"]);
  });

  test("of which one is cancelled leaves the others alone", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const [begun, go] = [new Event(), new Event()];
    await taskGroup(async (group) => {
      const stopped = group.spawn(() =>
        pool.submit(async () => {
          begun.set();
          await sleep(Infinity);
        }),
      );
      const other = group.spawn(() => pool.submit(() => go.wait().then(() => "other")));
      await begun.wait();
      stopped.cancel("stop");
      await assert.rejects(stopped.result(), isStop);
      go.set();
      assert.equal(await other, "other");
    });
  });
});

describe("a deadline around a call in a worker", () => {
  test("ends it in its worker, and has waited for that", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const worker = await pool.submit(() => threadId);
    const spin = (): void => {
      for (;;) throwIfCancelled();
    };
    await assert.rejects(
      withTimeout(20, () => pool.submit(spin)),
      { name: "TimeoutError", timeoutMs: 20 },
    );
    assert.equal(pool.statistics().running, 0);
    assert.equal(await moveOnAfter(20, () => pool.submit(spin)), undefined);
    assert.equal(await pool.submit(() => threadId), worker);
  });

  test("does not end one that is done in time", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    assert.equal(await withTimeout(60_000, () => pool.submit(() => 7)), 7);
  });
});

describe("gather() and race() of functions that call workers", () => {
  test("cancel the calls of those that lose", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const begun = new Event();
    const forever = async (): Promise<never> => {
      begun.set();
      await sleep(Infinity);
      throw new Error("it went on");
    };
    assert.equal(
      await race(
        () => pool.submit(forever),
        () => begun.wait().then(() => "won"),
      ),
      "won",
    );
    assert.equal(pool.statistics().running, 0);
    begun.clear();
    await assert.rejects(
      gather(
        () => pool.submit(forever),
        () => begun.wait().then(() => Promise.reject(new RangeError("lost"))),
      ),
      RangeError,
    );
    assert.equal(pool.statistics().running, 0);
  });
});

describe("in a worker", () => {
  test("tasks() are those of the worker, and the call is one of them", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    await taskGroup((group) => {
      group.spawn(async () => {
        const [own, inside] = await pool.submit(async function visit() {
          const own = currentTask().name;
          const inside = await taskGroup(async (group) => {
            group.spawn(() => sleep(1), { name: "of the worker" });
            return tasks().map(({ name }) => name);
          });
          return [own, inside] as const;
        });
        assert.equal(own, "visit");
        assert.deepEqual(inside, ["visit", "of the worker"]);
      });
    });
  });

  test("a context variable has the value of the caller, in a map and in toThread() as well", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const user = new ContextVar("test.pool-user", "nobody");
    const look = (): string => new ContextVar("test.pool-user", "nobody").get();
    await user.run("ann", () =>
      taskGroup(async (group) => {
        const task = group.spawn(() => user.run("bob", () => pool.submit(look)));
        assert.deepEqual(await pool.map(look, [1, 2, 3], { chunkSize: 1 }).toArray(), ["ann", "ann", "ann"]);
        assert.equal(await toThread(look), "ann");
        assert.equal(await task, "bob");
        assert.deepEqual(await pool.broadcast(look), ["ann", "ann"]);
      }),
    );
    assert.equal(await pool.submit(look), "nobody");
  });
});
