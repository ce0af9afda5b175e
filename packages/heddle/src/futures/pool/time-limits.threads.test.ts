import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { threadId } from "node:worker_threads";
import { TimeoutError } from "#heap";
import { currentTask } from "../../tasks/index.ts";
import { transfer } from "../../wire/index.ts";
import { ThreadPoolExecutor } from "../thread-pool-executor.ts";
import { until } from "../../heap/fixtures/until.ts";

const newWords = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * length));

/** Waits for word 1, whatever it is told. */
const hold = async (words: Int32Array): Promise<number> => {
  words[0]!++;
  while (words[1] === 0) await new Promise(setImmediate);
  return threadId;
};

const never = (): Promise<never> => new Promise(() => {});

const spin = (): never => {
  for (;;);
};

describe("timeoutMs of a task in a worker", () => {
  test("has its signal abort with the TimeoutError that it fails with; when it heeds that, its worker lives on", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const worker = await pool.submit(() => threadId);
    const words = newWords(1);
    const slow = pool.with({ timeoutMs: 20, name: "slow" }).submit(async (words: Int32Array) => {
      const { signal } = currentTask();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      const { reason } = signal;
      words[0] =
        reason instanceof Error && reason.name === "TimeoutError" && /task slow/.test(reason.message) ? 1 : 2;
    }, words);
    await assert.rejects(slow.result(), (error) => error instanceof TimeoutError && error.timeoutMs === 20);
    assert.equal(await pool.submit(() => threadId), worker);
    assert.equal(words[0], 1);
  });

  test("touches none of its neighbours when it does not heed that: they end as they would, then the worker goes", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1, concurrencyPerWorker: 2, name: "loom" });
    const words = newWords(2);
    const neighbour = pool.submit(hold, words);
    await until(() => words[0] === 1);
    await assert.rejects(pool.with({ timeoutMs: 10, graceMs: 0 }).submit(never).result(), TimeoutError);
    // Nobody else shares the worker from now on.
    const other = await pool.submit(() => threadId);
    assert.equal(neighbour.state, "running");
    words[1] = 1;
    assert.notEqual(await neighbour, other);
    assert.equal(await pool.submit(() => threadId), other);
  });

  test("costs none that has not begun, whatever it waits for there, and no body runs twice", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2, concurrencyPerWorker: 2 });
    const words = newWords(4);
    const count = (words: Int32Array, place: number): number => ++words[place]!;
    const size = (buffer: ArrayBuffer, words: Int32Array): number => {
      words[2]!++;
      return buffer.byteLength;
    };
    const home = pool.with({ affinity: "one" });
    await pool.broadcast(() => {});
    const slow = home.with({ timeoutMs: 20, graceMs: 0 }).submit(spin);
    await until(() => slow.running);
    const behind = home.submit(count, words, 0);
    const moved = home.submit(size, transfer(new ArrayBuffer(300_000)), words);
    const everywhere = pool.broadcast(() => threadId);
    await assert.rejects(slow.result(), TimeoutError);
    assert.equal(await behind, 1);
    assert.equal(await moved, 300_000);
    assert.equal(new Set(await everywhere).size, 2);
    assert.deepEqual([...words], [1, 0, 1, 0]);
  });

  test("lets only those neighbours fail that cannot go on, as the event loop of their worker does not turn", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1, concurrencyPerWorker: 2 });
    const words = newWords(2);
    const neighbour = pool.with({ name: "neighbour" }).submit(hold, words);
    await until(() => words[0] === 1);
    await assert.rejects(pool.with({ timeoutMs: 10, graceMs: 0 }).submit(spin).result(), TimeoutError);
    await assert.rejects(neighbour.result(), { code: "ERR_HEDDLE_BROKEN_EXECUTOR", task: "neighbour" });
    assert.equal(words[0], 1);
  });

  test("and graceMs are checked where they are given", () => {
    const pool = new ThreadPoolExecutor();
    assert.throws(() => pool.with({ graceMs: -1 }), RangeError);
    assert.throws(() => pool.with({ graceMs: NaN }), RangeError);
    assert.throws(() => pool.with({ timeoutMs: 0 }), RangeError);
  });
});
