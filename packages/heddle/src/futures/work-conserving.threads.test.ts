/** No worker idles while a call waits that it could run. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { transfer } from "../wire/index.ts";
import { ThreadPoolExecutor } from "./thread-pool-executor.ts";

const newWords = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * length));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

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
