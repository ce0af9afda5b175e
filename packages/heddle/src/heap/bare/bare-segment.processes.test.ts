/** {@link BareSegment}: what a heap holds, seen by its file. */
import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { test } from "node:test";
import { SharedHeap } from "../shared-heap.ts";
import { BareSegment } from "./bare-segment.ts";

test("a heap is the same by its file as by its memory", () => {
  const heap = SharedHeap.createNameless(2 ** 20);
  try {
    const segment = new BareSegment(heap.descriptor);
    const address = heap.allocate(64);
    heap.store(address, -5);
    assert.equal(segment.load(address), -5);
    segment.store(address, 2 ** 31 - 1);
    assert.equal(heap.load(address), 2 ** 31 - 1);
    assert.equal(segment.storeText(address, "経糸", 6), 6);
    assert.equal(segment.text(address, 6), "経糸");
    assert.equal(Buffer.from(heap.bytes.buffer).toString("utf8", address, address + 6), "経糸");
  } finally {
    heap.close();
  }
});

test("what has no room is not written", () => {
  const heap = SharedHeap.createNameless(2 ** 20);
  try {
    const segment = new BareSegment(heap.descriptor);
    const address = heap.allocate(64);
    heap.store(address, 7);
    assert.equal(segment.storeText(address, "warp", 3), -1);
    assert.equal(heap.load(address), 7);
  } finally {
    heap.close();
  }
});

test("who has joined a heap is there until he leaves it", () => {
  const heap = SharedHeap.createNameless(2 ** 20);
  // Closing the heap closes its own.
  const fd = openSync(`/proc/self/fd/${heap.descriptor}`, "r+");
  try {
    const segment = new BareSegment(fd);
    const { identity } = heap;
    assert.deepEqual([segment.isThere(identity), segment.isThere(identity + 2 ** 11)], [true, false]);
    heap.close();
    assert.equal(segment.isThere(identity), false);
  } finally {
    closeSync(fd);
  }
});
