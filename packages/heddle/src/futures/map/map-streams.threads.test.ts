/** Maps over sources without end: what is read, and what is left behind. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ContextVar, currentContext, Scope } from "../../scopes/index.ts";
import type { Executor } from "../executor.ts";
import { InlineExecutor } from "../inline/inline-executor.ts";
import { ThreadPoolExecutor } from "../thread-pool-executor.ts";

const double = (n: number): number => 2 * n;

/** An asynchronous source without end that counts what becomes of it. */
class Source implements AsyncIterableIterator<number> {
  taken = 0;
  returns = 0;
  next(): Promise<IteratorResult<number>> {
    return Promise.resolve({ done: false, value: this.taken++ });
  }
  return(): Promise<IteratorResult<number>> {
    this.returns++;
    return Promise.resolve({ done: true, value: undefined });
  }
  [Symbol.asyncIterator](): this {
    return this;
  }
}

async function atRest(executor: Executor): Promise<void> {
  for (;;) {
    const { queued, running } = executor.statistics();
    if (queued + running === 0) return;
    await new Promise(setImmediate);
  }
}

const executors: [string, () => Executor][] = [
  ["threads", () => new ThreadPoolExecutor({ maxWorkers: 2 })],
  ["the event loop", () => new InlineExecutor()],
];

for (const [place, make] of executors) {
  describe(`map() over an endless asynchronous source, on ${place}`, () => {
    for (const ordered of [true, false]) {
      const order = ordered ? "in order" : "as they come";
      test(`reads no further than its buffer, ${order}`, async () => {
        await using executor = make();
        const source = new Source();
        let read = 0;
        for await (const value of executor.map(double, source, { buffer: 8, ordered })) {
          assert.ok(!ordered || value === 2 * read);
          read++;
          assert.ok(source.taken <= read + 8, `${source.taken} were taken when ${read} had been read`);
          if (read === 500) break;
        }
      });

      test(`closes it once when the loop is left, and leaves nothing behind, ${order}`, async () => {
        await using executor = make();
        const source = new Source();
        for await (const value of executor.map(double, source, { ordered })) if (value >= 100) break;
        assert.equal(source.returns, 1);
        const { taken } = source;
        await atRest(executor);
        assert.equal(source.taken, taken);
        assert.equal(await executor.submit(double, 4), 8);
        assert.equal(source.returns, 1);
      });
    }

    test("closes it when nothing was read at all", async () => {
      await using executor = make();
      const source = new Source();
      {
        await using _results = executor.map(double, source, { buffer: 4 });
      }
      assert.equal(source.returns, 1);
      await atRest(executor);
    });

    test("closes it when an item fails, the signal aborts, or time is up", async () => {
      await using executor = make();
      const failing = new Source();
      const results = executor.map(
        (n: number) => {
          if (n === 3) throw new RangeError("three");
          return n;
        },
        failing,
        { chunkSize: 1 },
      );
      await assert.rejects(results.toArray(), RangeError);
      assert.equal(failing.returns, 1);

      const controller = new AbortController();
      const aborted = new Source();
      const { signal } = controller;
      const stopped = executor.map(double, aborted, { signal, buffer: 4 });
      await stopped.next();
      controller.abort("enough");
      await assert.rejects(stopped.toArray(), (error) => error === "enough");
      assert.equal(aborted.returns, 1);

      const limited = new Source();
      const late = executor.map(double, limited, { timeoutMs: 20, buffer: 4 });
      await assert.rejects(late.toArray(), { name: "TimeoutError" });
      assert.equal(limited.returns, 1);
    });

    test("is left at once although the source has yet to give its next item", async () => {
      await using executor = make();
      const { promise: never, reject } = Promise.withResolvers<never>();
      const { promise: closed, resolve: close } = Promise.withResolvers<void>();
      async function* stuck(): AsyncGenerator<number> {
        try {
          yield 1;
          await never;
        } finally {
          close();
        }
      }
      for await (const value of executor.map(double, stuck())) {
        assert.equal(value, 2);
        break;
      }
      assert.equal(await executor.submit(double, 4), 8);
      // What the source throws when nobody wants it any more is lost on purpose.
      reject(new Error("too late"));
      await closed;
    });

    test("does not close a source that has ended or failed by itself", async () => {
      await using executor = make();
      for (const failure of [undefined, new RangeError("source")]) {
        let returns = 0;
        let left = 3;
        const step = (): IteratorResult<number> => {
          if (left-- > 0) return { done: false, value: left };
          if (failure !== undefined) throw failure;
          return { done: true, value: undefined };
        };
        const end = (): IteratorResult<number> => {
          returns++;
          return { done: true, value: undefined };
        };
        const plain = { next: step, return: end, [Symbol.iterator]: () => plain };
        const slow = {
          next: async () => step(),
          return: async () => end(),
          [Symbol.asyncIterator]: () => slow,
        };
        for (const source of [plain, slow] as (Iterable<number> | AsyncIterable<number>)[]) {
          left = 3;
          const reading = executor.map(double, source).toArray();
          if (failure === undefined) assert.deepEqual(await reading, [4, 2, 0]);
          else await assert.rejects(reading, RangeError);
          assert.equal(returns, 0);
        }
      }
    });

    test("gives the results of all items that came before the source failed, and then that", async () => {
      await using executor = make();
      const failure = new RangeError("source");
      function* plain(): Generator<number> {
        yield* [0, 1, 2];
        throw failure;
      }
      async function* slow(): AsyncGenerator<number> {
        yield* plain();
      }
      for (const source of [plain, slow]) {
        const seen: number[] = [];
        const reading = (async () => {
          for await (const value of executor.map(double, source(), { chunkSize: 10 })) seen.push(value);
        })();
        await assert.rejects(reading, (error) => error === failure);
        assert.deepEqual(seen, [0, 2, 4]);
      }
    });

    test("cancels a ReadableStream that it has not read to the end", async () => {
      await using executor = make();
      let reason: unknown = "not cancelled";
      let n = 0;
      const stream = new ReadableStream<number>({
        pull: (controller) => controller.enqueue(n++),
        cancel: (why) => void (reason = why),
      });
      for await (const value of executor.map(double, stream, { buffer: 4 })) if (value === 20) break;
      assert.equal(reason, undefined);
    });

    test("runs where the map was made, whoever reads and however far that is behind", async () => {
      await using executor = make();
      const user = new ContextVar("test.map-source", "nobody");
      for (const buffer of [1, 100]) {
        const seen = new Set<string>();
        function* plain(): Generator<number> {
          try {
            for (let n = 0; n < 20; n++) {
              seen.add(user.get());
              yield n;
            }
          } finally {
            seen.add(user.get());
          }
        }
        async function* slow(): AsyncGenerator<number> {
          yield* plain();
        }
        for (const source of [plain, slow]) {
          const results = user.run("maker", () => executor.map(double, source(), { buffer }));
          await user.run("reader", async () => {
            for await (const value of results) if (value === 30) break;
          });
          assert.deepEqual([...seen], ["maker"]);
        }
      }
    });

    test("is not told to stop with somebody who has read, nor are the calls", async () => {
      await using executor = make();
      const { promise: goesOn, resolve: goOn } = Promise.withResolvers<void>();
      async function* slow(): AsyncGenerator<number> {
        yield* [1, 2];
        await new Promise<void>((resolve, reject) => {
          void goesOn.then(resolve);
          currentContext().scope?.onCancel(reject);
        });
        yield 3;
      }
      const results = executor.map(double, slow(), { buffer: 2, chunkSize: 1 });
      assert.deepEqual(await results.next(), { done: false, value: 2 });
      const reader = new Scope();
      assert.deepEqual(await reader.run(() => results.next()), { done: false, value: 4 });
      reader.cancel("stop");
      goOn();
      assert.deepEqual(await results.next(), { done: false, value: 6 });
    });

    test("is waited for by a shutdown as long as it is read", async () => {
      const executor = make();
      async function* some(): AsyncGenerator<number> {
        for (let i = 0; i < 300; i++) yield i;
      }
      const results = executor.map(double, some(), { buffer: 1000 });
      const gone = executor.shutdown();
      assert.equal((await results.toArray()).length, 300);
      await gone;
    });
  });
}
