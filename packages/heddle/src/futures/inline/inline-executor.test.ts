import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TimeoutError } from "#heap";
import { ExecutorShutdownError, QueueFullError } from "../errors.ts";
import { InlineExecutor } from "./inline-executor.ts";

describe("InlineExecutor", () => {
  test("gives functions no this, as workers do", async () => {
    await using executor = new InlineExecutor();
    const own = await executor.submit(function (this: unknown) {
      return this;
    });
    assert.equal(own, undefined);
  });

  test("runs calls on this thread, in order, after the caller has gone on", async () => {
    const executor = new InlineExecutor();
    const seen: number[] = [];
    const object = {};
    const first = executor.submit((x) => (seen.push(1), x), object);
    const second = executor.submit(() => seen.push(2));
    assert.deepEqual(seen, []);
    assert.equal(await first, object);
    await second;
    assert.deepEqual(seen, [1, 2]);
  });

  test("rejects with what the function throws or rejects with", async () => {
    const executor = new InlineExecutor();
    const error = new RangeError("no");
    await assert.rejects(
      executor.submit(() => {
        throw error;
      }),
      (reason) => reason === error,
    );
    await assert.rejects(
      executor.submit(() => Promise.reject(error)),
      (reason) => reason === error,
    );
  });

  test("lets as many asynchronous calls overlap as it was told", async () => {
    const executor = new InlineExecutor({ concurrencyPerWorker: 2 });
    let overlapping = 0;
    let most = 0;
    await executor
      .map(
        async () => {
          most = Math.max(most, ++overlapping);
          await new Promise(setImmediate);
          overlapping--;
        },
        Array.from({ length: 10 }),
        { chunkSize: 1 },
      )
      .toArray();
    assert.equal(most, 2);
  });

  test("cancels a queued call, which never runs; a running one only past a grace", async () => {
    const executor = new InlineExecutor({ concurrencyPerWorker: 1 });
    const { promise: began, resolve: begin } = Promise.withResolvers<void>();
    let ran = false;
    const running = executor.submit(() => (begin(), new Promise<void>(() => {})));
    const queued = executor.submit(() => void (ran = true));
    await began;
    assert.equal(running.state, "running");
    assert.equal(running.cancel(), false);
    assert.equal(queued.cancel("why"), true);
    assert.equal(queued.state, "cancelled");
    assert.equal(running.cancel("enough", { graceMs: 0 }), true);
    await assert.rejects(queued.result(), (reason) => reason === "why");
    await assert.rejects(running.result(), (reason) => reason === "enough");
    assert.equal(ran, false);
    assert.equal(executor.statistics().cancelled, 2);
  });

  test("with() adds a limit on the run, a signal and a name", async () => {
    const executor = new InlineExecutor();
    const never = (): Promise<never> => new Promise(() => {});
    await assert.rejects(executor.with({ timeoutMs: 1, name: "patience" }).submit(never), (error) => {
      assert(error instanceof TimeoutError);
      assert.match(error.message, /patience/);
      return true;
    });
    await assert.rejects(
      executor
        .with({ signal: AbortSignal.abort("before") })
        .submit(never)
        .result(),
      (reason) => reason === "before",
    );
    const controller = new AbortController();
    const future = executor.with({ signal: controller.signal }).submit(never);
    controller.abort("during");
    await assert.rejects(future.result(), (reason) => reason === "during");
    assert.throws(() => executor.with({ timeoutMs: 0 }), RangeError);
  });

  test("shutdown() finishes what was submitted, and refuses more", async () => {
    const executor = new InlineExecutor({ name: "mine" });
    const future = executor.submit(() => 1);
    await executor.shutdown();
    assert.equal(future.done, true);
    assert.throws(
      () => executor.submit(() => 1),
      (error) => {
        assert(error instanceof ExecutorShutdownError);
        assert.equal(error.code, "ERR_HEDDLE_EXECUTOR_SHUTDOWN");
        assert.match(error.message, /mine/);
        return true;
      },
    );
    await executor.shutdown();
  });

  test("shutdown({ cancelPending }) cancels what has not begun", async () => {
    const executor = new InlineExecutor();
    const future = executor.submit(() => 1);
    await executor.shutdown({ cancelPending: true });
    assert.equal(future.state, "cancelled");
  });

  test("refuses more than maxQueued calls, and takes them again when there is room", async () => {
    const executor = new InlineExecutor({ concurrencyPerWorker: 1, maxQueued: 1 });
    const futures = [executor.submit(() => 1), executor.submit(() => 2)];
    assert.throws(() => executor.submit(() => 3), QueueFullError);
    assert.deepEqual(await Promise.all(futures), [1, 2]);
    assert.equal(await executor.submit(() => 3), 3);
  });

  test("takes a limit that no timer can hold as none", async () => {
    const executor = new InlineExecutor();
    const later = (): Promise<number> => new Promise((resolve) => setTimeout(resolve, 5, 1));
    assert.equal(await executor.with({ timeoutMs: 2 ** 31 }).submit(later), 1);
    assert.equal(await executor.with({ timeoutMs: Infinity }).submit(later), 1);
  });

  test("finishes a map that was begun before shutdown()", async () => {
    const executor = new InlineExecutor();
    const results = executor.map(async (x) => x, [1, 2, 3], { chunkSize: 1 });
    await executor.shutdown();
    assert.deepEqual(await results.toArray(), [1, 2, 3]);
    assert.throws(() => executor.map((x) => x, [1]), ExecutorShutdownError);
  });

  test("refuses what is no function, and bad options, naming them", () => {
    assert.throws(() => new InlineExecutor().submit(5 as never), /not a function/);
    assert.throws(() => new InlineExecutor({ concurrencyPerWorker: 0 }), /concurrencyPerWorker/);
    assert.throws(() => new InlineExecutor({ workers: 2 } as never), /workers/);
  });
});
