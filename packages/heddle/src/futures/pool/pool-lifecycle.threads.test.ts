import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type MessagePort, MessageChannel, threadId } from "node:worker_threads";
import { transfer, WireError } from "../../wire/index.ts";
import { BrokenExecutorError } from "../errors.ts";
import { ThreadPoolExecutor } from "../thread-pool-executor.ts";
import { until } from "../../heap/fixtures/until.ts";

const newWords = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * length));

describe("minWorkers", () => {
  test("is kept: where a worker ends with nothing to do, another is started without work", async () => {
    const started = newWords(64);
    const count = (): number => started.reduce((sum, n) => sum + n, 0);
    await using pool = new ThreadPoolExecutor({
      maxWorkers: 2,
      minWorkers: 2,
      initializer: () => void (started[threadId % started.length] = 1),
    });
    await until(() => count() === 2);
    await pool.submit(() => void setImmediate(() => process.exit(0)));
    await until(() => count() === 3);
    assert.equal(pool.statistics().workers, 2);
  });

  test("is given up where workers end one after the other with nothing to do, until there is work", async () => {
    const started = newWords(1);
    await using pool = new ThreadPoolExecutor({
      maxWorkers: 1,
      minWorkers: 1,
      initializer: () => {
        // The first ones are ill, and the others well.
        if (++started[0]! <= 6) setTimeout(() => process.exit(0), 1);
      },
    });
    await until(() => pool.statistics().workers === 0);
    const startedByItself = started[0]!;
    assert(startedByItself < 6);
    while (started[0]! <= 6) await pool.submit(() => {}).exception();
    assert.equal(await pool.submit((n: number) => n + 1, 1), 2);
  });
});

describe("An initializer that fails", () => {
  test("is named as what failed, on which worker and with what, by every call", async () => {
    await using pool = new ThreadPoolExecutor({
      maxWorkers: 1,
      name: "loom",
      initializer: () => {
        throw new RangeError("no licence");
      },
    });
    const add = (a: number, b: number): number => a + b;
    const isAboutIt = (error: unknown): boolean => {
      assert(error instanceof BrokenExecutorError);
      assert.match(error.message, /the initializer of worker loom-1 failed with RangeError: no licence$/);
      assert(error.cause instanceof RangeError);
      return true;
    };
    await assert.rejects(pool.submit(add, 1, 2), isAboutIt);
    assert.throws(() => pool.submit(add, 1, 2), isAboutIt);
    await assert.rejects(
      pool.broadcast(() => 1),
      isAboutIt,
    );
  });
});

describe("broadcast()", () => {
  test("refuses what would be moved, and leaves it here, marked as it was", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const size = (buffer: ArrayBuffer): number => buffer.byteLength;
    const buffer = transfer(new ArrayBuffer(8));
    await assert.rejects(pool.broadcast(size, buffer), (error) => {
      assert(error instanceof WireError);
      assert.equal(error.path, "args[0]");
      assert.match(error.message, /one worker only/);
      return true;
    });
    assert.equal(buffer.byteLength, 8);
    assert.equal(await pool.submit(size, buffer), 8);
    assert.equal(buffer.byteLength, 0);
    const { port1 } = new MessageChannel();
    await assert.rejects(
      pool.broadcast((port: MessagePort) => port.close(), port1),
      WireError,
    );
    port1.close();
    assert.deepEqual(await pool.broadcast(size, new ArrayBuffer(9)), [9, 9]);
  });

  test("gives every worker a signal of its own that aborts", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const begun = newWords(64);
    const controller = new AbortController();
    const wait = (words: Int32Array, signal: AbortSignal): Promise<unknown> =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => resolve(signal.reason));
        words[threadId % words.length] = 1;
      });
    const all = pool.broadcast(wait, begun, controller.signal);
    await until(() => begun.reduce((sum, n) => sum + n, 0) === 2);
    controller.abort("enough");
    assert.deepEqual(await all, ["enough", "enough"]);
  });
});
