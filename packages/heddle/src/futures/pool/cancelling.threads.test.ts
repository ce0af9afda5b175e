import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { threadId } from "node:worker_threads";
import { currentContext, throwIfCancelled } from "../../scopes/index.ts";
import { currentTask } from "../../tasks/index.ts";
import type { Executor } from "../executor.ts";
import { InlineExecutor } from "../inline/inline-executor.ts";
import { ThreadPoolExecutor } from "../thread-pool-executor.ts";
import { until } from "../../heap/fixtures/until.ts";

const newWords = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * length));

/** Waits until its signal aborts, and gives a value all the same. */
const heedful = async (words: Int32Array, value: string): Promise<string> => {
  const { signal } = currentTask();
  const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
  words[0] = 1;
  await aborted;
  return value;
};

/** Waits, and throws what it is told. */
const obedient = async (words: Int32Array): Promise<void> => {
  words[0] = 1;
  for (;;) {
    await new Promise(setImmediate);
    throwIfCancelled();
  }
};

const KINDS: [string, (concurrencyPerWorker: number) => Executor][] = [
  [
    "ThreadPoolExecutor",
    (concurrencyPerWorker) => new ThreadPoolExecutor({ maxWorkers: 1, concurrencyPerWorker }),
  ],
  ["InlineExecutor", (concurrencyPerWorker) => new InlineExecutor({ concurrencyPerWorker })],
];

for (const [kind, make] of KINDS) {
  describe(`future.cancel() of a task that runs on a ${kind}`, () => {
    test("aborts its signal; a value that it gives all the same counts", async () => {
      await using executor = make(1);
      const words = newWords(1);
      const future = executor.submit(heedful, words, "stopped");
      await until(() => words[0] === 1);
      assert.equal(future.cancel("enough"), false);
      assert.equal(future.state, "running");
      assert.equal(await future, "stopped");
      assert.equal(future.cancel(), false);
      assert.equal(executor.statistics().fulfilled, 1);
    });

    test("has it cancelled with the reason when it ends by throwing what it was told", async () => {
      await using executor = make(1);
      const words = newWords(1);
      const future = executor.submit(obedient, words);
      await until(() => words[0] === 1);
      assert.equal(future.cancel("enough"), false);
      await assert.rejects(future.result(), (reason) => reason === "enough");
      assert.equal(future.state, "cancelled");
      assert.equal(future.cancel(), true);
      assert.equal(executor.statistics().cancelled, 1);
    });

    test("touches none of its neighbours, those in the same worker neither", async () => {
      await using executor = make(3);
      const words = [newWords(1), newWords(1), newWords(1)];
      const futures = words.map((each, i) => executor.submit(heedful, each, `stopped ${i}`));
      await until(() => words.every((each) => each[0] === 1));
      futures[1]!.cancel();
      assert.equal(await futures[1], "stopped 1");
      assert.deepEqual([futures[0]!.state, futures[2]!.state], ["running", "running"]);
      futures[0]!.cancel();
      futures[2]!.cancel();
      assert.deepEqual(await Promise.all(futures), ["stopped 0", "stopped 1", "stopped 2"]);
      await executor.submit(() => throwIfCancelled());
    });
  });
}

describe("A task in a worker", () => {
  test("that computes sees in throwIfCancelled() that it was cancelled, and its worker lives on", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const worker = await pool.submit(() => threadId);
    const words = newWords(1);
    const future = pool.submit((words: Int32Array): never => {
      words[0] = 1;
      for (;;) throwIfCancelled();
    }, words);
    await until(() => words[0] === 1);
    future.cancel("enough");
    await assert.rejects(future.result(), (reason) => reason === "enough");
    assert.equal(await pool.submit(() => threadId), worker);
  });

  test("is not told what was meant for another that ran in the same slot or scope", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const left = newWords(2);
    // What it leaves running looks again and again, long after it has ended.
    const leave = (words: Int32Array): void => {
      const look = (): void => {
        try {
          throwIfCancelled();
          if (words[0] === 0) setImmediate(look);
        } catch {
          words[1] = 1;
        }
      };
      setImmediate(look);
    };
    await pool.submit(leave, left);
    for (let i = 0; i < 5; i++) {
      const words = newWords(1);
      const future = pool.submit(obedient, words);
      await until(() => words[0] === 1);
      future.cancel();
      await assert.rejects(future.result(), { name: "AbortError" });
      await pool.submit(() => throwIfCancelled());
    }
    left[0] = 1;
    assert.equal(left[1], 0);
  });

  test("keeps to itself the signal that it took: it does not abort when a later task is cancelled", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    await pool.submit(() => {
      (globalThis as { kept?: AbortSignal }).kept = currentContext().scope!.signal;
    });
    const words = newWords(1);
    const future = pool.submit(obedient, words);
    await until(() => words[0] === 1);
    future.cancel();
    await future.exception().catch(() => {});
    assert.equal(await pool.submit(() => (globalThis as { kept?: AbortSignal }).kept!.aborted), false);
  });

  test("gets an AbortSignal as an argument that aborts there when it does here, for it alone", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1, concurrencyPerWorker: 2 });
    const [one, other] = [new AbortController(), new AbortController()];
    const words = newWords(2);
    const wait = async (words: Int32Array, place: number, signal: AbortSignal): Promise<unknown> => {
      words[place] = 1;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return signal.reason;
    };
    const futures = [pool.submit(wait, words, 0, one.signal), pool.submit(wait, words, 1, other.signal)];
    await until(() => words[0] === 1 && words[1] === 1);
    one.abort("one");
    assert.equal(await futures[0], "one");
    assert.equal(futures[1]!.state, "running");
    other.abort("other");
    assert.equal(await futures[1], "other");
  });

  test("that does not heed is stopped past its grace with its worker; what else ran there fails by name, what waited runs", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1, concurrencyPerWorker: 2 });
    const [deaf, neighbour] = [newWords(1), newWords(1)];
    const beside = pool.with({ name: "neighbour" }).submit(obedient, neighbour);
    await until(() => neighbour[0] === 1);
    const future = pool.submit((words: Int32Array): never => {
      words[0] = 1;
      for (;;);
    }, deaf);
    await until(() => deaf[0] === 1);
    const waiting = pool.submit((n: number) => n + 1, 1);
    assert.equal(future.cancel("enough", { graceMs: 5 }), true);
    assert.equal(future.state, "cancelled");
    await assert.rejects(beside.result(), {
      code: "ERR_HEDDLE_BROKEN_EXECUTOR",
      task: "neighbour",
      cause: "enough",
    });
    assert.equal(await waiting, 2);
  });

  test("that heeds within its grace keeps its worker", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const worker = await pool.submit(() => threadId);
    const words = newWords(1);
    const future = pool.submit(obedient, words);
    await until(() => words[0] === 1);
    assert.equal(future.cancel("enough", { graceMs: 60_000 }), true);
    await assert.rejects(future.result(), (reason) => reason === "enough");
    assert.equal(await pool.submit(() => threadId), worker);
  });
});

describe("A map that is left", () => {
  test("tells the items that run to stop, and begins no other of their call", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const words = newWords(2);
    const count = async (words: Int32Array): Promise<void> => {
      words[0]!++;
      while (words[1] === 0) {
        await new Promise(setImmediate);
        throwIfCancelled();
      }
    };
    const results = pool.map(count, Array<Int32Array>(1000).fill(words), { chunkSize: 1000 });
    await until(() => words[0] === 1);
    await results.return!();
    await until(() => pool.statistics().running === 0);
    assert.equal(words[0], 1);
  });

  test("ends a call of many items between two of them", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const words = newWords(1);
    const compute = (words: Int32Array): void => {
      words[0]!++;
      for (const end = performance.now() + 2; performance.now() < end;);
    };
    const results = pool.map(compute, Array<Int32Array>(100_000).fill(words), { chunkSize: 100_000 });
    await until(() => words[0]! > 0);
    await results.return!();
    await until(() => pool.statistics().running === 0);
    assert(words[0]! < 50_000);
  });
});
