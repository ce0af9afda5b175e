import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { threadHeap } from "#heap";
import { ANSWER, FREE, LIST, NONE, OBJECT, OWNER, PHASE_MASK, STATE, WAITING, WANT } from "./node.ts";
import { isTaken, NodePool, nodesOf } from "./nodes.ts";
import { RECORD_BYTES } from "./record.ts";

const heap = threadHeap();
const IDENTITY = 4711;
const WAIT = { object: 4096, want: 3, isAsync: true, group: 0 };

function emptyRecord(): number {
  const record = heap.allocate(RECORD_BYTES);
  heap.bytesTo(record + RECORD_BYTES).fill(0, record, record + RECORD_BYTES);
  return record;
}

describe("NodePool", () => {
  test("gives a waiting node that says what it waits for, and for whom", () => {
    const record = emptyRecord();
    const node = new NodePool(heap, record, IDENTITY).take(WAIT);
    assert.deepEqual(
      [LIST, OBJECT, OWNER, WANT, ANSWER].map((word) => heap.load(node + word)),
      [0, 4096, IDENTITY * 2 + 1, 3, NONE],
    );
    assert.equal(heap.load(node + STATE) & PHASE_MASK, WAITING);
    assert.deepEqual([...nodesOf(heap, record)], [node]);
  });

  test("uses a node again, and never in a state that it has had", () => {
    const pool = new NodePool(heap, emptyRecord(), IDENTITY);
    const states = new Set<number>();
    const first = pool.take(WAIT);
    for (let round = 0; round < 100; round++) {
      states.add(heap.load(first + STATE));
      pool.give(first);
      assert.equal(heap.load(first + STATE) & PHASE_MASK, FREE);
      assert.ok(!isTaken(heap, first));
      assert.equal(pool.take(WAIT), first);
    }
    assert.equal(states.size, 100);
  });

  test("has as many as are wanted, and all of them are found from the record", () => {
    const record = emptyRecord();
    const pool = new NodePool(heap, record, IDENTITY);
    const nodes = Array.from({ length: 200 }, () => pool.take(WAIT));
    assert.equal(new Set(nodes).size, 200);
    assert.deepEqual(new Set(nodesOf(heap, record)), new Set(nodes));
  });

  test("takes over the nodes of who sat there before, and makes no more of them than needed", () => {
    const record = emptyRecord();
    const before = new NodePool(heap, record, IDENTITY);
    const nodes = [before.take(WAIT), before.take(WAIT)];
    for (const node of nodes) before.give(node);
    const after = new NodePool(heap, record, IDENTITY + 1);
    assert.deepEqual(new Set([after.take(WAIT), after.take(WAIT)]), new Set(nodes));
    after.take(WAIT);
    assert.equal([...nodesOf(heap, record)].length, 3);
  });
});
