import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ThreadPoolExecutor } from "../futures/index.ts";
import { until } from "./fixtures/until.ts";
import { Semaphore } from "./index.ts";

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

  test("a release by one thread wakes many tasks of another", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const semaphore = new Semaphore(0);
    const waiting = Array.from({ length: 100 }, () => semaphore.acquire());
    await pool.submit((s: Semaphore) => s.release(100), semaphore);
    await Promise.all(waiting);
    assert.deepEqual(semaphore.statistics(), { available: 0, waiters: 0 });
  });
});
