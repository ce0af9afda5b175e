/** {@link DoneList} under every interleaving. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, forever, type ModelHeap } from "@heddle/testing";
import { DoneList } from "./done-list.ts";
import { finding, report } from "./fixtures/models.ts";

const LIST = 0;
/** Where the consumer writes down what it got: how many, then which. */
const COUNT = 1024;
const FIRST_GOT = 1028;

/** Each node has a line of its own, and its number in the second word. */
const nodeOf = (producer: number, item: number): number => 64 + 256 * producer + 64 * item;
const numberOf = (producer: number, item: number): number => 10 * producer + item;

type Kind = new (words: ModelHeap, address: number) => DoneList;

function producing(heap: ModelHeap, kind: Kind, producer: number, items: number) {
  return (): void => {
    const list = new kind(heap, LIST);
    for (let item = 1; item <= items; item++) {
      const node = nodeOf(producer, item);
      heap.poke(node + 4, numberOf(producer, item));
      list.push(node);
    }
  };
}

/** Takes for ever, and sleeps in between. */
function consuming(heap: ModelHeap, kind: Kind) {
  return forever(() => {
    const list = new kind(heap, LIST);
    for (let node = list.takeAll(); node !== 0; node = heap.peek(node)) {
      const got = heap.peek(COUNT);
      heap.poke(FIRST_GOT + 4 * got, heap.peek(node + 4));
      heap.poke(COUNT, got + 1);
    }
    if (list.trySleep()) void list.waitAsync();
    list.awake();
  });
}

function gotBy(heap: ModelHeap): number[] {
  return Array.from({ length: heap.peek(COUNT) }, (_, index) => heap.peek(FIRST_GOT + 4 * index));
}

/** What came from one producer, in the order of coming. */
const from = (producer: number, got: readonly number[]): number[] =>
  got.filter((number) => Math.floor(number / 10) === producer);

/** Two producers and a consumer that sleeps when there is nothing. */
function handingOver(kind: Kind, items: readonly [number, number]) {
  return (heap: ModelHeap) => {
    heap.name(LIST, "head");
    return {
      threads: [
        producing(heap, kind, 1, items[0]),
        producing(heap, kind, 2, items[1]),
        consuming(heap, kind),
      ],
      atEnd: () => {
        const got = gotBy(heap);
        for (const [index, count] of items.entries()) {
          const expected = Array.from({ length: count }, (_, item) => numberOf(index + 1, item + 1));
          assert.deepEqual(from(index + 1, got), expected, "not once each, in the order of handing over");
        }
      },
    };
  };
}

describe("DoneList, every interleaving", () => {
  test("loses nothing, doubles nothing, keeps each producer's order, and never sleeps on a node", (context) => {
    report(context, check(handingOver(DoneList, [1, 1])));
    report(context, check(handingOver(DoneList, [2, 2]), { preemptions: 4 }));
  });

  test("the same in random schedules of longer runs", () => {
    check(handingOver(DoneList, [3, 3]), { random: 3000, depth: 5 });
  });

  /** What a producer that may die has handed over; somebody rings for it when it is dead. */
  const dying = (ringsForTheDead: boolean) => (heap: ModelHeap) => ({
    threads: [
      producing(heap, DoneList, 1, 2),
      producing(heap, DoneList, 2, 1),
      consuming(heap, DoneList),
      () => {
        if (heap.join(0) === "killed" && ringsForTheDead) heap.notify(LIST);
      },
    ],
    atEnd: () => {
      const got = gotBy(heap);
      assert.deepEqual(from(2, got), [21], "lost a node of the one that lives");
      assert.ok([0, 1, 2].some((count) => String(from(1, got)) === String([11, 12].slice(0, count))));
      assert.ok(!new DoneList(heap, LIST).ready, "sleeps on a node");
    },
  });

  test("a producer that is killed at any step has handed over a node or not, and wedges nobody", (context) => {
    report(context, check(dying(true), { mortal: [0], preemptions: 3 }));
  });

  test("a producer that dies between push and ring does need somebody to ring for it", () => {
    assert.equal(finding(dying(false), { mortal: [0] }), "assertion");
  });
});

describe("DoneList with a planted bug", () => {
  /** Gives each bug what it needs to get at the words. */
  class Open extends DoneList {
    readonly words: ModelHeap;

    constructor(words: ModelHeap, address: number) {
      super(words, address);
      this.words = words;
    }
  }

  class NeverRings extends Open {
    override push(node: number): boolean {
      const head = this.words.load(this.address);
      this.words.poke(node, head === 1 ? 0 : head);
      return this.words.compareExchange(this.address, head, node) === head || this.push(node);
    }
  }

  class RingsTooEarly extends Open {
    override push(node: number): boolean {
      const head = this.words.load(this.address);
      this.words.poke(node, head === 1 ? 0 : head);
      if (head === 1) this.words.notify(this.address);
      return this.words.compareExchange(this.address, head, node) === head || this.push(node);
    }
  }

  class PushesBlindly extends Open {
    override push(node: number): boolean {
      const head = this.words.load(this.address);
      this.words.poke(node, head === 1 ? 0 : head);
      this.words.store(this.address, node);
      return head === 1 && this.words.notify(this.address) > 0;
    }
  }

  class LinksTooLate extends Open {
    override push(node: number): boolean {
      const head = this.words.exchange(this.address, node);
      this.words.poke(node, head === 1 ? 0 : head);
      return head === 1 && this.words.notify(this.address) > 0;
    }
  }

  class FallsAsleepBlindly extends Open {
    override trySleep(): boolean {
      if (this.ready) return false;
      this.words.store(this.address, 1);
      return true;
    }
  }

  class WakesBlindly extends Open {
    override awake(): void {
      if (!this.ready) this.words.store(this.address, 0);
    }
  }

  class TakesInTwoSteps extends Open {
    override takeAll(): number {
      const head = this.words.load(this.address);
      if (head === 0 || head === 1) return 0;
      this.words.store(this.address, 0);
      let [node, older] = [head, 0];
      while (node !== 0) {
        const next = this.words.peek(node);
        this.words.poke(node, older);
        [node, older] = [next, node];
      }
      return older;
    }
  }

  const bugs: [name: string, kind: Kind, found: string][] = [
    ["a push that does not ring", NeverRings, "assertion"],
    ["a ring before the push", RingsTooEarly, "assertion"],
    ["a push in two steps", PushesBlindly, "assertion"],
    ["a link written after the push", LinksTooLate, "data race"],
    ["falling asleep in two steps", FallsAsleepBlindly, "assertion"],
    ["waking in two steps", WakesBlindly, "assertion"],
    ["taking in two steps", TakesInTwoSteps, "assertion"],
  ];
  for (const [name, kind, found] of bugs) {
    test(`is found: ${name}`, () => {
      assert.equal(finding(handingOver(kind, [2, 1])), found);
    });
  }
});
