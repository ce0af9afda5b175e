/** Values of which each thread has its own. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ThreadPoolExecutor } from "../../futures/index.ts";
import { PortabilityError } from "../../portable/index.ts";
import { Thread, ThreadLocal } from "../index.ts";

/** Collects garbage, and lets finalisers run. */
async function collect(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  for (let round = 0; round < 3; round++) {
    await sleep(0);
    gc();
  }
}

describe("a ThreadLocal", () => {
  test("calls initial once, when its value is first asked for", () => {
    let calls = 0;
    const local = new ThreadLocal(() => ({ call: ++calls }));
    assert.equal(calls, 0);
    assert.equal(local.value, local.value);
    assert.equal(calls, 1);
  });

  test("keeps what it was set to, undefined as well, and then never calls initial", () => {
    const local = new ThreadLocal<number | undefined>(() => assert.fail("it was called"));
    local.value = undefined;
    assert.equal(local.value, undefined);
    local.value = 2;
    assert.equal(local.value, 2);
  });

  test("throws what initial throws, and tries again", () => {
    let calls = 0;
    const local = new ThreadLocal(() => {
      if (++calls === 1) throw new RangeError("not yet");
      return calls;
    });
    assert.throws(() => local.value, RangeError);
    assert.equal(local.value, 2);
  });

  test("refuses to be asked within its own initial, and an initial that is no function", () => {
    const local: ThreadLocal<number> = new ThreadLocal((): number => local.value + 1);
    assert.throws(() => local.value, ReferenceError);
    assert.throws(() => new ThreadLocal(3 as never), TypeError);
  });

  test("is the same in every thread, with a value of its own in each", async () => {
    const step = 10;
    const local = new ThreadLocal(() => ({ count: step }));
    local.value.count = 1;
    const body = (again: ThreadLocal<{ count: number }>): [boolean, number] => {
      local.value.count++;
      return [again === local, again.value.count];
    };
    const threads = [1, 2].map(() => new Thread(body, { args: [local] }).start());
    for (const thread of threads) assert.deepEqual(await thread.result, [true, step + 1]);
    assert.equal(local.value.count, 1);
    assert.equal(await new Thread(() => local).start().result, local);
  });

  test("keeps its value in a worker from call to call, though nobody there holds it meanwhile", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const local = new ThreadLocal(() => 0);
    const count = (variable: ThreadLocal<number>): number => ++variable.value;
    assert.equal(await pool.submit(count, local), 1);
    await pool.submit(collect);
    assert.equal(await pool.submit(count, local), 2);
  });

  test("need not be able to travel, until it does", async () => {
    const weak = new WeakMap();
    const local = new ThreadLocal(() => weak);
    assert.equal(local.value, weak);
    assert.throws(() => new Thread(() => local.value).start(), PortabilityError);
  });

  test("may be used by its own initial function for other threads", async () => {
    const local: ThreadLocal<() => unknown> = new ThreadLocal((): (() => unknown) => () => local);
    assert.equal(await new Thread(() => local.value() === local).start().result, true);
  });

  test("leaves its values to be collected once it is gone", async () => {
    const values: WeakRef<object>[] = [];
    const make = (count: number): void => {
      for (let i = 0; i < count; i++) values.push(new WeakRef(new ThreadLocal(() => ({ i })).value));
    };
    make(500);
    do {
      await collect();
      make(100);
    } while (values[0]!.deref() !== undefined);
  });
});
