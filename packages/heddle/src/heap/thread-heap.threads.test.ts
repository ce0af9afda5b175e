import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkFill, fill, LARGE_BYTES } from "./fixtures/roles.ts";
import { startThread, zeroed } from "./fixtures/threads.ts";
import { until } from "./fixtures/until.ts";
import { HeapFullError, settleThread, threadHeap } from "./index.ts";
import { PAGE_BYTES } from "./layout.ts";

const heap = threadHeap();

describe("threadHeap() in several threads", () => {
  test(
    "covers the whole of a block that another thread's growth has made room for",
    { timeout: 30_000 },
    async () => {
      const pages = heap.bytes.length / PAGE_BYTES;
      const sizeBytes = (2 * pages - 1) * PAGE_BYTES;
      const thread = startThread({ role: "growAndGiveBack", at: {}, count: sizeBytes });
      await thread.result;
      const block = heap.allocate(sizeBytes);
      assert.ok(block < pages * PAGE_BYTES, "begins in what this thread saw before");
      assert.ok(heap.bytes.length >= block + heap.blockSize(block), "ends beyond the view");
      settleThread(thread.threadId);
    },
  );

  test(
    "lets each thread reach what another has allocated where the heap has grown since",
    { timeout: 30_000 },
    async () => {
      const at = { box: zeroed(16) };
      const thread = startThread({ role: "answer", at });
      const before = heap.bytes.length;
      const block = heap.allocate(LARGE_BYTES);
      assert.ok(heap.bytes.length >= block + LARGE_BYTES, "the heap did not grow");
      assert.ok(before < block + LARGE_BYTES);
      fill(heap, block, 3);
      heap.store(at.box, block);
      heap.notify(at.box);
      await thread.result;
      const answer = heap.load(at.box) >>> 0;
      checkFill(heap, answer);
      assert.ok(heap.bytesTo(answer + LARGE_BYTES).length >= answer + LARGE_BYTES);
      heap.free(answer);
      settleThread(thread.threadId);
    },
  );

  test("never gives two threads the same serial", { timeout: 30_000 }, async () => {
    const first = heap.nextSerial();
    const at = { control: zeroed(16), boxes: zeroed(256) };
    const thread = startThread({ role: "takeSerials", at, count: 20_000 });
    const mine = new Set<number>();
    await until(() => {
      mine.add(heap.nextSerial());
      return mine.size === 20_000;
    });
    const theirs = (await thread.result) as number[];
    assert.ok(theirs.every((serial) => !mine.has(serial)));
    assert.equal(heap.nextSerial(), first + 40_001);
  });

  test(
    "passes blocks on above 2 GiB, where addresses no longer fit a signed word",
    { timeout: 30_000 },
    async (context) => {
      let large: number;
      try {
        large = heap.allocate(2 ** 30);
      } catch (error) {
        if (!(error instanceof HeapFullError)) throw error;
        return context.skip("this machine does not give the process so much address space");
      }
      const at = { box: zeroed(16) };
      const thread = startThread({ role: "answer", at });
      const block = heap.allocate(LARGE_BYTES);
      assert.ok(block >= 2 ** 31, "below 2 GiB");
      fill(heap, block, 9);
      heap.store(at.box, block);
      heap.notify(at.box);
      await thread.result;
      const answer = heap.load(at.box) >>> 0;
      assert.equal(answer, block, "the block that was given back is not used again");
      checkFill(heap, answer);
      heap.free(answer);
      heap.free(large);
      settleThread(thread.threadId);
    },
  );
});
