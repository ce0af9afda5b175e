/** Locks between real threads. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ThreadPoolExecutor } from "../futures/index.ts";
import type { Future } from "../futures/index.ts";
import { threads } from "../workers/index.ts";
import { Condition } from "./condition.ts";
import { Event } from "./event.ts";
import { until } from "../heap/fixtures/until.ts";
import { Lock } from "./lock.ts";
import { ReadWriteLock } from "./read-write-lock.ts";
import { RLock } from "./rlock.ts";

const THREADS = 3;
const words = (count = 4): Int32Array<SharedArrayBuffer> => new Int32Array(new SharedArrayBuffer(4 * count));

/** Ends the worker that runs a call, wherever it is. */
async function kill(future: Future<unknown>): Promise<void> {
  future.cancel(undefined, { graceMs: 0 });
  await assert.rejects(future.result());
}

describe("a Lock between threads", () => {
  test("keeps a counter that is not atomic right, blocked and awaiting threads in one line", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: THREADS });
    const lock = new Lock();
    const counter = words();
    const block = (): void => {
      for (let i = 0; i < 3000; i++) {
        using _guard = lock.acquireSync();
        const before = counter[0]!;
        for (let spin = i % 50; spin > 0; spin--);
        counter[0] = before + 1;
      }
    };
    const wait = async (): Promise<void> => {
      for (let i = 0; i < 1000; i++) {
        using _guard = await lock.acquire();
        const before = counter[0]!;
        if (i % 10 === 0) await Promise.resolve();
        counter[0] = before + 1;
      }
    };
    await Promise.all([pool.submit(block), pool.submit(block), pool.submit(wait), wait(), wait()]);
    assert.equal(counter[0], 2 * 3000 + 3 * 1000);
    assert.deepEqual(lock.statistics(), { locked: false, waiters: 0 });
  });

  test("is had by all who want it beside one that takes it again and again, and holds it for long", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const lock = new Lock();
    const stop = new Event();
    const hog = (): void => {
      while (!stop.isSet) {
        using _guard = lock.acquireSync();
        for (const end = performance.now() + 0.1; performance.now() < end;);
      }
    };
    const hogging = pool.submit(hog);
    await until(() => lock.locked);
    const blocked = pool.submit(() => {
      for (let i = 0; i < 10; i++) lock.acquireSync({ timeoutMs: 30_000 }).release();
    });
    for (let i = 0; i < 10; i++) (await lock.acquire({ timeoutMs: 30_000 })).release();
    await blocked;
    stop.set();
    await hogging;
    assert.deepEqual(lock.statistics(), { locked: false, waiters: 0 });
  });

  test("is kept right when waits time out and are aborted all the time", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: THREADS });
    const lock = new Lock();
    const counter = words();
    const impatient = (): number => {
      let got = 0;
      for (let i = 0; i < 1500; i++) {
        try {
          using _guard = lock.acquireSync({ timeoutMs: (i % 4) / 20 });
          const before = counter[0]!;
          for (let spin = (i % 7) * 300; spin > 0; spin--);
          counter[0] = before + 1;
          got++;
        } catch (error) {
          if ((error as Error).name !== "TimeoutError") throw error;
        }
      }
      return got;
    };
    const aborting = async (): Promise<number> => {
      let got = 0;
      for (let i = 0; i < 500; i++) {
        const controller = new AbortController();
        const wait = lock.acquire({ signal: controller.signal });
        if (i % 2 === 0) setImmediate(() => controller.abort());
        try {
          using _guard = await wait;
          counter[0]!++;
          got++;
        } catch (error) {
          if ((error as Error).name !== "AbortError") throw error;
        }
      }
      return got;
    };
    const gots = await Promise.all([
      pool.submit(impatient),
      pool.submit(impatient),
      pool.submit(aborting),
      aborting(),
    ]);
    assert.equal(
      counter[0],
      gots.reduce((sum, got) => sum + got),
    );
    assert.deepEqual(lock.statistics(), { locked: false, waiters: 0 });
  });

  test("is granted in the order of asking, whichever thread asks", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const lock = new Lock();
    const order = words(8);
    const guard = lock.acquireSync();
    const block = (number: number): void => {
      using _guard = lock.acquireSync();
      order[++order[0]!] = number;
    };
    const calls: PromiseLike<void>[] = [];
    for (let number = 1; number <= 4; number++) {
      if (number % 2 === 1) calls.push(pool.submit(block, number));
      else {
        calls.push(
          lock.run(() => {
            order[++order[0]!] = number;
          }),
        );
      }
      await until(() => lock.statistics().waiters === number);
    }
    guard.release();
    await Promise.all(calls);
    assert.deepEqual([...order.subarray(0, 5)], [4, 1, 2, 3, 4]);
  });

  test("may be released by another thread, and the guard of the first holds no more", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const lock = new Lock();
    const guard = lock.acquireSync();
    await pool.submit(() => lock.release());
    assert.ok(!lock.locked && !guard.held);
    const counter = words();
    const held = pool.submit(async () => {
      using _guard = lock.acquireSync();
      counter[0] = 1;
      while (counter[1] === 0) await new Promise(setImmediate);
    });
    await until(() => counter[0] === 1);
    guard.release();
    assert.ok(lock.locked, "an old guard has released the lock of another thread");
    counter[1] = 1;
    await held;
    assert.equal(lock.locked, false);
  });

  test("stays with the task that another thread handed it over to, whatever the guard before does then", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const lock = new Lock();
    const flags = words();
    const guard = lock.acquireSync();
    const next = lock.acquire();
    const other = pool.submit(async () => {
      flags[0] = 1;
      while (flags[1] === 0) await new Promise(setImmediate);
      lock.release();
    });
    await until(() => flags[0] === 1);
    // From here on this thread's event loop stands still, so nobody has told it that the lock was granted.
    flags[1] = 1;
    while (lock.statistics().waiters > 0);
    guard.release();
    assert.ok(lock.locked, "the guard has released what was granted to somebody else");
    using held = await next;
    assert.ok(held.held && !guard.held);
    await other;
  });
});

describe("when a worker is terminated", () => {
  test("the lock that it held passes to who awaits it, marked as abandoned", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const lock = new Lock();
    const flag = words();
    const call = pool.submit(() => {
      lock.acquireSync();
      flag[0] = 1;
      for (;;);
    });
    await until(() => flag[0] === 1);
    const first = lock.acquire();
    const second = lock.acquire();
    await kill(call);
    const guard = await first;
    assert.ok(guard.abandoned && guard.held);
    guard.release();
    const next = await second;
    assert.equal(next.abandoned, false);
    next.release();
  });

  test("the lock that it held passes to a thread that is blocked, and to who comes later", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const lock = new Lock();
    const flag = words();
    const hold = (): never => {
      lock.acquireSync();
      flag[0] = 1;
      for (;;);
    };
    const call = pool.submit(hold);
    await until(() => flag[0] === 1);
    const blocked = pool.submit(() => {
      using guard = lock.acquireSync();
      return guard.abandoned;
    });
    await until(() => lock.statistics().waiters === 1);
    await kill(call);
    assert.equal(await blocked, true);
    flag[0] = 0;
    const again = pool.submit(hold);
    await until(() => flag[0] === 1);
    await kill(again);
    await until(() => {
      const guard = lock.tryAcquire();
      if (guard === undefined) return false;
      assert.equal(guard.abandoned, true);
      guard.release();
      return true;
    });
    using next = lock.acquireSync();
    assert.equal(next.abandoned, false);
  });

  test("those behind it in the line go on, and nothing is abandoned", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const lock = new Lock();
    const guard = lock.acquireSync();
    const blocked = pool.submit(() => lock.acquireSync().abandoned);
    await until(() => lock.statistics().waiters === 1);
    const behind = lock.acquire();
    await kill(blocked);
    await until(() => lock.statistics().waiters === 1);
    guard.release();
    using next = await behind;
    assert.equal(next.abandoned, false);
  });

  test("at any moment, the others go on and the counter is right but for what it did not finish", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const lock = new Lock();
    const counter = words();
    const work = (rounds: number): number => {
      let done = 0;
      for (; done < rounds; done++) {
        using _guard = lock.acquireSync();
        counter[0]!++;
      }
      return done;
    };
    for (let round = 0; round < 8; round++) {
      const victim = pool.submit(work, Infinity);
      const before = counter[0]!;
      await until(() => counter[0]! > before);
      const survivor = pool.submit(work, 2000);
      await kill(victim);
      assert.equal(await survivor, 2000);
      (await lock.acquire()).release();
      assert.deepEqual(lock.statistics(), { locked: false, waiters: 0 });
    }
  });
});

describe("an RLock between threads", () => {
  test("is its owner's alone, at any depth", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: THREADS });
    const lock = new RLock();
    const counter = words();
    const work = (): void => {
      for (let i = 0; i < 1500; i++) {
        using _outer = lock.acquireSync();
        const before = counter[0]!;
        using _inner = lock.acquireSync();
        if (i % 3 === 0) lock.tryAcquire()!.release();
        counter[0] = before + 1;
      }
    };
    await Promise.all([pool.submit(work), pool.submit(work), pool.submit(work)]);
    assert.equal(counter[0], 4500);
    assert.deepEqual(lock.statistics(), { locked: false, waiters: 0, depth: 0 });
  });

  test("cannot be released by another thread, and tells it who has it how often", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const lock = new RLock({ name: "door" });
    using _outer = lock.acquireSync();
    using _inner = lock.acquireSync();
    await assert.rejects(
      pool.submit(() => lock.release()),
      { code: "ERR_HEDDLE_LOCK_STATE", message: /another task or thread holds it$/ },
    );
    const look = (): unknown[] => [
      lock.tryAcquire() === undefined,
      lock.statistics().depth,
      lock.statistics().holder?.name,
    ];
    assert.deepEqual(await pool.submit(look), [true, 2, "main"]);
  });

  test("tells by its name which thread has it, and nobody when that has ended", async () => {
    const pool = new ThreadPoolExecutor({ maxWorkers: 1, name: "loom" });
    const locks = [new Lock(), new RLock(), new ReadWriteLock()] as const;
    const [lock, rlock, readWriteLock] = locks;
    const name = await pool.submit(() => {
      lock.acquireSync();
      rlock.acquireSync();
      readWriteLock.acquireWriteSync();
      return lock.statistics().holder?.name;
    });
    const threadId = threads().find((thread) => thread.name === name)?.id;
    assert.ok(name?.startsWith("loom"), name);
    const holder = { name, threadId, processId: process.pid };
    assert.deepEqual(lock.statistics().holder, holder);
    assert.deepEqual(rlock.statistics().holder, holder);
    assert.deepEqual(readWriteLock.statistics().writer, holder);
    await pool.shutdown();
    await until(() => locks.every((one) => !("holder" in one.statistics() || "writer" in one.statistics())));
  });

  test("passes on from an owner that was terminated, at depth 1 and marked as abandoned", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const lock = new RLock();
    const flag = words();
    const call = pool.submit(() => {
      lock.acquireSync();
      lock.acquireSync();
      flag[0] = 1;
      for (;;);
    });
    await until(() => flag[0] === 1);
    const wait = lock.acquire();
    await kill(call);
    const guard = await wait;
    assert.ok(guard.abandoned);
    assert.equal(lock.statistics().depth, 1);
    guard.release();
    assert.equal(lock.locked, false);
  });
});

describe("a Condition between threads", () => {
  for (const make of [() => new Lock(), () => new RLock()]) {
    test(`hands every item over once, with a ${make().constructor.name}`, async () => {
      await using pool = new ThreadPoolExecutor({ maxWorkers: THREADS });
      const lock = make();
      const [notEmpty, notFull] = [new Condition(lock), new Condition(lock)];
      const box = words();
      const consume = (count: number): number => {
        let sum = 0;
        for (let i = 0; i < count; i++) {
          using _guard = lock.acquireSync();
          notEmpty.waitForSync(() => box[0] !== 0);
          sum += box[0]!;
          box[0] = 0;
          notFull.notify();
        }
        return sum;
      };
      const produce = async (from: number, to: number): Promise<void> => {
        for (let item = from; item <= to; item++) {
          using _guard = await lock.acquire();
          await notFull.waitFor(() => box[0] === 0);
          box[0] = item;
          notEmpty.notify();
        }
      };
      const sums = await Promise.all([
        pool.submit(consume, 600),
        pool.submit(consume, 400),
        pool.submit(produce, 1, 500),
        produce(501, 1000),
      ]);
      assert.equal(sums[0] + sums[1], 500_500);
      assert.deepEqual(notEmpty.statistics(), { locked: false, waiters: 0 });
    });
  }

  test("goes on without one that was terminated while it waited", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const lock = new Lock();
    const condition = new Condition(lock);
    const wait = (): string => {
      using _guard = lock.acquireSync();
      condition.waitSync();
      return "notified";
    };
    const first = pool.submit(wait);
    await until(() => condition.statistics().waiters === 1);
    const second = pool.submit(wait);
    await until(() => condition.statistics().waiters === 2);
    await kill(first);
    await until(() => condition.statistics().waiters === 1);
    {
      using guard = await condition.acquire();
      assert.equal(guard.abandoned, false);
      condition.notify();
    }
    assert.equal(await second, "notified");
  });

  for (const make of [() => new Lock(), () => new RLock()]) {
    test(`notifies another one for one that was terminated before it had the ${make().constructor.name}`, async () => {
      await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
      const condition = new Condition(make());
      const wait = (): string => {
        using _guard = condition.acquireSync();
        condition.waitSync();
        return "notified";
      };
      const first = pool.submit(wait);
      await until(() => condition.statistics().waiters === 1);
      const second = pool.submit(wait);
      await until(() => condition.statistics().waiters === 2);
      {
        using _guard = await condition.acquire();
        condition.notify();
        assert.equal(condition.statistics().waiters, 1);
        await kill(first);
        await until(() => condition.statistics().waiters === 0);
      }
      assert.equal(await second, "notified");
    });
  }

  test("is the same with the same lock wherever it arrives", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const condition = new Condition();
    const lock = new Lock();
    const shared = new Condition(lock, { name: "shared" });
    using _guard = lock.acquireSync();
    const seen = await pool.submit(
      (one: Condition, two: Condition) => [
        one.tryAcquire() !== undefined,
        two.tryAcquire() === undefined,
        two.name,
      ],
      condition,
      shared,
    );
    assert.deepEqual(seen, [true, true, "shared"]);
    assert.equal(condition.tryAcquire(), undefined);
  });
});
