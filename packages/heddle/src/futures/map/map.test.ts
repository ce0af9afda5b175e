import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { TimeoutError } from "#heap";
import { InlineExecutor } from "../inline/inline-executor.ts";

const executor = new InlineExecutor();

describe("map()", () => {
  test("gives the results in the order of the items, whatever the chunk size", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer()),
        fc.oneof(fc.constant("auto" as const), fc.integer({ min: 1, max: 9 })),
        fc.constantFrom(Infinity, 1, 3),
        async (items, chunkSize, buffer) => {
          const results = await executor.map((x) => x + 1, items, { chunkSize, buffer }).toArray();
          assert.deepEqual(
            results,
            items.map((x) => x + 1),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  test("gives the index of each item", async () => {
    const results = await executor.map((item, index) => `${index}${item}`, "abc", { chunkSize: 2 }).toArray();
    assert.deepEqual(results, ["0a", "1b", "2c"]);
  });

  test("awaits the results of asynchronous functions", async () => {
    const results = await executor.map(async (x) => x * 2, [1, 2, 3], { chunkSize: 2 }).toArray();
    assert.deepEqual(results, [2, 4, 6]);
  });

  test("takes arrays, typed arrays, sets, generators and asynchronous generators", async () => {
    async function* later(): AsyncGenerator<number> {
      yield 1;
      yield 2;
    }
    function* now(): Generator<number> {
      yield 1;
      yield 2;
    }
    for (const items of [[1, 2], new Float64Array([1, 2]), new Set([1, 2]), now(), later()]) {
      assert.deepEqual(await executor.map((x: number) => x * 10, items).toArray(), [10, 20]);
    }
    assert.deepEqual(await executor.map((x) => x, []).toArray(), []);
  });

  test("begins without being read", async () => {
    let ran = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const results = executor.map(() => (++ran === 3 ? resolve() : undefined), [1, 2, 3]);
    await promise;
    assert.equal(ran, 3);
    assert.equal((await results.toArray()).length, 3);
  });

  test("reads an endless source no further than the buffer allows", async () => {
    let taken = 0;
    let closed = false;
    function* endless(): Generator<number> {
      try {
        for (;;) yield taken++;
      } finally {
        closed = true;
      }
    }
    let most = 0;
    let read = 0;
    for await (const x of executor.map((n) => n, endless(), { buffer: 5 })) {
      assert.equal(x, read++);
      most = Math.max(most, taken - read);
      if (read === 100) break;
    }
    assert(most <= 5, `${most} items were read ahead`);
    assert.equal(closed, true);
  });

  test("reads an asynchronous source as it goes, and does not hold items back for one that is slow to come", async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    async function* source(): AsyncGenerator<number> {
      yield 1;
      yield 2;
      await gate;
      yield 3;
    }
    const results = executor.map((x) => x, source(), { chunkSize: 100 });
    assert.equal((await results.next()).value, 1);
    assert.equal((await results.next()).value, 2);
    open();
    assert.equal((await results.next()).value, 3);
    assert.equal((await results.next()).done, true);
  });

  test("gives results as they come when they need not be in order", async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const results = executor.map((x) => (x === 1 ? gate.then(() => x) : x), [1, 2, 3], {
      chunkSize: 1,
      ordered: false,
    });
    assert.equal((await results.next()).value, 2);
    open();
    assert.deepEqual(new Set(await results.toArray()), new Set([1, 3]));
  });

  test("throws a failure at its place among the results, and cancels what has not begun", async () => {
    const ran: number[] = [];
    const results = new InlineExecutor({ concurrencyPerWorker: 1 }).map(
      (x) => {
        ran.push(x);
        if (x === 3) throw new RangeError("three");
        return x;
      },
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
      { chunkSize: 1, buffer: 4 },
    );
    assert.equal((await results.next()).value, 1);
    assert.equal((await results.next()).value, 2);
    await assert.rejects(results.next(), RangeError);
    assert.equal((await results.next()).done, true);
    assert(!ran.includes(9));
    assert.equal(results.progress.failed, 1);
  });

  test("collects failures, does all items, and throws them together at the end", async () => {
    const results = executor.map(
      (x) => {
        if (x % 2 === 0) throw new Error(`even ${x}`);
        return x;
      },
      [1, 2, 3, 4, 5],
      { onError: "collect", chunkSize: 2 },
    );
    const seen: number[] = [];
    await assert.rejects(
      async () => {
        for await (const x of results) seen.push(x);
      },
      (error) => {
        assert(error instanceof AggregateError);
        assert.deepEqual(
          error.errors.map((e: Error) => e.message),
          ["even 2", "even 4"],
        );
        assert.match(error.message, /2 of 5 items failed/);
        return true;
      },
    );
    assert.deepEqual(seen, [1, 3, 5]);
    assert.deepEqual(results.progress, { done: 3, failed: 2, total: 5 });
  });

  test("passes on what the source throws, after the results before it", async () => {
    function* source(): Generator<number> {
      yield 1;
      throw new Error("source broke");
    }
    const results = executor.map((x) => x, source(), { chunkSize: 1 });
    assert.equal((await results.next()).value, 1);
    await assert.rejects(results.next(), /source broke/);
    async function* later(): AsyncGenerator<number> {
      yield 1;
      throw new Error("source broke later");
    }
    const others = executor.map((x) => x, later());
    assert.equal((await others.next()).value, 1);
    await assert.rejects(others.next(), /source broke later/);
  });

  test("ends with TimeoutError when the whole takes too long, and with the reason of its signal", async () => {
    const never = new Promise<never>(() => {});
    const late = executor.map(() => never, [1], { timeoutMs: 1 });
    await assert.rejects(late.next(), TimeoutError);
    const controller = new AbortController();
    const aborted = executor.map(() => never, [1], { signal: controller.signal });
    const waiting = aborted.next();
    controller.abort("why");
    await assert.rejects(waiting, (reason) => reason === "why");
  });

  test("a TimeoutError of the function is the function's", async () => {
    const error = new TimeoutError("something of mine", 5);
    const results = executor.map(() => Promise.reject(error), [1], { timeoutMs: 60_000 });
    await assert.rejects(results.next(), (reason) => reason === error);
  });

  test("return() ends a next() that waits", async () => {
    const never = new Promise<never>(() => {});
    const results = executor.map(() => never, [1]);
    const waiting = results.next();
    await results.return!();
    assert.equal((await waiting).done, true);
  });

  test("goes on when its source cannot be closed, and warns", async () => {
    const warning = new Promise<Error>((resolve) => process.once("warning", resolve));
    const source = {
      [Symbol.iterator]: () => ({
        next: () => ({ value: 1, done: false }),
        return: () => {
          throw new Error("will not close");
        },
      }),
    };
    for await (const x of executor.map((n) => n, source as Iterable<number>, { buffer: 2 })) {
      assert.equal(x, 1);
      break;
    }
    assert.match((await warning).message, /will not close/);
  });

  test("refuses bad options and what cannot be iterated, naming them", () => {
    const identity = (x: unknown): unknown => x;
    assert.throws(() => executor.map(identity, 5 as never), /items are number/);
    assert.throws(() => executor.map(identity, null as never), /items are null/);
    assert.throws(() => executor.map("x" as never, []), /not a function/);
    assert.throws(() => executor.map(identity, [], { chunksize: 5 } as never), /chunksize/);
    assert.throws(() => executor.map(identity, [], null as never), /null is not an object of options/);
    assert.throws(() => executor.map(identity, [], { chunkSize: 0 }), RangeError);
    assert.throws(() => executor.map(identity, [], { buffer: 1.5 }), RangeError);
    assert.throws(() => executor.map(identity, [], { buffer: "many" as never }), TypeError);
    assert.throws(() => executor.map(identity, [], { onError: "ignore" as never }), RangeError);
  });
});

test("A map over nothing gives nothing, whatever its options", async () => {
  const executor = new InlineExecutor();
  for (const items of [
    [],
    new Set<number>(),
    new Float64Array(0),
    (async function* () {})(),
  ] as Iterable<number>[]) {
    for (const options of [
      {},
      { chunkSize: 7 },
      { buffer: 1 },
      { ordered: false },
      { onError: "collect" as const },
    ])
      assert.deepEqual(await executor.map((n: number) => n, items, options).toArray(), []);
  }
});
