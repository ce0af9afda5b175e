import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ThreadPoolExecutor } from "../thread-pool-executor.ts";

/** Says that it runs, and ends when word 1 is set. */
const hold = async (words: Int32Array): Promise<void> => {
  words[0] = 1;
  while (words[1] === 0) await new Promise(setImmediate);
};

/** The length of a buffer, its first byte and its last. */
const ends = (buffer: ArrayBuffer): number[] => {
  const bytes = new Uint8Array(buffer);
  return [bytes.length, bytes[0]!, bytes.at(-1)!];
};

describe("A large buffer as an argument", () => {
  for (const [name, sizes] of [
    ["a few", [200_000, 1_000_000, 4_000_001]],
    ["more than a heap should hold", [100_000_000, 100_000_001, 100_000_002]],
  ] as const) {
    test(`of a call that waits arrives as it was when that was submitted: ${name}`, async () => {
      await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
      const words = new Int32Array(new SharedArrayBuffer(8));
      const holding = pool.submit(hold, words);
      while (words[0] === 0) await new Promise(setImmediate);
      const futures = sizes.map((size, i) => {
        const bytes = new Uint8Array(size).fill(i + 1);
        const future = pool.submit(ends, bytes.buffer);
        bytes.fill(0);
        return future;
      });
      words[1] = 1;
      await holding;
      assert.deepEqual(
        await Promise.all(futures),
        sizes.map((size, i) => [size, i + 1, i + 1]),
      );
    });
  }

  test("comes back as it is from each of many calls at once", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const back = (buffer: ArrayBuffer): ArrayBuffer => buffer;
    const buffers = Array.from({ length: 40 }, (_, i) => new Uint8Array(150_000 + i).fill(i).buffer);
    const results = await Promise.all(buffers.map((buffer) => pool.submit(back, buffer)));
    assert.deepEqual(results.map(ends), buffers.map(ends));
  });
});
