import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { comesBefore, type Ranked, RankedHeap } from "./ranked-heap.ts";

describe("RankedHeap", () => {
  test("gives what a sorted array gives, whatever comes and goes", () => {
    const rank = fc.integer({ min: -3, max: 3 });
    fc.assert(
      fc.property(fc.array(fc.option(rank)), (steps) => {
        const heap = new RankedHeap<Ranked>();
        const sorted: Ranked[] = [];
        // As they wrap round.
        let sequence = 2 ** 31 - 3;
        for (const step of steps) {
          if (step === null) assert.equal(heap.shift(), sorted.shift());
          else {
            const item = { rank: step, sequence: (sequence = (sequence + 1) | 0) };
            heap.push(item);
            const at = sorted.findIndex((other) => comesBefore(item, other));
            sorted.splice(at < 0 ? sorted.length : at, 0, item);
          }
          assert.equal(heap.peek(), sorted[0]);
          assert.equal(heap.size, sorted.length);
        }
      }),
    );
  });
});
