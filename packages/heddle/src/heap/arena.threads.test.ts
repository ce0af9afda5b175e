import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { audit } from "./fixtures/audit.ts";
import { BOXES, checkFill, PROGRESS, STOP } from "./fixtures/roles.ts";
import { randomNumbers, startThread, type Thread, zeroed } from "./fixtures/threads.ts";
import { until } from "./fixtures/until.ts";
import { settleThread, threadHeap } from "./index.ts";
import type { Pages } from "./heap.ts";

const heap = threadHeap();
const pages = heap as unknown as Pages;

/** Blocks that the threads left in the boxes, each checked. */
function leftIn(boxes: number): number[] {
  const blocks = Array.from({ length: BOXES }, (_, box) => heap.load(boxes + 4 * box) >>> 0).filter(
    (block) => block !== 0,
  );
  for (const block of blocks) checkFill(heap, block);
  return blocks;
}

describe("Heap.allocate() and free() in several threads", () => {
  test("never give one block to two, and lose none", { timeout: 60_000 }, async () => {
    const at = { control: zeroed(16), boxes: zeroed(4 * BOXES) };
    const threads = [0, 1, 2].map((index) =>
      startThread({ role: "hammerAllocator", at, index, count: 100_000 }),
    );
    await Promise.all(threads.map(({ result }) => result));
    const left = leftIn(at.boxes);
    audit(pages, { held: [at.control, at.boxes, ...left], arenas: 4 });
    for (const block of [...left, at.control, at.boxes]) heap.free(block);
    for (const thread of threads) settleThread(thread.threadId);
  });

  test(
    "go on when threads are terminated at any moment, and their memory passes on",
    { timeout: 60_000 },
    async () => {
      const at = { control: zeroed(16), boxes: zeroed(4 * BOXES) };
      const random = randomNumbers(5);
      const start = (index: number): Thread => startThread({ role: "hammerAllocator", at, index });
      const threads = [0, 1, 2].map(start);
      for (let round = 3; round < 19; round++) {
        const goal = heap.load(at.control + PROGRESS) + 500 + random(3000);
        await until(() => heap.load(at.control + PROGRESS) >= goal);
        const victim = random(threads.length);
        await threads[victim]!.kill();
        settleThread(threads[victim]!.threadId);
        threads[victim] = start(round);
      }
      heap.store(at.control + STOP, 1);
      await Promise.all(threads.map(({ result }) => result));
      const left = leftIn(at.boxes);
      // The arenas of the dead went to those who came after them.
      audit(pages, { held: [at.control, at.boxes, ...left], arenas: 5, died: true });
      assert.equal(heap.peek(4096 + 8 * 5), 0, "more arenas than threads at a time");
    },
  );
});
