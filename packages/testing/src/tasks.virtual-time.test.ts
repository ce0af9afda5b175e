/** Task groups, deadlines and pacing of Heddle, in virtual time. */
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { describe, test } from "node:test";
import { Lock, Queue } from "heddle";
import {
  currentTask,
  gather,
  moveOnAfter,
  race,
  RateLimit,
  retry,
  shield,
  sleep,
  taskGroup,
  withTimeout,
} from "heddle/tasks";
import { VirtualDeadlockError, virtualTime } from "./index.ts";

describe("in virtual time", () => {
  test("thousands of sleepers wake in order, and hours take no time", async () => {
    using clock = virtualTime();
    const woken: number[] = [];
    await clock.run(() =>
      taskGroup((group) => {
        for (let i = 1000; i > 0; i--) {
          group.spawn(async () => {
            await sleep(i * 1000);
            woken.push(i);
          });
        }
      }),
    );
    assert.deepEqual(
      woken,
      Array.from({ length: 1000 }, (_, i) => i + 1),
    );
    assert.equal(clock.nowMs, 1_000_000);
  });

  test("deadlines compose: each at its own time, the nearest first, and a shield keeps them out", async () => {
    using clock = virtualTime();
    const seen: string[] = [];
    const note = (what: string): void => void seen.push(`${what} at ${clock.nowMs}`);
    await clock.run(() =>
      moveOnAfter(100, async () => {
        await withTimeout(30, () => sleep(1000)).catch(() => note("inner"));
        await withTimeout(1000, async () => {
          try {
            await sleep(500);
          } finally {
            note("outer");
            await shield(() => sleep(50));
            note("cleaned up");
          }
        });
        note("never");
      }),
    );
    assert.deepEqual(seen, ["inner at 30", "outer at 100", "cleaned up at 150"]);
    assert.equal(clock.timers, 0);
  });

  test("a deadline ends waits for locks and queues, and those who wait behind have their turn", async () => {
    using clock = virtualTime();
    const lock = new Lock();
    const queue = new Queue<string>();
    const order: string[] = [];
    await clock.run(() =>
      taskGroup((group) => {
        group.spawn(() => lock.run(() => sleep(100)));
        group.spawn(async () => {
          await withTimeout(50, () => lock.acquire()).catch(() => order.push(`gave up at ${clock.nowMs}`));
        });
        group.spawn(() => lock.run(() => void order.push(`had it at ${clock.nowMs}`)));
        group.spawn(async () => {
          assert.equal(await moveOnAfter(70, () => queue.get()), undefined);
          order.push(`no item at ${clock.nowMs}`);
        });
      }),
    );
    assert.deepEqual(order, ["gave up at 50", "no item at 70", "had it at 100"]);
  });

  test("retries back off, and a rate limit keeps its pace", async () => {
    using clock = virtualTime();
    const attempts: number[] = [];
    await clock.run(() =>
      retry(
        (attempt) => {
          attempts.push(clock.nowMs);
          if (attempt < 4) throw new Error("not yet");
        },
        { attempts: 4, delayMs: 1000, jitter: 0 },
      ),
    );
    assert.deepEqual(attempts, [0, 1000, 3000, 7000]);
    const start = clock.nowMs;
    const limit = new RateLimit({ tokens: 2, perMs: 1000 });
    const taken: number[] = [];
    await clock.run(() =>
      gather(
        ...Array.from({ length: 6 }, () => async () => {
          await limit.take();
          taken.push(clock.nowMs - start);
        }),
      ),
    );
    assert.deepEqual(taken, [0, 0, 500, 1000, 1500, 2000]);
  });

  test("the loser of a race is cancelled, and time does not wait for it", async () => {
    using clock = virtualTime();
    const ended: string[] = [];
    const runner = (name: string, ms: number) => async (): Promise<string> => {
      await sleep(ms).catch((error: unknown) => {
        ended.push(`${name} at ${clock.nowMs}`);
        throw error;
      });
      return name;
    };
    assert.equal(await clock.run(() => race(runner("slow", 3_600_000), runner("quick", 10))), "quick");
    assert.deepEqual(ended, ["slow at 10"]);
    assert.deepEqual([clock.nowMs, clock.timers], [10, 0]);
  });

  test("a limit lets so many jobs run at a time", async () => {
    using clock = virtualTime();
    await clock.run(() =>
      taskGroup(
        (group) => {
          for (let i = 0; i < 100; i++) group.spawn(() => sleep(10));
        },
        { limit: 10 },
      ),
    );
    assert.equal(clock.nowMs, 100);
  });

  test("tasks that wait for each other for ever are reported", async () => {
    using clock = virtualTime();
    const lock = new Lock();
    await assert.rejects(
      clock.run(() => taskGroup((group) => void group.spawn(() => lock.run(() => lock.acquire())))),
      VirtualDeadlockError,
    );
  });

  test("callbacks of timers run in the task, and see the values, of whoever set them", async () => {
    using clock = virtualTime();
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    await clock.run(() =>
      taskGroup((group) => {
        group.spawn(
          () =>
            storage.run("ann", async () => {
              const look = (): void => void seen.push([currentTask().name, storage.getStore()]);
              setTimeout(look, 5);
              setImmediate(look);
              const interval = setInterval(() => {
                look();
                clearInterval(interval);
              }, 7);
              await sleep(10);
              look();
            }),
          { name: "setter" },
        );
      }),
    );
    assert.deepEqual(
      seen,
      Array.from({ length: 4 }, () => ["setter", "ann"]),
    );
  });
});
