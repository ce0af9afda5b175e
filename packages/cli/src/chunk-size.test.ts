import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ChunkSize, TARGET_MS } from "./chunk-size.ts";
import { LANE_BYTES } from "./lane.ts";

/** A size that has learnt from many chunks whose items take `itemMs` each. */
function learnt(itemMs: number, lineLength = 10): ChunkSize {
  const size = new ChunkSize("auto");
  for (let chunk = 0; chunk < 100; chunk++) {
    const done = size.items;
    size.learn({ done, elapsedMs: done * itemMs, lines: "x".repeat(done * lineLength) });
  }
  return size;
}

describe("ChunkSize", () => {
  test("begins with one item, as nothing is known", () => {
    assert.equal(new ChunkSize("auto").items, 1);
  });

  test("comes to chunks of a few milliseconds", () => {
    assert.equal(learnt(0.01).items, Math.floor(TARGET_MS / 0.01));
    assert.equal(learnt(1).items, TARGET_MS);
    assert.equal(learnt(60_000).items, 1);
  });

  test("has an end, however fast the items are", () => {
    assert.ok(learnt(0).items <= 20_000);
  });

  test("keeps a chunk's lines within what a lane holds", () => {
    const size = learnt(0.001, 1000);
    assert.ok(size.items * 1000 <= LANE_BYTES, `${size.items}`);
  });

  test("makes chunks small at once after a slow item, and lets them grow again bit by bit", () => {
    const size = learnt(0.01);
    const before = size.items;
    size.learn({ done: before, elapsedMs: 5000, lines: "" });
    assert.equal(size.items, 1);
    size.learn({ done: 1, elapsedMs: 0.01, lines: "" });
    assert.ok(size.items < before / 4);
    for (let chunk = 0; chunk < 100; chunk++) size.learn({ done: 1, elapsedMs: 0.01, lines: "" });
    assert.equal(size.items, before);
  });

  test("reads the clock for each item, unless items are too small for that", () => {
    assert.equal(new ChunkSize("auto").sampleEvery, 1);
    assert.equal(learnt(1).sampleEvery, 1);
    assert.ok(learnt(0.0005).sampleEvery > 1);
  });

  test("keeps more at hand for a worker, the faster it is done with a chunk", () => {
    assert.equal(new ChunkSize("auto").atHand, 1);
    assert.equal(learnt(60_000).atHand, 1);
    assert.equal(learnt(0.01).atHand, 2);
    const fixed = new ChunkSize(1);
    fixed.learn({ done: 1, elapsedMs: 0.001, lines: "" });
    assert.equal(fixed.atHand, 64);
  });

  test("leaves a size that was asked for as it is, and lets it take its time", () => {
    const size = new ChunkSize(50);
    size.learn({ done: 50, elapsedMs: 5000, lines: "" });
    assert.equal(size.items, 50);
    assert.equal(size.budgetMs, Infinity);
    assert.ok(Number.isFinite(new ChunkSize("auto").budgetMs));
  });
});
