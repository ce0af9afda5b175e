import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { threadId } from "node:worker_threads";
import { transfer } from "../../wire/index.ts";
import { ThreadPoolExecutor } from "../thread-pool-executor.ts";

const MEGABYTE = 1 << 20;
const where = (): number => threadId;
/** Says that it runs, and ends when the test sets word 3. */
const hold = async (words: Int32Array, place: number): Promise<number> => {
  words[place] = 1;
  while (words[3] === 0) await new Promise(setImmediate);
  return threadId;
};

describe("maxTasksPerWorker", () => {
  test("has a new worker go on after so many calls", async () => {
    // Each of them is initialized, which is no call.
    const ready = new Int32Array(new SharedArrayBuffer(4));
    await using pool = new ThreadPoolExecutor({
      maxWorkers: 1,
      maxTasksPerWorker: 3,
      initializer: () => void ready[0]!++,
    });
    const calls = new Map<number, number>();
    for (let i = 0; i < 9; i++) {
      const worker = await pool.submit(where);
      calls.set(worker, (calls.get(worker) ?? 0) + 1);
    }
    assert.deepEqual([...calls.values()], [3, 3, 3]);
    assert(ready[0]! >= 3);
  });

  test("finishes what runs in the old worker while the new one runs the next", async () => {
    await using pool = new ThreadPoolExecutor({
      maxWorkers: 1,
      concurrencyPerWorker: 5,
      maxTasksPerWorker: 2,
    });
    const words = new Int32Array(new SharedArrayBuffer(16));
    const held = [pool.submit(hold, words, 0), pool.submit(hold, words, 1)];
    const next = await pool.submit(where);
    assert.equal(pool.statistics().running, 2);
    words[3] = 1;
    const [first, second] = await Promise.all(held);
    assert.equal(first, second);
    assert.notEqual(next, first);
  });

  test("loses and repeats no call, whether queued, broadcast or with something moved", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2, maxTasksPerWorker: 20 });
    const runs = new Int32Array(new SharedArrayBuffer(4 * 100));
    const count = (words: Int32Array, place: number): void => void words[place]!++;
    const grow = (buffer: ArrayBuffer): ArrayBuffer => transfer(new ArrayBuffer(buffer.byteLength + 1));
    const counted = Array.from(runs, (_, place) => pool.submit(count, runs, place));
    const moved = Array.from({ length: 50 }, (_, size) => pool.submit(grow, transfer(new ArrayBuffer(size))));
    assert.deepEqual(await pool.broadcast(() => 1), [1, 1]);
    await Promise.all(counted);
    assert.deepEqual(
      (await Promise.all(moved)).map((buffer) => buffer.byteLength),
      moved.map((_, size) => size + 1),
    );
    assert(runs.every((n) => n === 1));
    const { fulfilled, rejected } = pool.statistics();
    assert.deepEqual({ fulfilled, rejected }, { fulfilled: 152, rejected: 0 });
  });
});

describe("maxMemoryPerWorkerBytes", () => {
  test("has a new worker go on after a call that leaves more than that behind, and after no other", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1, maxMemoryPerWorkerBytes: 100 * MEGABYTE });
    const keep = (bytes: number): number => {
      Object.assign(globalThis, { kept: new Uint8Array(bytes) });
      return threadId;
    };
    const first = await pool.submit(keep, MEGABYTE);
    assert.equal(await pool.submit(where), first);
    assert.equal(await pool.submit(keep, 200 * MEGABYTE), first);
    const second = await pool.submit(where);
    assert.notEqual(second, first);
    assert.equal(await pool.submit(where), second);
  });
});

describe("Recycling", () => {
  test("refuses limits that are none", () => {
    for (const limit of [0, -1, 0.5, "12"]) {
      assert.throws(
        () => new ThreadPoolExecutor({ maxTasksPerWorker: limit as never }),
        /option maxTasksPerWorker/,
      );
      assert.throws(
        () => new ThreadPoolExecutor({ maxMemoryPerWorkerBytes: limit as never }),
        /option maxMemoryPerWorkerBytes/,
      );
    }
  });
});
