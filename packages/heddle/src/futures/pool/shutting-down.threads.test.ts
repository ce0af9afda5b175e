import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { TimeoutError } from "#heap";
import { currentContext } from "../../scopes/index.ts";
import { ExecutorShutdownError, QueueFullError } from "../errors.ts";
import type { Executor } from "../executor.ts";
import { InlineExecutor, type InlineOptions } from "../inline/inline-executor.ts";
import { ThreadPoolExecutor } from "../thread-pool-executor.ts";
import { until } from "../../heap/fixtures/until.ts";

const newWords = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * length));

/** Sets word 0, and ends when word 1 is set. */
const hold = async (words: Int32Array): Promise<void> => {
  words[0] = 1;
  while (words[1] === 0) await new Promise(setImmediate);
};

/** Cleans up when it is told to stop. */
const cleanUp = async (words: Int32Array): Promise<string> => {
  const { signal } = currentContext().scope!;
  const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve));
  words[0] = 1;
  await aborted;
  return "clean";
};

const KINDS: [string, (options: InlineOptions) => Executor][] = [
  ["ThreadPoolExecutor", (options) => new ThreadPoolExecutor({ maxWorkers: 1, ...options })],
  ["InlineExecutor", (options) => new InlineExecutor({ concurrencyPerWorker: 1, ...options })],
];

for (const [kind, make] of KINDS) {
  describe(`${kind}.ready()`, () => {
    test("returns while there is room, and else when there is, to those who wait in order", async () => {
      await using executor = make({ maxQueued: 1 });
      await executor.ready();
      const words = newWords(2);
      const futures = [executor.submit(hold, words)];
      await until(() => words[0] === 1);
      await executor.ready();
      futures.push(executor.submit(hold, words));
      const order: number[] = [];
      const waiting = [1, 2, 3].map(async (n) => {
        await executor.ready();
        order.push(n);
        futures.push(executor.submit(hold, words));
      });
      assert.throws(() => executor.submit(hold, words), QueueFullError);
      words[1] = 1;
      await Promise.all(waiting);
      assert.deepEqual(order, [1, 2, 3]);
      await Promise.all(futures);
    });

    test("ends early by time, by a signal, and when the executor takes no more", async () => {
      const executor = make({ maxQueued: 0 });
      const words = newWords(2);
      const held = executor.submit(hold, words);
      await until(() => words[0] === 1);
      await assert.rejects(executor.ready({ timeoutMs: 1 }), TimeoutError);
      const controller = new AbortController();
      const aborted = executor.ready({ signal: controller.signal });
      controller.abort("enough");
      await assert.rejects(aborted, (reason) => reason === "enough");
      const waiting = executor.ready();
      const gone = executor.shutdown();
      await assert.rejects(waiting, ExecutorShutdownError);
      await assert.rejects(executor.ready(), ExecutorShutdownError);
      words[1] = 1;
      await Promise.all([held, gone]);
    });
  });

  describe(`${kind}.shutdown()`, () => {
    test("under cancelPending leaves alone what runs", async () => {
      const executor = make({});
      const words = newWords(2);
      const look = async (words: Int32Array): Promise<boolean> => {
        words[0] = 1;
        while (words[1] === 0) await new Promise(setImmediate);
        return currentContext().scope!.signal.aborted;
      };
      const running = executor.submit(look, words);
      await until(() => words[0] === 1);
      const queued = executor.submit(hold, words);
      const gone = executor.shutdown({ cancelPending: true });
      assert.equal(queued.state, "cancelled");
      words[1] = 1;
      await gone;
      assert.equal(await running, false);
    });

    test("under graceMs cancels what is queued, and lets what runs clean up", async () => {
      const executor = make({});
      const words = newWords(2);
      const running = executor.submit(cleanUp, words);
      await until(() => words[0] === 1);
      const queued = executor.submit(hold, words);
      const results = executor.map(hold, [words, words], { chunkSize: 1 });
      await executor.shutdown({ graceMs: 60_000 });
      assert.equal(await running, "clean");
      assert.equal(queued.state, "cancelled");
      await assert.rejects(results.toArray(), { name: "AbortError" });
    });

    test("under graceMs gives up what does not end in time", async () => {
      const executor = make({});
      const words = newWords(2);
      const running = executor.submit(hold, words);
      const queued = Array.from({ length: 1000 }, () => executor.submit(hold, words));
      await until(() => words[0] === 1);
      await executor.shutdown({ graceMs: 1 });
      words[1] = 1;
      for (const future of [running, ...queued]) assert.equal(future.state, "cancelled");
      await assert.rejects(running.result(), /was shut down/);
    });

    test("may be called again, and say more each time", async () => {
      const executor = make({});
      const words = newWords(2);
      const running = executor.submit(hold, words);
      await until(() => words[0] === 1);
      const queued = executor.submit(hold, words);
      await executor.shutdown({ wait: false });
      assert.equal(queued.done, false);
      await executor.shutdown({ wait: false, cancelPending: true });
      assert.equal(queued.state, "cancelled");
      assert.equal(running.done, false);
      await executor.shutdown({ graceMs: 0 });
      words[1] = 1;
      assert.equal(running.state, "cancelled");
      await executor.shutdown();
    });

    test("refuses options that it does not know, and a grace that is none", () => {
      const executor = make({});
      assert.throws(() => executor.shutdown({ graceMs: -1 }), RangeError);
      assert.throws(() => executor.shutdown({ force: true } as never), /force/);
    });
  });
}

describe("A pool", () => {
  test("that is shut down while its workers start finishes what was submitted", async () => {
    const pool = new ThreadPoolExecutor({ maxWorkers: 2, minWorkers: 2 });
    const futures = Array.from({ length: 10 }, (_, n) => pool.submit((x: number) => x, n));
    await pool.shutdown();
    assert.deepEqual(await Promise.all(futures), [...Array(10).keys()]);
    const idle = new ThreadPoolExecutor({ maxWorkers: 2, minWorkers: 2 });
    await idle.shutdown();
    assert.equal(idle.statistics().workers, 0);
  });

  test("under graceMs ends with a body that computes for ever", async () => {
    const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const words = newWords(1);
    const running = pool.submit((words: Int32Array): never => {
      words[0] = 1;
      for (;;);
    }, words);
    await until(() => words[0] === 1);
    await pool.shutdown({ graceMs: 0 });
    assert.equal(running.state, "cancelled");
    assert.equal(pool.statistics().workers, 0);
  });

  test("that is dropped finishes what was submitted, and its workers go", () => {
    const program = `
      import { subscribe } from "node:diagnostics_channel";
      import { ThreadPoolExecutor } from ${JSON.stringify(new URL("../index.ts", import.meta.url).href)};
      const words = new Int32Array(new SharedArrayBuffer(4));
      const timer = setInterval(() => globalThis.gc(), 5);
      subscribe("heddle:worker:down", ({ wasStopped }) => {
        console.log(words[0], wasStopped);
        clearInterval(timer);
      });
      (() => {
        const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
        pool.submit(async (words) => {
          await new Promise((resolve) => setTimeout(resolve, 20));
          words[0] = 1;
        }, words);
      })();
    `;
    const flags = ["--conditions=@heddle/source", "--expose-gc", "--input-type=module", "--eval", program];
    const { stdout, stderr } = spawnSync(process.execPath, flags, { encoding: "utf8", timeout: 60_000 });
    assert.equal(stderr, "");
    assert.equal(stdout, "1 true\n");
  });
});
