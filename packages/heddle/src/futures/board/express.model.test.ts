/** {@link Express} under every interleaving, used as pools use it: what is hinted at is won on the state word of its slot. */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { HintRing } from "#heap";
import { check, type ModelHeap, ModelFailure } from "@heddle/testing";
import { Express } from "./express.ts";

const CAPACITY = 2;
const SLOT_A = 2048;
const SLOT_B = 2112;
const READY = 1;
const CLAIMED = 2;

/** What a consumer reads plainly: which ring counts, where that begins, and its entries. See hint-ring.ts. */
const HEADS = [64, 64 + HintRing.sizeBytes(CAPACITY)];
const racy = (address: number): boolean =>
  address === 0 ||
  HEADS.some((head) => address === head || (address >= head + 128 && address < head + 128 + 4 * CAPACITY));

type Kind = new (words: ModelHeap, address: number, capacity: number) => Express;

const claimBy =
  (heap: ModelHeap, thread: number) =>
  (ring: HintRing): number => {
    for (let slot = ring.peekHint(); slot !== 0; slot = ring.peekHint()) {
      const won = heap.compareExchange(slot, READY, CLAIMED + thread) === READY;
      ring.advance();
      if (won) return slot;
    }
    return 0;
  };

/** B is added before A while consumers look: each claims one. */
function reordering(kind: Kind, consumers: number) {
  return (heap: ModelHeap) => {
    heap.name(0, "current");
    heap.name(SLOT_A, "A.state");
    heap.name(SLOT_B, "B.state");
    const produce = (): void => {
      const express = new kind(heap, 0, CAPACITY);
      heap.store(SLOT_A, READY);
      express.begin();
      express.publish(SLOT_A);
      express.commit();
      heap.store(SLOT_B, READY);
      express.begin();
      express.publish(SLOT_B);
      if (heap.load(SLOT_A) === READY) express.publish(SLOT_A);
      express.commit();
    };
    const consume = (thread: number) => (): { before: number; slot: number } => {
      const express = new kind(heap, 0, CAPACITY);
      const before = express.size;
      return { before, slot: express.claim(claimBy(heap, thread)) };
    };
    return {
      threads: [produce, ...Array.from({ length: consumers }, (_, i) => consume(i + 1))],
      atEnd: (results: readonly unknown[]) => {
        const looks = results.slice(1) as { before: number; slot: number }[];
        // E1. Nobody else was there to take it.
        if (consumers === 1 && looks[0]!.before > 0) assert.notEqual(looks[0]!.slot, 0, "finds nothing");
        const claimed = looks.map(({ slot }) => slot).filter((slot) => slot !== 0);
        const express = new Express(heap, 0, CAPACITY);
        for (let slot = express.claim(claimBy(heap, 9)); slot !== 0; slot = express.claim(claimBy(heap, 9)))
          claimed.push(slot);
        assert.deepEqual(
          claimed.toSorted((one, other) => one - other),
          [SLOT_A, SLOT_B],
          "each is claimed once",
        );
        // What comes first is found first by who comes last.
        if (looks.every(({ slot }) => slot === 0)) assert.deepEqual(claimed, [SLOT_B, SLOT_A]);
      },
    };
  };
}

describe("Express with slots, every interleaving", () => {
  test("each is claimed once, and nobody finds less than an order while it is replaced", (context) => {
    for (const consumers of [1, 2]) {
      report(context, check(reordering(Express, consumers), { racy, preemptions: 4 }));
    }
  });

  test("a consumer killed at any step keeps nothing from the others but what it has claimed", (context) => {
    const program = (heap: ModelHeap) => {
      const { threads, atEnd } = reordering(Express, 2)(heap);
      return {
        threads,
        atEnd: (results: readonly unknown[]) => {
          const dead = [SLOT_A, SLOT_B].find(
            (slot) => results[1] === undefined && heap.peek(slot) === CLAIMED + 1,
          );
          atEnd(
            results.map((result, i) =>
              i === 1 ? { before: 0, slot: dead ?? 0, ...(result as object | undefined) } : result,
            ),
          );
        },
      };
    };
    report(context, check(program, { racy, mortal: [1], preemptions: 3 }));
  });
});

test("Express that empties the old order before the new one counts is found out", () => {
  class EmptiesFirst extends Express {
    override commit(): void {
      this.end();
      super.commit();
    }
  }
  assert.throws(() => check(reordering(EmptiesFirst, 1), { racy, preemptions: 4 }), ModelFailure);
});

function report(context: TestContext, { schedules, complete }: ReturnType<typeof check>): void {
  context.diagnostic(`${schedules} schedules${complete ? ", all there are" : ""}`);
}
