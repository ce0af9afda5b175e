import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { Sequencer, type Finished } from "./sequencer.ts";

/** Consecutive chunks of these lengths. */
function chunksOf(counts: readonly number[]): Finished[] {
  let first = 0;
  return counts.map((count) => {
    const chunk = { first, count, lines: `${first}\n` };
    first += count;
    return chunk;
  });
}

describe("Sequencer", () => {
  test("passes chunks on as they come when no order is asked for", () => {
    const [a, b, c] = chunksOf([1, 2, 3]) as [Finished, Finished, Finished];
    const out: Finished[] = [];
    const sequencer = new Sequencer(false, (chunk) => out.push(chunk));
    for (const chunk of [c, a, b]) sequencer.add(chunk);
    assert.deepEqual(out, [c, a, b]);
    assert.equal(sequencer.heldBytes, 0);
  });

  test("passes them on in the order of the input, each as soon as that allows, whatever order they come in", () => {
    const counts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(counts, fc.infiniteStream(fc.nat()), (lengths, random) => {
        const chunks = chunksOf(lengths);
        const shuffled = chunks
          .map((chunk) => ({ chunk, key: random.next().value as number }))
          .toSorted((a, b) => a.key - b.key);
        const out: Finished[] = [];
        const sequencer = new Sequencer<Finished>(true, (chunk) => out.push(chunk));
        const seen = new Set<Finished>();
        for (const { chunk } of shuffled) {
          sequencer.add(chunk);
          seen.add(chunk);
          const ready = chunks.findIndex((each) => !seen.has(each));
          assert.deepEqual(out, chunks.slice(0, ready === -1 ? chunks.length : ready));
        }
        assert.equal(sequencer.heldBytes, 0);
      }),
    );
  });

  test("lets go of what waits for chunks that will not come, in order", () => {
    const [, b, c, d] = chunksOf([1, 1, 1, 1]) as [Finished, Finished, Finished, Finished];
    const out: Finished[] = [];
    const sequencer = new Sequencer(true, (chunk) => out.push(chunk));
    for (const chunk of [d, b, c]) sequencer.add(chunk);
    assert.deepEqual(out, []);
    assert.ok(sequencer.heldBytes > 0);
    sequencer.flush();
    assert.deepEqual(out, [b, c, d]);
    assert.equal(sequencer.heldBytes, 0);
  });
});
