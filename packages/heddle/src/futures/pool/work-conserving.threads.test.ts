/** No worker idles while a call waits that it could run. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { threadId } from "node:worker_threads";
import { transfer } from "../../wire/index.ts";
import { ThreadPoolExecutor } from "../thread-pool-executor.ts";
import { until } from "../../heap/fixtures/until.ts";

const newWords = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * length));

/** Sets word 0, and ends when the test sets word 1. */
const hold = async (words: Int32Array): Promise<void> => {
  words[0] = 1;
  while (words[1] === 0) await new Promise(setImmediate);
};

describe("A worker that is free", () => {
  test("runs a call with something moved, though another worker took a long one before it", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const [first, second, long] = [newWords(2), newWords(2), newWords(2)];
    const holding = [pool.submit(hold, first), pool.submit(hold, second)];
    await until(() => first[0] === 1 && second[0] === 1);
    const longRun = pool.submit(hold, long);
    const moved = pool.submit((buffer: ArrayBuffer) => buffer.byteLength, transfer(new ArrayBuffer(7)));
    first[1] = 1;
    await until(() => long[0] === 1);
    second[1] = 1;
    assert.equal(await moved, 7);
    assert.equal(longRun.state, "running");
    long[1] = 1;
    await Promise.all([...holding, longRun]);
  });

  test("takes calls with something moved in the order in which they were made", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const [holding, order] = [newWords(2), newWords(9)];
    const held = pool.submit(hold, holding);
    await until(() => holding[0] === 1);
    const note = (words: Int32Array, n: number, _moved?: ArrayBuffer): void => void (words[++words[0]!] = n);
    const noted = [1, 2, 3, 4, 5, 6, 7, 8].map((n) =>
      n % 3 === 0 ? pool.submit(note, order, n, transfer(new ArrayBuffer(n))) : pool.submit(note, order, n),
    );
    holding[1] = 1;
    await Promise.all([held, ...noted]);
    assert.deepEqual([...order], [8, 1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

/** The clock that tasks work by, and what each thread says: in which tick it works, and how many tasks it has done. */
const CLOCK = 0;
const AT = 1;
const DONE = 65;
const PLACES = 64;

/** Takes so many ticks of the clock. */
const work = async (words: Int32Array, ticks: number, _moved?: ArrayBuffer): Promise<void> => {
  const place = threadId % PLACES;
  for (let tick = 0; tick < ticks; tick++) {
    const now = words[CLOCK]!;
    words[AT + place] = now;
    while (words[CLOCK] === now) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  words[DONE + place]!++;
};

test("1,000 tasks of very different length keep all workers busy: 0.95 of their time at least", async () => {
  const workers = 4;
  await using pool = new ThreadPoolExecutor({ maxWorkers: workers });
  const words = newWords(DONE + PLACES);
  const lengths = Array.from({ length: 1000 }, (_, n) => (n % 50 === 7 ? 20 : 1));
  words[CLOCK] = 1;
  const futures = lengths.map((ticks, n) => {
    if (n % 10 === 3) return pool.submit(work, words, ticks, transfer(new ArrayBuffer(8)));
    return pool.with(n % 7 === 0 ? { priority: (n % 3) - 1 } : {}).submit(work, words, ticks);
  });
  const left = (): number => 1000 - words.subarray(DONE).reduce((sum, n) => sum + n, 0);
  let ticks = 0;
  for (; ; ticks++) {
    const now: number = words[CLOCK] ?? 0;
    // Time passes only when every worker works that could.
    await until(
      () => words.subarray(AT, DONE).filter((at) => at === now).length === Math.min(workers, left()),
    );
    if (left() === 0) break;
    words[CLOCK] = now + 1;
  }
  await Promise.all(futures);
  const worked = lengths.reduce((sum, n) => sum + n, 0);
  assert(worked / (workers * ticks) >= 0.95, `${worked} of ${workers * ticks} ticks`);
});

describe("The calls of a map whose chunks size themselves", () => {
  test("are few for a million tiny items, and one for each of ten long ones", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const tiny = await pool.map((x: number) => x + 1, Array(1_000_000).keys()).toArray();
    assert.equal(tiny.length, 1_000_000);
    const few = pool.statistics().fulfilled;
    assert(few < 20_000, `${few} calls`);
    const long = (x: number): number => {
      for (const end = performance.now() + 20; performance.now() < end;);
      return x;
    };
    await pool.map(long, Array(10).keys()).toArray();
    assert.equal(pool.statistics().fulfilled - few, 10);
  });
});
