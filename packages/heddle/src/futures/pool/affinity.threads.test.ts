import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { threadId } from "node:worker_threads";
import { transfer } from "../../wire/index.ts";
import { InlineExecutor } from "../inline/inline-executor.ts";
import { ThreadPoolExecutor } from "../thread-pool-executor.ts";

const newWords = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * length));
const where = (): number => threadId;

describe("affinity", () => {
  test("has calls of one key run on one worker, and the first keys on different ones", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const threads = (affinity: string): Promise<number[]> =>
      Promise.all(Array.from({ length: 50 }, () => pool.with({ affinity }).submit(where)));
    const [ann, bob] = [new Set(await threads("ann")), new Set(await threads("bob"))];
    assert.deepEqual([ann.size, bob.size], [1, 1]);
    assert.notDeepEqual(ann, bob);
    assert.deepEqual(new Set(await threads("ann")), ann);
  });

  test("runs the calls of a key in order, also those with something moved", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const list = newWords(101);
    const note = (words: Int32Array, n: number, _moved?: ArrayBuffer): void => void (words[++words[0]!] = n);
    const mine = pool.with({ affinity: "mine" });
    await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        n % 10 === 0 ? mine.submit(note, list, n, transfer(new ArrayBuffer(n))) : mine.submit(note, list, n),
      ),
    );
    assert.deepEqual([...list], [100, ...Array(100).keys()]);
  });

  test("has another worker take over when that one ends, with what waits for it", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const mine = pool.with({ affinity: "mine" });
    const before = await mine.submit(where);
    const broken = mine.submit(() => process.exit(1));
    const waiting = Array.from({ length: 20 }, () => mine.submit(where));
    const moved = mine.submit((buffer: ArrayBuffer) => buffer.byteLength, transfer(new ArrayBuffer(9)));
    await assert.rejects(broken.result(), { code: "ERR_HEDDLE_BROKEN_EXECUTOR" });
    const after = new Set(await Promise.all(waiting));
    assert.equal(await moved, 9);
    assert.equal(after.size, 1);
    assert(!after.has(before));
    assert(after.has(await mine.submit(where)));
  });

  test("has what waits run in order there as well, whatever came and went before", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const list = newWords(21);
    const note = (words: Int32Array, n: number): void => void (words[++words[0]!] = n);
    // Their slots come back in another order than they went.
    const earlier = Array.from({ length: 20 }, () => pool.submit(where));
    for (const [place, future] of earlier.entries()) if (place % 2 === 0) future.cancel();
    await Promise.allSettled(earlier);
    const mine = pool.with({ affinity: "mine" });
    const broken = mine.submit(() => process.exit(1));
    const waiting = Array.from({ length: 20 }, (_, n) => mine.submit(note, list, n));
    await assert.rejects(broken.result(), { code: "ERR_HEDDLE_BROKEN_EXECUTOR" });
    await Promise.all(waiting);
    assert.deepEqual([...list], [20, ...Array(20).keys()]);
  });

  test("keeps nobody else waiting, though its calls never stop coming", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const mine = pool.with({ affinity: "mine" });
    let isOver = false;
    let sent = 0;
    const keepOn = async (): Promise<void> => {
      if (isOver || ++sent > 10_000) return;
      await mine.submit(where);
      await keepOn();
    };
    const streams = Array.from({ length: 8 }, keepOn);
    for (let others = 0; others < 10; others++) await pool.submit(where);
    isOver = true;
    await Promise.all(streams);
    assert(sent < 10_000);
  });

  test("is for whole maps, and has no effect where there is one thread, or all are meant", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const mine = pool.with({ affinity: "mine" });
    assert.equal(new Set(await mine.map(where, Array(20).keys(), { chunkSize: 1 }).toArray()).size, 1);
    assert.equal(new Set(await mine.broadcast(where)).size, 2);
    assert.equal(await new InlineExecutor().with({ affinity: "mine" }).submit(where), threadId);
    assert.throws(() => pool.with({ affinity: 7 as never }), TypeError);
  });
});
