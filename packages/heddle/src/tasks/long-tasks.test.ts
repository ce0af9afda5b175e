/** Tasks that go on for long keep nothing of what they have seen to. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { InlineExecutor } from "../futures/index.ts";
import { collectUntil } from "../heap/fixtures/collect.ts";
import { checkpoint, sleep, taskGroup } from "./index.ts";

/** Has a call fail before anybody asks for it. Gives its error. */
async function fail(executor: InlineExecutor): Promise<WeakRef<object>> {
  const future = executor.submit(() => {
    throw new RangeError("no");
  });
  while (!future.done) await checkpoint();
  return new WeakRef((await future.exception()) as object);
}

/** Awaits a call that is cancelled. Gives the reason. */
async function callOff(executor: InlineExecutor): Promise<WeakRef<object>> {
  const reason = new RangeError("not any more");
  const future = executor.submit(() => sleep(60_000));
  await checkpoint();
  future.cancel(reason, { graceMs: 0 });
  await assert.rejects(async () => await future, RangeError);
  return new WeakRef(reason);
}

/** Has a call fail of which nothing is kept. */
function forget(executor: InlineExecutor): void {
  void executor.submit(() => {
    throw new RangeError("nobody asks");
  });
}

describe("a task that goes on", () => {
  const ways = { "failed before it was awaited": fail, "was cancelled": callOff };
  for (const [what, way] of Object.entries(ways)) {
    test(`keeps nothing of a call that ${what}, once that was seen to`, async () => {
      await taskGroup(async (group) => {
        await using executor = new InlineExecutor();
        const task = group.spawn(async () => {
          const kept: WeakRef<object>[] = [];
          for (let i = 0; i < 10; i++) kept.push(await way(executor));
          await collectUntil(() => kept.every((one) => one.deref() === undefined));
        });
        await task;
      });
    });
  }

  test("does not keep the error of a call from surfacing that nobody can ask for any more", async () => {
    const surfaced: unknown[] = [];
    const note = (error: unknown): void => void surfaced.push(error);
    const listeners = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", note);
    try {
      await taskGroup(async () => {
        await using executor = new InlineExecutor();
        forget(executor);
        await collectUntil(() => surfaced.length > 0);
      });
    } finally {
      process.off("unhandledRejection", note);
      for (const listener of listeners) process.on("unhandledRejection", listener);
    }
    assert.match(String(surfaced), /nobody asks/);
  });
});
