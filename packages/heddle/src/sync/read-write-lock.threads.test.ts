import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ThreadPoolExecutor } from "../futures/index.ts";
import { until } from "../heap/fixtures/until.ts";
import { Event, ReadWriteLock } from "./index.ts";

/** Every so many turns writes both words, else looks whether they are the same. */
const readAndWrite = (lock: ReadWriteLock, words: Int32Array, turns: number, every: number): number => {
  let writes = 0;
  for (let turn = 1; turn <= turns; turn++) {
    if (turn % every === 0) {
      using _guard = lock.acquireWriteSync();
      words[0]!++;
      writes++;
      words[1]!++;
    } else {
      using _guard = lock.acquireReadSync();
      if (words[0] !== words[1]) throw new Error("half written");
    }
  }
  return writes;
};

const readFor = (lock: ReadWriteLock, entered: Event): never => {
  lock.acquireReadSync();
  entered.set();
  for (;;);
};

const writeFor = (lock: ReadWriteLock, entered: Event): never => {
  lock.acquireWriteSync();
  entered.set();
  for (;;);
};

const waitToWrite = (lock: ReadWriteLock): void => lock.acquireWriteSync().release();

describe("a ReadWriteLock between threads", () => {
  test("lets nobody read what is half written", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const lock = new ReadWriteLock();
    const words = new Int32Array(new SharedArrayBuffer(8));
    const running = [3, 50].map((every) => pool.submit(readAndWrite, lock, words, 5000, every));
    let writes = 0;
    for (let turn = 0; turn < 200; turn++) {
      using _guard = await lock.acquireWrite();
      words[0]!++;
      writes++;
      words[1]!++;
    }
    for (const more of await Promise.all(running)) writes += more;
    assert.deepEqual([...words], [writes, writes]);
    assert.deepEqual(lock.statistics(), { readers: 0, writing: false, waiters: 0 });
  });

  test("passes on when a thread is terminated while it reads", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const [lock, entered] = [new ReadWriteLock(), new Event()];
    const reading = pool.submit(readFor, lock, entered);
    await entered.wait();
    assert.equal(lock.readers, 1);
    const writing = lock.acquireWrite();
    reading.cancel(new Error("enough"), { graceMs: 0 });
    const guard = await writing;
    assert.deepEqual([guard.abandoned, lock.readers], [false, 0]);
    await assert.rejects(reading);
  });

  test("passes on when a thread is terminated while it writes, and says so to all until one has written", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const [lock, entered] = [new ReadWriteLock(), new Event()];
    const writing = pool.submit(writeFor, lock, entered);
    await entered.wait();
    const reading = [lock.acquireRead(), lock.acquireRead()];
    writing.cancel(new Error("enough"), { graceMs: 0 });
    const guards = [...(await Promise.all(reading)), lock.acquireReadSync()];
    assert.deepEqual(
      guards.map(({ abandoned }) => abandoned),
      [true, true, true],
    );
    for (const guard of guards) guard.release();
    const mending = lock.acquireWriteSync();
    assert.ok(mending.abandoned);
    mending.release();
    assert.equal(lock.acquireReadSync().abandoned, false);
    await assert.rejects(writing);
  });

  test("lets readers go on when a thread that waits to write is terminated", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const lock = new ReadWriteLock();
    const reader = lock.acquireReadSync();
    const blocked = pool.submit(waitToWrite, lock);
    await until(() => lock.statistics().waiters === 1);
    const reading = lock.acquireRead();
    blocked.cancel(new Error("enough"), { graceMs: 0 });
    assert.ok((await reading).held);
    reader.release();
    await assert.rejects(blocked);
  });
});
