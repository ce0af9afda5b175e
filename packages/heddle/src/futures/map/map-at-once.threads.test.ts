import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Event } from "../../sync/index.ts";
import type { Executor } from "../executor.ts";
import { InlineExecutor } from "../inline/inline-executor.ts";
import { ThreadPoolExecutor } from "../thread-pool-executor.ts";

/** The first items tell that the function waits. */
const QUICK = 40;

/**
 * Maps over items each of which waits until so many have begun: a map that runs fewer at once never ends.
 *
 * @returns How many were under way at once, at most.
 */
async function atOnce(executor: Executor, needed: number): Promise<number> {
  const enough = new Event();
  /** Under way now, and at most. */
  const counts = new Int32Array(new SharedArrayBuffer(8));
  const body = async (_: undefined, index: number): Promise<void> => {
    if (index < QUICK) return;
    counts[0]!++;
    counts[1] = Math.max(counts[1]!, counts[0]!);
    if (counts[1] >= needed) enough.set();
    await enough.wait();
    counts[0]!--;
  };
  const items = Array.from({ length: QUICK + 3 * needed }, () => undefined);
  await executor.map(body, items, { chunkSize: 1 }).toArray();
  return counts[1]!;
}

describe("map of a function that waits", () => {
  test("has as many items under way at once as concurrencyPerWorker says, and no more, on the event loop", async () => {
    await using executor = new InlineExecutor({ concurrencyPerWorker: 25 });
    assert.equal(await atOnce(executor, 25), 25);
  });

  test("has all under way at once on the event loop, if nothing is said", async () => {
    await using executor = new InlineExecutor();
    assert.ok((await atOnce(executor, 100)) >= 100);
  });

  test("has as many under way at once on a thread", async () => {
    await using executor = new ThreadPoolExecutor({ maxWorkers: 1, concurrencyPerWorker: 20 });
    assert.equal(await atOnce(executor, 20), 20);
  });
});
