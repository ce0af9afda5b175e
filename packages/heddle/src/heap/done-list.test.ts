import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ModelHeap } from "@heddle/testing";
import { DoneList } from "./done-list.ts";
import { HIGH_PAGE } from "./fixtures/small-heap.ts";
import { threadHeap } from "./index.ts";
import { PAGE_BYTES } from "./layout.ts";

function taken(list: DoneList, heap: ModelHeap): number[] {
  const nodes: number[] = [];
  for (let node = list.takeAll(); node !== 0; node = heap.peek(node) >>> 0) nodes.push(node);
  return nodes;
}

describe("DoneList", () => {
  test("gives what was handed over, oldest first, and once", () => {
    const heap = new ModelHeap();
    const list = new DoneList(heap, 0);
    assert.deepEqual(taken(list, heap), []);
    assert.equal(list.ready, false);
    for (const node of [64, 128, 96]) assert.equal(list.push(node), false);
    assert.equal(list.ready, true);
    assert.deepEqual(taken(list, heap), [64, 128, 96]);
    assert.deepEqual(taken(list, heap), []);
  });

  test("takes a node again that comes back, whatever it was linked to before", () => {
    const heap = new ModelHeap();
    const list = new DoneList(heap, 0);
    for (const nodes of [[64], [64, 128], [128, 64], [64], [128], [128, 64, 96], [96, 64]]) {
      for (const node of nodes) list.push(node);
      assert.equal(list.seemsReady, true);
      assert.deepEqual(taken(list, heap), nodes);
      assert.equal(list.seemsReady, false);
    }
  });

  test("takes nodes anywhere in 4 GiB", () => {
    const heap = new ModelHeap({ pageCount: 2 * HIGH_PAGE });
    const list = new DoneList(heap, HIGH_PAGE * PAGE_BYTES);
    const nodes = [HIGH_PAGE * PAGE_BYTES + 64, 64, 2 * HIGH_PAGE * PAGE_BYTES - 64];
    for (const node of nodes) list.push(node);
    assert.deepEqual(taken(list, heap), nodes);
  });

  test("lets its consumer sleep only while there is nothing to take", () => {
    const heap = new ModelHeap();
    const list = new DoneList(heap, 0);
    assert.equal(list.trySleep(), true);
    assert.equal(list.trySleep(), true);
    assert.deepEqual([list.ready, taken(list, heap)], [false, []]);
    assert.equal(list.push(64), true);
    assert.equal(list.trySleep(), false);
    list.awake();
    assert.deepEqual(taken(list, heap), [64]);
    assert.equal(list.push(128), false);
  });

  test("wakes a consumer that waits for the ring", async () => {
    const heap = threadHeap();
    const list = new DoneList(heap, heap.allocate(16));
    heap.store(list.address, 0);
    const node = heap.allocate(16);
    assert.equal(list.waitAsync(), "not-equal");
    list.trySleep();
    const woken = list.waitAsync();
    list.push(node);
    assert.equal(await woken, "ok");
    assert.equal(list.takeAll(), node);
  });
});
