import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { transfer } from "../../wire/index.ts";
import type { Future } from "../future.ts";
import { ThreadPoolExecutor } from "../thread-pool-executor.ts";
import { until } from "../../heap/fixtures/until.ts";

/** Says that it runs, and ends when the test sets word 3. */
const hold = async (words: Int32Array, place: number): Promise<void> => {
  words[place] = 1;
  while (words[3] === 0) await new Promise(setImmediate);
};
const newWords = (): Int32Array => new Int32Array(new SharedArrayBuffer(16));

/** Has `count` calls run at once. */
async function occupy(pool: ThreadPoolExecutor, count: number, words: Int32Array): Promise<Future<void>[]> {
  const held = Array.from({ length: count }, (_, place) => pool.submit(hold, words, place));
  await until(() => words.subarray(0, count).every((word) => word === 1));
  return held;
}

describe("idleTimeoutMs", () => {
  test("lets idle workers go down to minWorkers, and others come when there is work", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 3, minWorkers: 1, idleTimeoutMs: 5 });
    for (let round = 0; round < 2; round++) {
      let workers = 0;
      // One that is told to leave as it takes a call runs that, and does not count: then it is tried again.
      for (let attempt = 0; workers !== 3 && attempt < 20; attempt++) {
        const words = newWords();
        const held = await occupy(pool, 3, words);
        ({ workers } = pool.statistics());
        words[3] = 1;
        await Promise.all(held);
        await until(() => pool.statistics().workers === 1);
      }
      assert.equal(workers, 3);
    }
  });

  test("lets all go by default, and a broadcast starts them again", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2, idleTimeoutMs: 5 });
    await pool.submit(() => 0);
    await until(() => pool.statistics().workers === 0);
    assert.deepEqual(await pool.broadcast(() => 7), [7, 7]);
    await until(() => pool.statistics().workers === 0);
  });

  test("keeps a worker whose call runs for longer than that", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2, idleTimeoutMs: 5 });
    const [short, long] = [newWords(), newWords()];
    const [ending] = await occupy(pool, 1, short);
    const [staying] = await occupy(pool, 1, long);
    short[3] = 1;
    await ending;
    await until(() => pool.statistics().workers === 1);
    assert.equal(staying!.state, "running");
    long[3] = 1;
    await staying;
    await until(() => pool.statistics().workers === 0);
  });

  test("loses and repeats no call that is made as a worker leaves", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2, idleTimeoutMs: 1 });
    const runs = new Int32Array(new SharedArrayBuffer(4 * 80));
    const count = (words: Int32Array, place: number): number => ++words[place]!;
    const length = (buffer: ArrayBuffer): number => buffer.byteLength;
    for (let place = 0; place < runs.length; place += 2) {
      const counted = [pool.submit(count, runs, place), pool.submit(count, runs, place + 1)];
      const moved = pool.submit(length, transfer(new ArrayBuffer(place)));
      await Promise.all(counted);
      assert.equal(await moved, place);
      await new Promise((resolve) => setTimeout(resolve, place % 5));
    }
    assert(runs.every((n) => n === 1));
  });

  test("is refused when it is no time", () => {
    assert.throws(() => new ThreadPoolExecutor({ idleTimeoutMs: 0 }), /idleTimeoutMs/);
    assert.throws(() => new ThreadPoolExecutor({ idleTimeoutMs: "5" as never }), /idleTimeoutMs/);
  });
});
