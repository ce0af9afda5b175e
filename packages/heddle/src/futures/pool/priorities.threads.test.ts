import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { transfer } from "../../wire/index.ts";
import type { Executor } from "../executor.ts";
import type { Future } from "../future.ts";
import { InlineExecutor } from "../inline/inline-executor.ts";
import { ThreadPoolExecutor } from "../thread-pool-executor.ts";

const newWords = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * length));

/** Sets word 0, and ends when the test sets word 1. */
const hold = async (words: Int32Array): Promise<void> => {
  words[0] = 1;
  while (words[1] === 0) await new Promise(setImmediate);
};

/** Appends to a list whose length is its first word. */
const note = (list: Int32Array, n: number, _moved?: ArrayBuffer): void => void (list[++list[0]!] = n);
const noted = (list: Int32Array): number[] => [...list.subarray(1, list[0]! + 1)];

/** Has the one worker wait while `submit` makes calls, then go on until all are done. */
async function whileHeld(
  executor: Executor,
  submit: () => Future<unknown>[],
  goOn?: () => Promise<void>,
): Promise<void> {
  const words = newWords(2);
  const held = executor.submit(hold, words);
  while (words[0] === 0) await new Promise(setImmediate);
  const futures = submit();
  words[1] = 1;
  await goOn?.();
  await Promise.allSettled([held, ...futures]);
}

const KINDS: [string, () => Executor][] = [
  ["ThreadPoolExecutor", () => new ThreadPoolExecutor({ maxWorkers: 1 })],
  ["InlineExecutor", () => new InlineExecutor({ concurrencyPerWorker: 1 })],
];

for (const [kind, make] of KINDS) {
  describe(`priority on a ${kind}`, () => {
    test("has the lowest first, those without one at 0, and equal ones in order", async () => {
      await using executor = make();
      const list = newWords(10);
      const priorities = [2, undefined, -1, 2, 0, -3, 0.5, undefined, -1];
      await whileHeld(executor, () =>
        priorities.map((priority, n) =>
          executor.with(priority === undefined ? {} : { priority }).submit(note, list, n),
        ),
      );
      assert.deepEqual(noted(list), [5, 2, 8, 1, 4, 7, 6, 0, 3]);
    });

    test("orders any calls as a stable sort does, those left out that were cancelled", async () => {
      await using executor = make();
      const call = fc.record({ priority: fc.integer({ min: -3, max: 3 }), isCancelled: fc.boolean() });
      await fc.assert(
        fc.asyncProperty(fc.array(call, { maxLength: 60 }), async (calls) => {
          const list = newWords(calls.length + 1);
          await whileHeld(executor, () => {
            const futures = calls.map(({ priority }, n) => executor.with({ priority }).submit(note, list, n));
            for (const [n, { isCancelled }] of calls.entries()) if (isCancelled) futures[n]!.cancel();
            return futures;
          });
          const expected = [...calls.entries()]
            .filter(([, { isCancelled }]) => !isCancelled)
            .sort(([, one], [, other]) => one.priority - other.priority)
            .map(([n]) => n);
          assert.deepEqual(noted(list), expected);
        }),
        { numRuns: 20 },
      );
    });

    test("starves nobody: each step lets 100 later calls go before, and no more", async () => {
      await using executor = make();
      const list = newWords(1000);
      const gate = newWords(1);
      /** Ends when the gate has been opened so far. So the next one is there before this one ends. */
      const pass = async (gate: Int32Array, list: Int32Array, n: number): Promise<void> => {
        while (gate[0]! < n) await new Promise(setImmediate);
        list[++list[0]!] = n;
      };
      const urgent: Future<void>[] = [];
      const send = (): void =>
        void urgent.push(executor.with({ priority: -1 }).submit(pass, gate, list, urgent.length));
      let patient: Future<void>;
      await whileHeld(
        executor,
        () => {
          patient = executor.with({ priority: 2 }).submit(note, list, -1);
          send();
          send();
          return [patient];
        },
        async () => {
          for (let n = 0; n < 900 && !patient.done; n++) {
            await urgent[n];
            send();
            gate[0] = n + 1;
          }
          gate[0] = 1000;
        },
      );
      const before = noted(list).indexOf(-1);
      assert(before >= 298 && before <= 302, `${before} calls went before`);
    });
  });
}

describe("priority", () => {
  test("holds for what goes with a moved buffer, and among thousands that wait without one", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const list = newWords(20_000);
    await whileHeld(pool, () => [
      ...Array.from({ length: 10_000 }, (_, n) => pool.submit(note, list, n)),
      pool.with({ priority: 1 }).submit(note, list, -1, transfer(new ArrayBuffer(8))),
      pool.with({ priority: -1 }).submit(note, list, -2, transfer(new ArrayBuffer(8))),
      pool.submit(note, list, 10_000),
    ]);
    assert.deepEqual(noted(list), [-2, ...Array(10_001).keys(), -1]);
  });

  test("loses and repeats no call, with calls of all kinds on workers that end now and then", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const runs = newWords(1500);
    const work = (words: Int32Array, n: number): number => {
      words[n]!++;
      if (n % 500 === 250) process.exit(1);
      return n;
    };
    const futures = Array.from(runs, (_, n) =>
      n % 3 === 0
        ? pool.submit(work, runs, n)
        : pool.with({ priority: ((n * 7) % 11) - 5 }).submit(work, runs, n),
    );
    for (let n = 0; n < runs.length; n += 10) futures[n]!.cancel();
    const outcomes = await Promise.allSettled(futures);
    for (const [n, outcome] of outcomes.entries()) {
      if (futures[n]!.cancelled) assert.equal(runs[n], 0);
      else if (n % 500 === 250) assert.equal(outcome.status, "rejected");
      else assert.deepEqual(outcome, { status: "fulfilled", value: n });
      if (!futures[n]!.cancelled) assert.equal(runs[n], 1);
    }
  });

  test("forgets those that were called off before any worker was there, and offers the others", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const list = newWords(2000);
    const futures = Array.from({ length: 1000 }, (_, n) => pool.with({ priority: 1 }).submit(note, list, n));
    for (const future of futures.slice(0, 990)) future.cancel();
    await Promise.allSettled(futures);
    assert.deepEqual(
      noted(list),
      [...Array(10).keys()].map((n) => 990 + n),
    );
  });

  test("is refused when it is no finite number", () => {
    const executor = new InlineExecutor();
    assert.throws(() => executor.with({ priority: "1" as never }), TypeError);
    assert.throws(() => executor.with({ priority: NaN }), RangeError);
    assert.throws(() => executor.with({ priority: -Infinity }), RangeError);
  });
});

test("Cancelling more calls than the ring holds leaves those behind them to be run", async () => {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  const futures = Array.from({ length: 9000 }, (_, n) => pool.submit((x: number) => x, n));
  for (const future of futures.slice(0, 8500)) future.cancel();
  assert.deepEqual(
    await Promise.all(futures.slice(8500)),
    futures.slice(8500).map((_, n) => 8500 + n),
  );
});
