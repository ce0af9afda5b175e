/** Calls whose bodies go on asynchronously, many in one worker. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Event, Latch } from "../../sync/index.ts";
import { allTasks, throwIfCancelled } from "../../scopes/index.ts";
import { ThreadPoolExecutor } from "../thread-pool-executor.ts";

describe("calls that go on in one worker", () => {
  test("end while others are still being begun", async () => {
    const many = 1000;
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1, concurrencyPerWorker: many + 1 });
    const begun = new Int32Array(new SharedArrayBuffer(4));
    const begin = async (): Promise<number> => {
      begun[0]!++;
      await new Promise<void>((resolve) => setImmediate(resolve));
      return begun[0]!;
    };
    // What the function needs is loaded then.
    assert.equal(await pool.submit(begin), 1);
    const gate = new Event();
    const held = pool.submit(() => gate.waitSync());
    const calls = Array.from({ length: many }, () => pool.submit(begin));
    gate.set();
    await held;
    const begunBefore = await Promise.all(calls);
    assert.equal(begun[0], many + 1);
    assert.ok(begunBefore[0]! < many / 2, `the first ended after ${begunBefore[0]} had begun`);
  });

  test("are all among the tasks of the worker, though none has asked for its own", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1, concurrencyPerWorker: 4 });
    const gate = new Event();
    const begun = new Latch(2);
    async function waits(): Promise<void> {
      begun.countDown();
      while (!gate.isSet) await new Promise<void>((resolve) => setImmediate(resolve));
    }
    const others = [pool.submit(waits), pool.submit(waits)];
    await begun.wait();
    const names = await pool.submit(function lists() {
      return allTasks().map(({ name }) => name);
    });
    gate.set();
    await Promise.all(others);
    assert.deepEqual(names.toSorted(), ["lists", "waits", "waits"]);
    assert.deepEqual(await pool.submit(() => allTasks().length), 1);
  });

  test("see that they are asked to stop, however late they look", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1, concurrencyPerWorker: 2 });
    const [begun, asked] = [new Event(), new Event()];
    const call = pool.submit(async () => {
      begun.set();
      while (!asked.isSet) await new Promise<void>((resolve) => setImmediate(resolve));
      throwIfCancelled();
    });
    await begun.wait();
    assert.equal(call.cancel("enough"), false);
    asked.set();
    await assert.rejects(call.result(), (error) => error === "enough");
    assert.ok(call.cancelled);
  });

  test("leave what they leave running to no other call", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1, concurrencyPerWorker: 2 });
    const [gate, began, left] = [new Event(), new Event(), new Event()];
    const seen = new Int32Array(new SharedArrayBuffer(4));
    await pool.submit(async () => {
      const later = async (): Promise<void> => {
        while (!gate.isSet) await new Promise<void>((resolve) => setImmediate(resolve));
        try {
          throwIfCancelled();
          seen[0] = 1;
        } catch {
          seen[0] = 2;
        }
        left.set();
      };
      void later();
      await new Promise<void>((resolve) => setImmediate(resolve));
    });
    const other = pool.submit(async () => {
      began.set();
      await new Promise<void>(() => {});
    });
    await began.wait();
    other.cancel("stop", { graceMs: 60_000 });
    gate.set();
    await left.wait();
    assert.equal(seen[0], 1);
    await pool.shutdown({ graceMs: 0 });
  });
});
