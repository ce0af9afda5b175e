import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { Worker } from "node:worker_threads";
import { threadHeap } from "#heap";
import {
  addressOf,
  Condition,
  existing,
  Lock,
  reachOf,
  RLock,
  SharedObject,
  storedValues,
} from "../index.ts";
import { Box } from "./fixtures/box.ts";

const heap = threadHeap();

describe("a shared object", () => {
  test("has the name that it was given, whatever the letters", () => {
    const box = new Box(1, { name: "Zähler № 1" });
    assert.equal(box.name, "Zähler № 1");
    assert.equal(new Box(1, { name: "" }).name, "");
  });

  test("is called by its kind and a number of its own, if it was given no name", () => {
    const names = [new Box(), new Box()].map(({ name }) => name);
    for (const name of names) assert.match(name, /^Box-\d+$/);
    assert.notEqual(names[0], names[1]);
  });

  test("begins as its class says, at an address of its own", () => {
    const [one, two] = [new Box(7), new Box(-8)];
    assert.deepEqual([one.value, two.value], [7, -8]);
    assert.notEqual(addressOf(one), addressOf(two));
    assert.equal(one.claims, 1);
  });

  test("is the same handle when it is found again, and no constructor runs for that", () => {
    const box = new Box(3);
    const before = Box.constructions;
    assert.equal(existing(Box, addressOf(box)), box);
    assert.equal(box.claims, 1);
    assert.equal(Box.constructions, before);
  });

  test("is refused where something else stands", () => {
    const address = heap.allocate(64);
    heap.poke(address, 99);
    assert.throws(() => existing(Box, address), {
      code: "ERR_HEDDLE_CORRUPT_MESSAGE",
      message: /a handle for a Box, and what stands there is of kind 99$/,
    });
    heap.free(address);
  });

  test("of an unknown class is refused", () => {
    class Stray extends SharedObject {}
    assert.throws(() => new Stray(), { name: "TypeError", message: /^Cannot use a Stray: / });
  });
});

describe("who can know a shared object", () => {
  test("is its thread alone, until it is written into a message", () => {
    const [inside, outside] = [new Box(1), new Box(2)];
    const stored = storedValues();
    assert.deepEqual([reachOf(inside).isShared, reachOf(outside).isShared], [false, false]);
    stored.drop(stored.store({ deep: [inside] }, "item"));
    assert.deepEqual([reachOf(inside).isShared, reachOf(outside).isShared], [true, false]);
  });

  test("is everybody if a function that captures it was sent, or an object that has it", () => {
    const [captured, lock, own] = [new Box(1), new Lock(), new RLock()];
    const stored = storedValues();
    const fn = (): number => captured.value;
    stored.drop(stored.store(fn, "item"));
    assert.ok(reachOf(captured).isShared);
    assert.ok(!reachOf(lock).isShared && !reachOf(own).isShared);
    assert.ok(new Condition(lock).name.length > 0 && reachOf(lock).isShared);
    assert.ok(new Condition(own).name.length > 0 && reachOf(own).isShared);
  });

  test("is everybody for one that came from elsewhere", async () => {
    const box = new Box(1);
    const from = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
    const program = `
      import { parentPort } from "node:worker_threads";
      import { existing, reachOf } from ${from("../index.ts")};
      import { Box } from ${from("./fixtures/box.ts")};
      parentPort.postMessage(reachOf(existing(Box, ${addressOf(box)})).isShared);`;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
    assert.deepEqual(await once(worker, "message"), [true]);
    assert.equal(reachOf(existing(Box, addressOf(box))), reachOf(box), "it is the same handle here");
    await worker.terminate();
  });
});

describe("the options of a shared object", () => {
  const make = (options: unknown) => () => new Box(0, options as never);

  test("must be an object, and a name a string", () => {
    assert.throws(make(5), /^TypeError: Cannot make a Box: its options must be an object, and are 5$/);
    assert.throws(make(null), /^TypeError: Cannot make a Box: its options must be an object/);
    assert.throws(make({ name: 5 }), /^TypeError: Cannot make a Box: its name must be a string, and is 5$/);
  });

  test("take a SharedHeap for a heap, and nothing else", () => {
    assert.throws(
      make({ heap: {} }),
      /^TypeError: Cannot make a Box: its option heap must be a SharedHeap .* is \{\}$/,
    );
    assert.equal(new Box(1, { heap: undefined }).value, 1);
  });
});

describe("a constructor that throws", () => {
  test("leaves nothing behind", () => {
    const blocks = Array.from({ length: 1000 }, () => {
      assert.throws(() => new Box(NaN, { name: "x".repeat(5000) }));
      return heap.bytes.length;
    });
    assert.equal(blocks.at(-1), blocks[0], "the heap has grown");
  });
});
