/** Allocation on the model heap: what it promises to real code, and the bugs that it brings out. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, type CheckOptions, forever, ModelFailure, ModelHeap } from "./index.ts";

function failureOf(program: Parameters<typeof check>[0], options?: CheckOptions): ModelFailure {
  try {
    check(program, options);
  } catch (error) {
    if (error instanceof ModelFailure) return error;
    throw error;
  }
  throw new Error("nothing was found");
}

const HEAD = 0;
const NEXT = 0;
const VALUE = 4;

/** A stack of nodes that pop gives back. Reading `next` of a node that another may free is its planted bug. */
class Stack {
  readonly #heap: ModelHeap;

  constructor(heap: ModelHeap) {
    this.#heap = heap;
  }

  push(value: number): void {
    const heap = this.#heap;
    const node = heap.allocate(8);
    heap.poke(node + VALUE, value);
    for (;;) {
      const head = heap.load(HEAD);
      heap.store(node + NEXT, head);
      if (heap.compareExchange(HEAD, head, node) === head) return;
    }
  }

  pop(): number | undefined {
    const heap = this.#heap;
    for (;;) {
      const head = heap.load(HEAD);
      if (head === 0) return undefined;
      if (heap.compareExchange(HEAD, head, heap.load(head + NEXT)) !== head) continue;
      const value = heap.peek(head + VALUE);
      heap.free(head);
      return value;
    }
  }

  /** Without a competitor: takes all at once. */
  popAll(): number[] {
    const heap = this.#heap;
    const values: number[] = [];
    for (let node = heap.exchange(HEAD, 0); node !== 0;) {
      values.push(heap.peek(node + VALUE));
      const next = heap.load(node + NEXT);
      heap.free(node);
      node = next;
    }
    return values;
  }
}

describe("ModelHeap.allocate()", () => {
  test("gives each thread blocks that overlap no other, and all that it was asked for", () => {
    check((heap) => ({
      threads: [8, 40, 1000].map((size) => () => {
        const blocks = [heap.allocate(size), heap.allocate(size)];
        for (const block of blocks) {
          assert.ok(block % 16 === 0 && heap.blockSize(block) >= size);
          heap.poke(block, size);
          heap.poke(block + size - 4, size);
        }
        return blocks;
      }),
      atEnd: (results) => {
        assert.equal(new Set(results.flat()).size, 6);
        assert.deepEqual(
          heap.blocks(),
          (results.flat() as number[]).sort((one, other) => one - other),
        );
      },
    }));
  });

  test("works outside threads too, before they begin and after they have ended", () => {
    const heap = new ModelHeap();
    const block = heap.allocate(12);
    heap.store(block + 8, 7);
    assert.equal(heap.load(block + 8), 7);
    assert.throws(() => heap.load(block + 12), /no word at 0x7c00001c: the block at 0x7c000010 has 12 bytes/);
    heap.free(block);
    assert.deepEqual(heap.blocks(), []);
    assert.throws(() => heap.load(block), /was given back before/);
    assert.throws(() => heap.free(block), /was given back before/);
    assert.throws(() => heap.free(64), /no block begins there/);
    assert.throws(() => heap.allocate(-1), RangeError);
    assert.throws(() => heap.bytes, /poke and peek/);
  });

  test("lets a correct stack of nodes pass, which are given back by another thread", () => {
    const result = check((heap) => ({
      threads: [
        () => new Stack(heap).push(1),
        () => new Stack(heap).push(2),
        () => [...new Stack(heap).popAll(), ...new Stack(heap).popAll()],
      ],
      atEnd: ([, , popped]) => {
        const values = [...(popped as number[]), ...new Stack(heap).popAll()];
        assert.deepEqual(
          values.sort((one, other) => one - other),
          [1, 2],
        );
        assert.deepEqual(heap.blocks(), [], "a node was lost");
      },
    }));
    assert.ok(result.complete);
  });

  test("finds an access to a node that another thread gives back", () => {
    const failure = failureOf((heap) => {
      new Stack(heap).push(1);
      return [() => new Stack(heap).pop(), () => new Stack(heap).pop()];
    });
    assert.equal(failure.kind, "use after free");
  });

  test("finds ABA: an address that has come to mean another block", () => {
    const TURN = 64;
    const program = (heap: ModelHeap) => {
      /** Gives whether the block of the turn before was still there. */
      const replace = (): boolean => {
        const block = heap.exchange(HEAD, 0);
        if (block !== 0) heap.free(block);
        heap.add(TURN, 1);
        heap.store(HEAD, heap.allocate(8));
        return block !== 0;
      };
      /** Gives the last turn in which the block that it took can have been put there. */
      const take = (): number => {
        const block = heap.load(HEAD);
        const turn = heap.load(TURN);
        return block !== 0 && heap.compareExchange(HEAD, block, 0) === block ? turn : Infinity;
      };
      return {
        threads: [() => [replace(), replace(), replace()], take],
        atEnd: ([found, turn]: readonly unknown[]) => {
          const isThere = [...(found as boolean[]), heap.load(HEAD) !== 0];
          const taken = isThere.lastIndexOf(false);
          assert.ok(taken <= (turn as number), "took another block than it had seen");
        },
      };
    };
    assert.match(failureOf(program).message, /took another block than it had seen/);
    assert.ok(check(program, { reuse: false }).complete);
  });

  test("finds a block that is given back twice, and what is no block", () => {
    const twice = failureOf((heap) => {
      const block = heap.allocate(8);
      return [() => heap.free(block), () => heap.free(block)];
    });
    assert.equal(twice.kind, "double free");
    assert.equal(failureOf((heap) => [() => heap.free(heap.allocate(32) + 16)]).kind, "stray access");
  });

  test("finds an access that the end of a block comes before, in whatever order the two happened", () => {
    const failure = failureOf((heap) => {
      const block = heap.allocate(8);
      heap.store(block, 1);
      return [() => heap.load(block), () => heap.free(block)];
    });
    assert.equal(failure.kind, "use after free");
  });

  test("lets the owner give a block back when the other has told that it is done", () => {
    const outcome = check((heap) => {
      const block = heap.allocate(8);
      heap.store(block, 1);
      return [
        () => {
          heap.store(block, 2);
          heap.store(HEAD, 1);
          heap.notify(HEAD);
        },
        () => {
          while (heap.load(HEAD) === 0) heap.wait(HEAD, 0);
          heap.free(block);
        },
      ];
    });
    assert.ok(outcome.complete);
  });

  test("finds a word that is read before it is written, also where a block was used before", () => {
    const reads = (heap: ModelHeap) => [
      () => {
        const first = heap.allocate(8);
        heap.store(first, 1);
        heap.free(first);
        return heap.load(heap.allocate(8));
      },
    ];
    assert.equal(failureOf(reads).kind, "unwritten word");
    assert.equal(failureOf((heap) => [() => heap.load(heap.allocate(8) + 8)]).kind, "stray access");
  });

  test("finds a plain access through an address that has come to mean another block", () => {
    const failure = failureOf((heap) => [
      () => {
        const block = heap.allocate(8);
        heap.poke(block, 1);
        heap.store(HEAD, block);
        heap.free(block);
        heap.poke(heap.allocate(8), 2);
      },
      () => {
        const block = heap.load(HEAD);
        if (block !== 0) heap.peek(block);
      },
    ]);
    assert.match(failure.kind, /use after free|data race/);
  });

  test("explores both orders of taking a block and giving one back, which decide about the address", () => {
    const ends = new Set<boolean>();
    const program = (heap: ModelHeap) => {
      const first = heap.allocate(8);
      return {
        threads: [
          () => {
            const block = heap.allocate(8);
            heap.store(HEAD, block);
            heap.notify(HEAD);
            heap.load(64);
            return [block, heap.allocate(8)];
          },
          () => {
            while (heap.load(HEAD) === 0) heap.wait(HEAD, 0);
            heap.free(heap.load(HEAD));
          },
          () => heap.free(first),
        ],
        atEnd: ([blocks]: readonly unknown[]) => {
          const [one, other] = blocks as number[];
          ends.add(one === other);
        },
      };
    };
    check(program);
    assert.deepEqual([ends.has(false), ends.has(true)], [true, true]);
    ends.clear();
    check(program, { reuse: false });
    assert.deepEqual([...ends], [false]);
  });

  test("comes back to the same states when a thread takes and gives back for ever", () => {
    const result = check((heap) => [
      forever(() => {
        const seen = heap.load(HEAD);
        const node = heap.allocate(8);
        heap.poke(node, seen);
        heap.free(node);
        heap.wait(HEAD, seen);
      }),
      () => {
        heap.store(HEAD, 1);
        heap.notify(HEAD);
      },
    ]);
    assert.ok(result.complete && result.states < 100);
  });

  test("leaves the blocks of a killed thread in use", () => {
    const left = new Set<number>();
    check(
      (heap) => ({
        threads: [
          () => {
            const block = heap.allocate(8);
            heap.store(HEAD, 1);
            heap.free(block);
          },
        ],
        atEnd: () => left.add(heap.blocks().length),
      }),
      { mortal: [0] },
    );
    assert.deepEqual(
      [...left].sort((one, other) => one - other),
      [0, 1],
    );
  });

  test("replays what it found with the same addresses", () => {
    const program = (heap: ModelHeap) => {
      new Stack(heap).push(1);
      return [() => new Stack(heap).pop(), () => new Stack(heap).pop()];
    };
    const failure = failureOf(program);
    const again = failureOf(program, { replay: failure.schedule });
    assert.deepEqual([again.kind, again.trace], [failure.kind, failure.trace]);
    assert.equal(failureOf(program, { random: 500 }).kind, "use after free");
  });
});

describe("ModelHeap.nextSerial()", () => {
  test("gives no number twice", () => {
    check((heap) => ({
      threads: [() => [heap.nextSerial(), heap.nextSerial()], () => heap.nextSerial()],
      atEnd: (results) => assert.equal(new Set(results.flat()).size, 3),
    }));
  });
});
