import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { functionTable } from "../../portable/index.ts";
import { ThreadPoolExecutor } from "../../futures/index.ts";
import { addressOf } from "../index.ts";
import { Box, claimsAt } from "./fixtures/box.ts";
import { collect, collectUntil } from "../../heap/fixtures/collect.ts";

/** Workers whose threads know what a Box is, as all know the classes of the toolkit. */
const startPool = (maxWorkers: number): ThreadPoolExecutor =>
  new ThreadPoolExecutor({ maxWorkers, initializer: () => void Box.constructions });

const increment = (box: Box): number => ++box.value;
const giveBack = <T>(value: T): T => value;
const make = (value: number): Box => new Box(value);
const collectThere = collect;

/** Sets word 0, and ends, with the object, when somebody sets word 1. */
const holdOn = async (box: Box, words: Int32Array): Promise<Box[]> => {
  words[0] = 1;
  while (words[1] === 0) await new Promise((resolve) => void setImmediate(resolve));
  return [box, new Box(1)];
};

describe("a handle of a shared object", () => {
  test("is the same object as an argument, and as a result", async () => {
    await using pool = startPool(1);
    const box = new Box(1, { name: "counter" });
    assert.equal(await pool.submit(increment, box), 2);
    assert.equal(box.value, 2);
    assert.equal(await pool.submit(giveBack<Box>, box), box);
    assert.equal(await pool.submit((b: Box) => b instanceof Box && b.name, box), "counter");
  });

  test("is the same object in a variable that a function captures, at every call", async () => {
    await using pool = startPool(1);
    const box = new Box(10);
    const seen = (): boolean => {
      const handles = ((globalThis as { handles?: Set<Box> }).handles ??= new Set());
      handles.add(box);
      box.value++;
      return handles.size === 1;
    };
    for (let i = 0; i < 5; i++) assert.ok(await pool.submit(seen));
    assert.equal(box.value, 15);
    const record = functionTable().publishFunction(seen, "fn");
    assert.equal(functionTable().publishFunction(seen, "fn"), record, "it is published again");
  });

  test("is the same object inside of others, however often, and under errors", async () => {
    await using pool = startPool(1);
    const box = new Box(1);
    const nested = { list: [box, { box }], map: new Map([["box", box]]), set: new Set([box]) };
    const back = await pool.submit(giveBack<typeof nested>, nested);
    assert.ok([...back.list.slice(0, 1), back.map.get("box"), ...back.set].every((one) => one === box));
    const failing = (b: Box): never => {
      throw Object.assign(new Error(`${b instanceof Box}`, { cause: [b] }), { box: b });
    };
    const error = (await pool.submit(failing, box).exception()) as Error & { box: Box };
    assert.deepEqual([error.message, error.box === box], ["true", true]);
    assert.equal((error.cause as Box[])[0], box);
  });

  test("travels in a function that captures it, as an argument and as a result", async () => {
    await using pool = startPool(2);
    const box = new Box(1);
    const add = (n: number): number => (box.value += n);
    const adder = await pool.submit((fn: typeof add) => {
      fn(1);
      return (n: number) => fn(n) + 100;
    }, add);
    assert.equal(adder(5), 107);
    assert.equal(box.value, 7);
    assert.equal(await pool.submit(adder, 1), 108);
  });

  test("can be made by a worker, whose object outlives it", async () => {
    let box: Box;
    {
      await using pool = startPool(1);
      box = await pool.submit(make, 77);
    }
    assert.equal(box.value, 77);
    assert.equal(box.claims, 1);
  });

  test("is refused when it belongs to a class of the program that extends that of the object", async () => {
    class OwnBox extends Box {}
    await using pool = startPool(1);
    await assert.rejects(pool.submit(giveBack<Box>, new OwnBox(1)), {
      code: "ERR_HEDDLE_NOT_CLONEABLE",
      message:
        /^Cannot send args\[0\]: it is an OwnBox, whose class extends Box, .*; keep a Box in a field of it/,
    });
  });
});

/** Makes objects, does something with each, and drops them. Gives their addresses. */
async function useAndDrop(count: number, use: (box: Box) => Promise<unknown>): Promise<number[]> {
  const addresses: number[] = [];
  for (let i = 0; i < count; i++) {
    const box = new Box(i);
    addresses.push(addressOf(box));
    await use(box);
  }
  return addresses;
}

describe("an object that no thread has any more", () => {
  const ways: Record<string, (pool: ThreadPoolExecutor, box: Box) => Promise<unknown>> = {
    "after it was an argument": (pool, box) => pool.submit(increment, box),
    "after it was a result": (pool, box) => pool.submit(giveBack<Box[]>, [box]),
    "after it was made by a worker": async (pool) => void (await pool.submit(make, 1)),
    "after an error held it": (pool, box) =>
      pool
        .submit((b: Box) => {
          throw Object.assign(new Error("has it"), { b });
        }, box)
        .exception(),
    "after an object in it held it": async (pool, box) => {
      const outer = new Box(1, {}, box);
      return await pool.submit((b: Box) => b instanceof Box && b.inner!.value, outer);
    },
  };
  for (const [when, use] of Object.entries(ways)) {
    test(`is freed ${when}`, async () => {
      await using pool = startPool(1);
      const addresses = await useAndDrop(50, (box) => use(pool, box));
      await collectUntil(async () => {
        await pool.submit(collectThere);
        return addresses.every((address) => claimsAt(address) === 0);
      });
    });
  }

  test("is freed after functions captured it, when these are forgotten", async () => {
    await using pool = startPool(1);
    const use = async (box: Box): Promise<number> => await pool.submit(() => box.value++);
    const addresses = await useAndDrop(2000, use);
    // The newest functions stay, in case they are used again.
    await collectUntil(async () => {
      await pool.submit(collectThere);
      return addresses.filter((address) => claimsAt(address) !== 0).length < 1200;
    });
  });

  test("is freed although a result that holds it was dropped unread", async () => {
    await using pool = startPool(1);
    const words = new Int32Array(new SharedArrayBuffer(8));
    const box = new Box(5);
    const controller = new AbortController();
    const future = pool.with({ signal: controller.signal }).submit(holdOn, box, words);
    while (words[0] === 0) await nextTurn();
    controller.abort();
    await assert.rejects(future, { name: "AbortError" });
    words[1] = 1;
    await pool.submit(giveBack<number>, 1);
    await collectUntil(async () => {
      await pool.submit(collectThere);
      return box.claims === 1;
    });
  });

  test("is freed although the worker that had it was terminated", async () => {
    await using pool = startPool(1);
    const words = new Int32Array(new SharedArrayBuffer(8));
    // A message with shared memory that the worker has yet to hear of is read twice, and may make two handles, with a claim each.
    await pool.submit((shared: Int32Array) => shared.length, words);
    const box = new Box(5);
    const future = pool.submit(holdOn, box, words);
    while (words[0] === 0) await nextTurn();
    const { claims } = box;
    future.cancel(undefined, { graceMs: 0 });
    // After the cancellation: the pool would wait for ever for a body that nobody ends.
    assert.equal(claims, 2);
    await collectUntil(() => box.claims === 1);
    assert.equal(await pool.submit(increment, box), 6);
  });
});
