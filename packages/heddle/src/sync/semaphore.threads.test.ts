import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ThreadPoolExecutor } from "../futures/index.ts";
import { until } from "../heap/fixtures/until.ts";
import { BoundedSemaphore, Event, Semaphore } from "./index.ts";

/** Counts within the permit, without atomics. */
const count = (semaphore: Semaphore, words: Int32Array, turns: number): void => {
  for (let turn = 0; turn < turns; turn++) {
    using _guard = semaphore.acquireSync();
    words[0]!++;
  }
};

/** Notes how many are inside at once, each in a word of its own. */
const share = async (
  semaphore: Semaphore,
  words: Int32Array,
  index: number,
  turns: number,
): Promise<number> => {
  let most = 0;
  for (let turn = 0; turn < turns; turn++) {
    const permits = 1 + ((turn + index) % 2);
    using _guard = await semaphore.acquire({ permits });
    words[index] = permits;
    most = Math.max(
      most,
      words.reduce((sum, inside) => sum + inside, 0),
    );
    words[index] = 0;
  }
  return most;
};

const waitFor = (semaphore: Semaphore, permits: number): void => {
  semaphore.acquireSync({ permits });
};

const hold = (semaphore: Semaphore): never => {
  semaphore.acquireSync();
  semaphore.acquireSync({ permits: 3 });
  for (;;);
};

const holdAll = (semaphores: readonly Semaphore[]): never => {
  for (const semaphore of semaphores) semaphore.acquireSync();
  for (;;);
};

const consume = (items: Semaphore, taken: Event): never => {
  items.acquireSync({ permits: 2 });
  taken.set();
  for (;;);
};

describe("a Semaphore between threads", () => {
  test("with one permit lets one in at a time, threads that block and this one that awaits", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const semaphore = new Semaphore(1);
    const words = new Int32Array(new SharedArrayBuffer(4));
    const counting = [0, 1].map(() => pool.submit(count, semaphore, words, 3000));
    for (let turn = 0; turn < 300; turn++) {
      using _guard = await semaphore.acquire();
      words[0]!++;
    }
    await Promise.all(counting);
    assert.equal(words[0], 6300);
    assert.deepEqual(semaphore.statistics(), { available: 1, waiters: 0 });
  });

  test("with three permits never has more than three in use", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 3 });
    const semaphore = new Semaphore(3);
    const words = new Int32Array(new SharedArrayBuffer(16));
    const sharing = [0, 1, 2].map((index) => pool.submit(share, semaphore, words, index, 500));
    const most = await Promise.all([...sharing, share(semaphore, words, 3, 500)]);
    assert.ok(Math.max(...most) <= 3, `${Math.max(...most)} permits were in use`);
    assert.equal(semaphore.available, 3);
  });

  test("lets others go on when a thread that waits in front is terminated", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const semaphore = new Semaphore(1);
    const blocked = pool.submit(waitFor, semaphore, 2);
    await until(() => semaphore.statistics().waiters === 1);
    const behind = semaphore.acquire();
    blocked.cancel(new Error("enough"), { graceMs: 0 });
    (await behind).release();
    await assert.rejects(blocked);
    assert.deepEqual(semaphore.statistics(), { available: 1, waiters: 0 });
  });

  test("has back what a thread had that was terminated, taken by itself and granted", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const semaphore = new BoundedSemaphore(5);
    const first = semaphore.acquireSync({ permits: 3 });
    const holding = pool.submit(hold, semaphore);
    await until(() => semaphore.statistics().waiters === 1);
    first.release();
    await until(() => semaphore.available === 1);
    const waiting = semaphore.acquire({ permits: 5 });
    holding.cancel(new Error("enough"), { graceMs: 0 });
    (await waiting).release();
    await assert.rejects(holding);
    assert.deepEqual(semaphore.statistics(), { available: 5, waiters: 0 });
    assert.throws(() => semaphore.release(), RangeError);
  });

  test("has it back also where nobody waits, for whoever looks or tries", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const semaphores = [new Semaphore(1), new Semaphore(1)] as const;
    const [looked, tried] = semaphores;
    const holding = pool.submit(holdAll, semaphores);
    await until(() => tried.available === 0);
    holding.cancel(new Error("enough"), { graceMs: 0 });
    await until(() => looked.available === 1);
    await until(() => tried.tryAcquire() !== undefined);
    await assert.rejects(holding);
  });

  test("stays without what a thread had that ended by itself", async () => {
    const semaphore = new Semaphore(3);
    const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    await pool.submit(() => void semaphore.acquireSync({ permits: 2 }));
    await pool.shutdown();
    assert.equal(semaphore.available, 1);
  });

  test("gives nothing back once somebody has released what another one had acquired", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const [items, taken] = [new Semaphore(0), new Event()];
    items.release(3);
    const consuming = pool.submit(consume, items, taken);
    await taken.wait();
    consuming.cancel(new Error("enough"), { graceMs: 0 });
    await assert.rejects(consuming);
    // The death was settled before.
    await pool.submit(() => {});
    assert.equal(items.available, 1);
  });

  test("a release by one thread wakes many tasks of another", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const semaphore = new Semaphore(0);
    const waiting = Array.from({ length: 100 }, () => semaphore.acquire());
    await pool.submit((s: Semaphore) => s.release(100), semaphore);
    await Promise.all(waiting);
    assert.deepEqual(semaphore.statistics(), { available: 0, waiters: 0 });
  });
});
