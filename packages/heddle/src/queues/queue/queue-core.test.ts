/** {@link QueueCore} where the heap is full. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HeapFullError } from "#heap";
import { MODEL, OBJECTS, seatThreads, sitDown } from "../../sync/fixtures/model.ts";
import { FullHeap } from "../fixtures/full-heap.ts";
import { HeapItems } from "./heap-items.ts";
import { Item } from "./items.ts";
import { QueueCore } from "./queue-core.ts";
import { DONE, NOT_NOW } from "./queue-words.ts";
import { FLAGS, ITEMS } from "./queue-layout.ts";
import { RingSection } from "../cells/ring-section.ts";
import { Ring } from "../cells/ring.ts";
import { StackItems } from "./stack-items.ts";

const CELLS = 2;

function makeCore(shape: string): { heap: FullHeap; core: QueueCore } {
  const heap = new FullHeap(MODEL);
  seatThreads(heap, 1);
  const { monitor } = sitDown(heap, 0);
  const rest = { heap, monitor, object: OBJECTS, drop: () => {} };
  if (shape === "ring") {
    Ring.initialise(heap, OBJECTS + ITEMS, CELLS);
    const place = { address: OBJECTS + ITEMS, flags: OBJECTS + FLAGS, capacity: 0 };
    const ring = new Ring(heap, monitor, place, CELLS);
    const items = new RingSection(heap, monitor, ring);
    return { heap, core: new QueueCore({ ...rest, items, counts: ring, ring }) };
  }
  const items =
    shape === "stack" ? new StackItems(heap, monitor, OBJECTS, CELLS) : new HeapItems(heap, monitor, OBJECTS);
  return { heap, core: new QueueCore({ ...rest, items, counts: items, ring: undefined }) };
}

describe("a queue in a heap that is full", () => {
  for (const shape of ["ring", "stack", "heap"]) {
    test(`refuses an item, keeps all others, and goes on when there is memory: ${shape}`, () => {
      const { heap, core } = makeCore(shape);
      const item = new Item(heap);
      const put = (value: number): void => {
        item.write(value, "item");
        item.priority = value;
        assert.equal(core.tryPut(item), DONE);
      };
      const take = (): unknown => {
        assert.equal(core.tryGet(item), DONE);
        return item.take();
      };
      put(1);
      put(2);
      heap.isFull = true;
      for (let round = 0; round < 3; round++) assert.throws(() => put(3), HeapFullError);
      assert.deepEqual([core.size, core.unfinished], [2, 2]);
      heap.isFull = false;
      put(3);
      const taken = [take(), take(), take()];
      assert.deepEqual(taken, shape === "stack" ? [3, 2, 1] : [1, 2, 3]);
      assert.equal(core.tryGet(item), NOT_NOW);
    });
  }
});
