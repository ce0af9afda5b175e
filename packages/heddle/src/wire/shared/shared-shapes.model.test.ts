/** {@link SharedShapes} under every interleaving. */
import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { type Heap, SHAPES_WORD } from "#heap";
import { check, type CheckOptions, ModelFailure, type ModelHeap } from "@heddle/testing";
import { NO_NUMBER, SharedShapes } from "./shared-shapes.ts";

const SLOTS = 4;
/** Of a thread: the number that it has for others, one more than that. */
const told = (thread: number): number => 1024 + 4 * thread;

/** As key blocks begin: their length and number of keys, their hash; and a word of keys. */
const listOf = (hash: number, keys: number): Int32Array => Int32Array.of(12 | (1 << 16), hash, keys);
/** Two lists that go into the same slot, and one for the next. */
const [ONE, OTHER, NEXT] = [listOf(0, 111), listOf(0, 222), listOf(1, 333)] as const;

/** The part of a heap that it needs, in a model. Blocks that are given back are not used again. */
class ModelMemory {
  readonly words: ModelHeap;
  #next: number;

  constructor(words: ModelHeap, thread: number) {
    this.words = words;
    this.#next = 4096 + 512 * thread;
  }

  allocate(sizeBytes: number): number {
    const block = this.#next;
    this.#next += (sizeBytes + 15) & ~15;
    return block;
  }
  free(): void {}
  bytesTo(): never {
    throw new Error("words only");
  }
  load(address: number): number {
    return this.words.load(address);
  }
  compareExchange(address: number, expected: number, replacement: number): number {
    return this.words.compareExchange(address, expected, replacement);
  }
  peek(address: number): number {
    return this.words.peek(address);
  }
  poke(address: number, value: number): void {
    this.words.poke(address, value);
  }
}

type Memory = new (words: ModelHeap, thread: number) => ModelMemory;

/** What a thread has to do with lists: publishes some, and tells the last number; or reads what another has told. */
type Deed = { readonly publish: readonly Int32Array[] } | { readonly read: number };

interface Story {
  readonly deeds: readonly Deed[];
  readonly memory?: Memory;
}

/** The keys that a number stands for. */
function keysOf(shapes: SharedShapes, memory: Pick<Heap, "peek">, number: number): number {
  const block = shapes.find(number);
  assert.notEqual(block, 0, "a number that was told stands for nothing");
  return memory.peek(block + 8);
}

function publishing(memory: ModelMemory, lists: readonly Int32Array[], tell: number): number[] {
  const shapes = new SharedShapes(memory, SLOTS);
  const numbers = lists.map((list) => shapes.publish(list));
  memory.words.store(tell, numbers.at(-1)! + 1);
  for (const [index, number] of numbers.entries()) {
    if (number !== NO_NUMBER) assert.equal(keysOf(shapes, memory, number), lists[index]![2]);
  }
  return numbers;
}

function reading(memory: ModelMemory, from: number): void {
  const number = memory.words.load(from) - 1;
  if (number === NO_NUMBER) return;
  const keys = keysOf(new SharedShapes(memory, SLOTS), memory, number);
  assert.ok(
    [ONE, OTHER, NEXT].some((list) => list[2] === keys),
    "a number stands for what is no list",
  );
}

function sharing({ deeds, memory: Kind = ModelMemory }: Story) {
  return (heap: ModelHeap) => {
    heap.name(SHAPES_WORD, "table");
    return {
      threads: deeds.map((deed, thread) => () => {
        const memory = new Kind(heap, thread);
        return "read" in deed
          ? reading(memory, told(deed.read))
          : publishing(memory, deed.publish, told(thread));
      }),
      atEnd: (results: readonly unknown[]) => {
        const numbers = new Map<Int32Array, number>();
        for (const [thread, deed] of deeds.entries()) {
          const got = results[thread] as readonly number[] | undefined;
          if (!("publish" in deed) || got === undefined) continue;
          for (const [index, list] of deed.publish.entries()) {
            assert.equal(numbers.get(list) ?? got[index], got[index], "a list has two numbers");
            numbers.set(list, got[index]!);
          }
        }
        assert.equal(new Set(numbers.values()).size, numbers.size, "a number has two lists");
      },
    };
  };
}

function explore(context: TestContext, story: Story, options?: CheckOptions): void {
  const { schedules, states, complete } = check(sharing(story), options);
  context.diagnostic(`${schedules} schedules, ${states} states${complete ? ", all there are" : ""}`);
}

function finding(story: Story, options?: CheckOptions): string {
  try {
    check(sharing(story), options);
  } catch (error) {
    if (error instanceof ModelFailure) return error.kind;
    throw error;
  }
  return "nothing";
}

const SAME: Story = { deeds: [{ publish: [ONE] }, { publish: [ONE] }, { read: 0 }] };
const MANY: Story = { deeds: [{ publish: [ONE, OTHER] }, { publish: [OTHER, ONE] }] };

describe("SharedShapes, every interleaving", () => {
  test("a list that two publish at once has one number, for whoever hears of it", (context) => {
    explore(context, SAME, { preemptions: 3 });
  });

  test("lists that go into the same slots have a number each, in whatever order they come", (context) => {
    explore(context, MANY, { preemptions: 3 });
    explore(context, { deeds: [{ publish: [OTHER] }, { publish: [NEXT, ONE] }] }, { preemptions: 3 });
    explore(
      context,
      { deeds: [{ publish: [ONE] }, { publish: [OTHER] }, { publish: [NEXT] }] },
      { preemptions: 2 },
    );
  });

  test("a thread that is killed at any step has published or not, and hinders nobody", (context) => {
    explore(
      context,
      { deeds: [{ publish: [ONE, OTHER] }, { publish: [OTHER, ONE] }, { read: 0 }] },
      {
        mortal: [0],
        preemptions: 2,
      },
    );
  });
});

describe("SharedShapes with a planted bug", () => {
  class FillsInTwoSteps extends ModelMemory {
    override compareExchange(address: number, expected: number, replacement: number): number {
      const found = this.words.load(address);
      if (found === expected) this.words.store(address, replacement);
      return found;
    }
  }

  class WritesTooLate extends ModelMemory {
    #late: (() => void)[] = [];

    override poke(address: number, value: number): void {
      this.#late.push(() => super.poke(address, value));
    }
    override compareExchange(address: number, expected: number, replacement: number): number {
      const found = super.compareExchange(address, expected, replacement);
      for (const poke of this.#late.splice(0)) poke();
      return found;
    }
  }

  const bugs: [name: string, memory: Memory, found: string][] = [
    ["a slot that is filled in two steps", FillsInTwoSteps, "assertion"],
    ["a block that is written after it can be found", WritesTooLate, "data race"],
  ];
  for (const [name, memory, found] of bugs) {
    test(`is found: ${name}`, () => {
      assert.equal(finding({ ...SAME, memory }, { preemptions: 3 }), found);
    });
  }
});
