/**
 * {@link HintRing} under every interleaving, used as pools use it: the right to a task is won on the state word of
 * its slot, and a slot whose task was withdrawn is used again while hints to it are still in the ring.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, type ModelHeap } from "@heddle/testing";
import { finding, report } from "./fixtures/models.ts";
import { HintRing } from "./hint-ring.ts";

const RING = 0;
const CAPACITY = 2;
const ENTRIES = RING + 128;
const SLOT_A = 1024;
const SLOT_B = 1088;
const SLOT_C = 1152;
const SLOTS = [SLOT_A, SLOT_B, SLOT_C];

/** States of a slot. A claimed one says by whom. */
const FREE = 0;
const READY = 1;
const CLAIMED = 2;

/** The word behind the state: which task the slot holds. */
const TASK = 4;

/** The head may move on, and an entry be overwritten, while a slow consumer reads it plainly: invariant I3 says why that does no harm. */
const racy = (address: number): boolean =>
  address === RING || (address >= ENTRIES && address < ENTRIES + 4 * CAPACITY);

type Kind = new (words: ModelHeap, address: number, capacity: number) => HintRing;

/** Puts a task into a slot and says so. Where the ring has no room, gives the task back unless it is claimed. */
function publish(heap: ModelHeap, ring: HintRing, slot: number, task: number): number[] {
  heap.poke(slot + TASK, task);
  heap.store(slot, READY);
  return ring.publish(slot) ? [] : withdraw(heap, slot, task);
}

/** Takes a task back. Gives it if nobody has claimed it. */
function withdraw(heap: ModelHeap, slot: number, task: number): number[] {
  return heap.compareExchange(slot, READY, FREE) === READY ? [task] : [];
}

/** Claims one task, if there is one, as thread `thread`. */
function claim(heap: ModelHeap, ring: HintRing, thread: number): number | undefined {
  for (let slot = ring.peekHint(); slot !== 0; slot = ring.peekHint()) {
    const won = heap.compareExchange(slot, READY, CLAIMED + thread) === READY;
    ring.advance();
    if (won) return heap.peek(slot + TASK);
  }
  return undefined;
}

interface Roles {
  readonly kind?: Kind;
  readonly produce: (heap: ModelHeap, ring: HintRing) => number[];
  readonly claim?: typeof claim;
  readonly claimsEach?: number;
}

/** A producer, which returns what it took back, and two consumers, which return what they claimed. */
function sharing(
  { kind = HintRing, produce, claim: claimOne = claim, claimsEach = 2 }: Roles,
  tasks: number[],
) {
  return (heap: ModelHeap) => {
    heap.name(RING, "head");
    heap.name(RING + 64, "tail");
    heap.name(SLOT_A, "A.state");
    heap.name(SLOT_B, "B.state");
    const consume = (thread: number) => (): (number | undefined)[] => {
      const ring = new kind(heap, RING, CAPACITY);
      return Array.from({ length: claimsEach }, () => claimOne(heap, ring, thread));
    };
    return {
      threads: [() => produce(heap, new kind(heap, RING, CAPACITY)), consume(1), consume(2)],
      atEnd: (results: readonly unknown[]) => {
        const settled = results.flat().filter((task) => task !== undefined);
        // What a dead consumer had claimed can be seen in the slots.
        for (const thread of [1, 2]) {
          if (results[thread] !== undefined) continue;
          const held = SLOTS.filter((slot) => heap.peek(slot) === CLAIMED + thread);
          settled.push(...held.map((slot) => heap.peek(slot + TASK)));
        }
        // What nobody has claimed yet must still be offered.
        const ring = new HintRing(heap, RING, CAPACITY);
        for (let task = claim(heap, ring, 3); task !== undefined; task = claim(heap, ring, 3))
          settled.push(task);
        assert.deepEqual(
          settled.sort((one, other) => Number(one) - Number(other)),
          tasks,
          "each task is to be claimed once or taken back",
        );
      },
    };
  };
}

/** Two tasks; the first is taken back if nobody has begun it, and its slot used for a third. */
function produceAndWithdraw(heap: ModelHeap, ring: HintRing): number[] {
  const back = [...publish(heap, ring, SLOT_A, 1), ...publish(heap, ring, SLOT_B, 2)];
  const first = withdraw(heap, SLOT_A, 1);
  // The slot of a task that was claimed is not ours to use.
  return first.length > 0 ? [...back, ...first, ...publish(heap, ring, SLOT_A, 3)] : [...back, 3];
}

/** Three tasks through a ring of two, in as many slots. */
function produceThroughFullRing(heap: ModelHeap, ring: HintRing): number[] {
  return SLOTS.flatMap((slot, index) => publish(heap, ring, slot, index + 1));
}

describe("HintRing with slots, every interleaving", () => {
  test("each task is claimed once or withdrawn, and a slot used again at once is no harm", (context) => {
    const program = sharing({ produce: produceAndWithdraw, claimsEach: 1 }, [1, 2, 3]);
    report(context, check(program, { racy, preemptions: 4 }));
    report(context, check(sharing({ produce: produceAndWithdraw }, [1, 2, 3]), { racy, preemptions: 3 }));
  });

  test("nothing is lost when the ring is full and entries are overwritten", (context) => {
    report(context, check(sharing({ produce: produceThroughFullRing }, [1, 2, 3]), { racy, preemptions: 3 }));
  });

  test("the same in random schedules", () => {
    for (const produce of [produceAndWithdraw, produceThroughFullRing]) {
      check(sharing({ produce }, [1, 2, 3]), { racy, random: 3000, depth: 5 });
    }
  });

  test("a consumer killed at any step loses nothing but what it has visibly claimed", (context) => {
    for (const produce of [produceAndWithdraw, produceThroughFullRing]) {
      const program = sharing({ produce, claimsEach: 1 }, [1, 2, 3]);
      report(context, check(program, { racy, mortal: [1], preemptions: 3 }));
    }
  });

  test("the size is one that the ring had, however much it moves meanwhile", (context) => {
    const sizes = new Set<number>();
    const result = check(
      (heap) => ({
        threads: [
          () => {
            const ring = new HintRing(heap, RING, CAPACITY);
            for (let hint = 1; hint <= 3; hint++) ring.publish(hint);
          },
          () => {
            const ring = new HintRing(heap, RING, CAPACITY);
            for (let turn = 0; turn < 3; turn++) if (ring.peekHint() !== 0) ring.advance();
          },
          () => new HintRing(heap, RING, CAPACITY).size,
        ],
        atEnd: ([, , size]) => sizes.add(size as number),
      }),
      { racy, preemptions: 4 },
    );
    report(context, result);
    assert.deepEqual(
      [...sizes].sort((one, other) => one - other),
      [0, 1, 2],
    );
  });
});

describe("HintRing with a planted bug", () => {
  /** Gives each bug what it needs to get at the words. */
  class Open extends HintRing {
    readonly words: ModelHeap;

    constructor(words: ModelHeap, address: number, capacity: number) {
      super(words, address, capacity);
      this.words = words;
    }
  }

  class AdvancesBlindly extends Open {
    override advance(): void {
      const head = this.words.load(RING);
      this.words.compareExchange(RING, head, head + 1);
    }
  }

  class SaysSoTooEarly extends Open {
    override publish(hint: number): boolean {
      const tail = this.words.load(RING + 64);
      if (tail - this.words.load(RING) >= CAPACITY) return false;
      this.words.store(RING + 64, tail + 1);
      this.words.poke(ENTRIES + 4 * (tail % CAPACITY), hint);
      return true;
    }
  }

  class OverwritesHints extends Open {
    override publish(hint: number): boolean {
      const tail = this.words.load(RING + 64);
      this.words.poke(ENTRIES + 4 * (tail % CAPACITY), hint);
      this.words.store(RING + 64, tail + 1);
      return true;
    }
  }

  const found = (roles: Partial<Roles>, options = {}): string => {
    const program = sharing({ produce: produceAndWithdraw, ...roles }, [1, 2, 3]);
    return finding(program, { racy, preemptions: 2, ...options });
  };

  test("is found: a position passed by who did not look at it", () => {
    // The head overtakes the tail, and consumers believe the ring to be empty.
    assert.equal(found({ kind: AdvancesBlindly }), "assertion");
  });

  test("is found: a position announced before its hint is there", () => {
    assert.equal(found({ kind: SaysSoTooEarly, produce: produceThroughFullRing }), "assertion");
  });

  test("is found: a hint overwritten before it is passed", () => {
    assert.equal(found({ kind: OverwritesHints, produce: produceThroughFullRing }), "assertion");
  });

  test("is found: a claim in two steps", () => {
    const claimInTwoSteps: typeof claim = (heap, ring, thread) => {
      for (let slot = ring.peekHint(); slot !== 0; slot = ring.peekHint()) {
        const isReady = heap.load(slot) === READY;
        if (isReady) heap.store(slot, CLAIMED + thread);
        ring.advance();
        if (isReady) return heap.peek(slot + TASK);
      }
      return undefined;
    };
    assert.equal(found({ claim: claimInTwoSteps }), "assertion");
  });

  test("is found: a consumer that passes a hint before it claims, and is killed in between", () => {
    const claimTooLate: typeof claim = (heap, ring, thread) => {
      for (let slot = ring.peekHint(); slot !== 0; slot = ring.peekHint()) {
        ring.advance();
        if (heap.compareExchange(slot, READY, CLAIMED + thread) === READY) return heap.peek(slot + TASK);
      }
      return undefined;
    };
    assert.equal(found({ claim: claimTooLate }), "nothing");
    assert.equal(found({ claim: claimTooLate }, { mortal: [1] }), "assertion");
  });

  test("is found: a task that is made ready after its hint was published", () => {
    const produce: Roles["produce"] = (heap, ring) => {
      for (const [index, slot] of [SLOT_A, SLOT_B].entries()) {
        heap.poke(slot + TASK, index + 1);
        ring.publish(slot);
        heap.store(slot, READY);
      }
      return [3];
    };
    assert.equal(found({ produce }), "assertion");
  });

  test("is found: a producer that relies on an older hint to a slot when the ring is full", () => {
    const produce: Roles["produce"] = (heap, ring) => {
      publish(heap, ring, SLOT_A, 1);
      publish(heap, ring, SLOT_B, 2);
      if (withdraw(heap, SLOT_A, 1).length === 0) return [3];
      heap.poke(SLOT_A + TASK, 3);
      heap.store(SLOT_A, READY);
      ring.publish(SLOT_A);
      return [1];
    };
    assert.equal(found({ produce }), "assertion");
  });
});
