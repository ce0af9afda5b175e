import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ChunkSize } from "./chunk-size.ts";

/** Learns from chunks of the sizes that it gives, with so long for each item, and for each to be sent. */
function sizeAfter(chunks: number, itemMs: number, sendItemMs: number, waited = false): number {
  const sizes = new ChunkSize(2);
  for (let i = 0; i < chunks; i++) {
    const count = sizes.next(Infinity);
    sizes.learn(count, { elapsedMs: count * itemMs, waited }, 0.005 + count * sendItemMs);
  }
  return sizes.next(Infinity);
}

describe("automatic chunks", () => {
  test("grow until one takes a few milliseconds", () => {
    assert.ok(sizeAfter(30, 1e-5, 1e-5) > 20_000);
    assert.equal(sizeAfter(30, 1, 1e-5), 4);
    assert.equal(sizeAfter(30, 1000, 1e-5), 1);
  });

  test("stay small where items take long to be sent, however quick the function", () => {
    assert.ok(sizeAfter(30, 1e-5, 0.1) <= 40);
    assert.ok(sizeAfter(30, 1e-5, 10) <= 8);
  });

  test("stay small where items wait, which they do together only in different chunks", () => {
    assert.equal(sizeAfter(30, 1, 1e-5, true), 1);
    assert.equal(sizeAfter(30, 0.001, 1e-5, true), 250);
  });

  test("become smaller towards the end, so that all workers end together", () => {
    const sizes = new ChunkSize(2);
    for (let i = 0; i < 30; i++) sizes.learn(1000, { elapsedMs: 1, waited: false }, 0.1);
    assert.equal(sizes.next(600), 100);
    assert.equal(sizes.next(1), 1);
  });
});
