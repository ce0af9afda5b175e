/** Histories recorded from real threads. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { Worker } from "node:worker_threads";
import type { RecordedThreadOptions } from "./fixtures/recorded-thread.ts";
import { assertLinearizable, HistoryRecorder, linearizable, specifications } from "./index.ts";

function start(options: RecordedThreadOptions): Worker {
  return new Worker(new URL("./fixtures/recorded-thread.ts", import.meta.url), { workerData: options });
}

describe("HistoryRecorder", () => {
  test("records what several threads do with a register, in an order that the checker accepts", async () => {
    const recorder = new HistoryRecorder({ operations: 4000 });
    const register = new SharedArrayBuffer(12);
    const workers = [0, 1, 2].map((thread) =>
      start({ thread, handle: recorder.handle, register, operations: 600, sticks: false }),
    );
    await Promise.all(workers.map((worker) => once(worker, "exit")));
    const history = recorder.history();
    assert.equal(history.length, 3600);
    assertLinearizable(history, specifications.register(0));

    const last = history.findLastIndex(({ name }) => name === "read");
    history[last] = { ...history[last]!, result: 77 };
    assert.ok(!linearizable(history, specifications.register(0)).ok);
  });

  test("keeps the operation in which a thread was terminated as one that did not return", async () => {
    const recorder = new HistoryRecorder({ operations: 10 });
    const register = new SharedArrayBuffer(12);
    const words = new Int32Array(register);
    const worker = start({ thread: 5, handle: recorder.handle, register, operations: 2, sticks: true });
    const stuck = Atomics.waitAsync(words, 1, 0);
    if (stuck.async) await stuck.value;
    await worker.terminate();
    recorder.call(0, "read", [], () => Atomics.load(words, 0));
    const history = recorder.history();
    const { name, args, end, thread } = history.at(-2)!;
    assert.deepEqual({ name, args, end, thread }, { name: "write", args: [-1], end: Infinity, thread: 5 });
    assertLinearizable(history, specifications.register(0));
  });

  test("records what operations give, throw, and when they end, of calls that wait as well", async () => {
    const recorder = new HistoryRecorder();
    const coded = Object.assign(new Error("no"), { code: "ERR_NO" });
    assert.throws(() => recorder.call(1, "fail", [undefined, { a: [1] }], () => assert.fail(coded)), coded);
    const slow = recorder.callAsync(1, "slow", [], () => Promise.resolve("x"));
    recorder.call(1, "quick", [], () => undefined);
    await slow;
    await assert.rejects(
      recorder.callAsync(1, "bad", [], () => Promise.reject(new RangeError("no"))),
      RangeError,
    );
    assert.deepEqual(recorder.history(), [
      { thread: 1, name: "fail", args: [null, { a: [1] }], start: 0, end: 1, result: { threw: "ERR_NO" } },
      { thread: 1, name: "slow", args: [], start: 2, end: 5, result: "x" },
      { thread: 1, name: "quick", args: [], start: 3, end: 4, result: undefined },
      { thread: 1, name: "bad", args: [], start: 6, end: 7, result: { threw: "RangeError" } },
    ]);
  });

  test("says when there is no room for more", () => {
    const few = new HistoryRecorder({ operations: 1 });
    few.call(0, "read", [], () => 0);
    assert.throws(() => few.call(0, "read", [], () => 0), /the history has room for 1/);
    const short = new HistoryRecorder({ textBytes: 40 });
    assert.throws(() => short.call(0, "write", ["x".repeat(40)], () => 0), /all 40 bytes/);
    assert.throws(() => new HistoryRecorder({ operations: 0 }), RangeError);
    assert.throws(
      () => new HistoryRecorder({ textBytes: -1 }),
      /^RangeError: Cannot record a history: textBytes/,
    );
    assert.throws(() => new HistoryRecorder(5 as never), /^TypeError: Cannot record a history: its options/);
  });
});
