import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fromModule } from "../../portable/index.ts";
import { BrokenExecutorError } from "../errors.ts";
import { ThreadPoolExecutor } from "../thread-pool-executor.ts";

type Surroundings = { gate?: Promise<never>; words?: Int32Array };

/** The module tells that it is being imported, and waits for a gate where there is one. */
const MODULE =
  "data:text/javascript," +
  "if (globalThis.words !== undefined) globalThis.words[0] = 1;" +
  "await globalThis.gate;" +
  "export const next = (n) => n + 1;";

/** Keeps modules from being imported here, and ends this worker when word 1 is set. */
const obstruct = (words: Int32Array): Promise<never> => {
  const never = new Promise<never>(() => {});
  Object.assign(globalThis as Surroundings, { words, gate: never });
  words[2] = 1;
  setInterval(() => words[1] === 1 && process.exit(6), 1);
  return never;
};

const set = async (words: Int32Array, place: number): Promise<void> => {
  while (words[place] === 0) await new Promise(setImmediate);
};

describe("A call whose body has not begun when its worker ends", () => {
  test("is run by another worker", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1, concurrencyPerWorker: 2 });
    const words = new Int32Array(new SharedArrayBuffer(12));
    const obstructing = pool.submit(obstruct, words);
    await set(words, 2);
    const waiting = pool.submit(fromModule<{ next: (n: number) => number }>(MODULE).next, 1);
    await set(words, 0);
    words[1] = 1;
    await assert.rejects(obstructing, /Cannot finish task obstruct: worker .* ended with exit code 6$/);
    assert.equal(await waiting, 2);
  });

  test("fails when that ends as well, and the error says that it never began", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1, name: "loom" });
    const { work } = fromModule<{ work: () => void }>("data:text/javascript,process.exit(7)");
    await assert.rejects(pool.submit(work), (error) => {
      assert(error instanceof BrokenExecutorError);
      assert.equal(error.message, "Cannot begin task work: worker loom-2 ended with exit code 7");
      return true;
    });
    assert.equal(await pool.submit((n: number) => n + 1, 1), 2);
  });
});
