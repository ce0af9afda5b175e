import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Executor } from "./executor.ts";
import { InlineExecutor } from "./inline/inline-executor.ts";
import { ThreadPoolExecutor } from "./thread-pool-executor.ts";
import { toThread } from "./to-thread.ts";
import { asCompleted, wait } from "./wait.ts";

/** The first line after the worker's own: where the call came from. */
const firstLine = (error: unknown): string => {
  const [, origin] = (error as Error).stack!.split(/^ +--- .* ---\n/m);
  return origin?.split("\n")[0] ?? "";
};

const failing = (): (() => never) => () => {
  throw new RangeError("no");
};

describe("The stack of an error that came from a worker", () => {
  test("goes on with who submitted the call, not with how that was done", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const ways: [string, () => unknown][] = [
      ["submit", () => pool.submit(failing()).result()],
      ["with", () => pool.with({ name: "named" }).submit(failing()).result()],
      ["retries", () => pool.with({ retries: 1 }).submit(failing()).result()],
      ["map", () => pool.map(failing(), [1, 2]).toArray()],
      ["broadcast", () => pool.broadcast(failing())],
      ["toThread", () => toThread(failing()).result()],
    ];
    for (const [way, call] of ways) {
      await assert.rejects(
        async () => await call(),
        (error) => {
          assert.match(firstLine(error), /doors\.threads\.test\.ts:\d+:\d+/, way);
          return true;
        },
      );
    }
  });
});

describe("Options of a name that nobody reads", () => {
  const executors: Executor[] = [new ThreadPoolExecutor(), new InlineExecutor()];

  test("are refused, and the error names the one that was probably meant", async () => {
    for (const executor of executors) {
      assert.throws(() => executor.with({ timeout: 3 } as never), {
        name: "TypeError",
        message: /^Cannot take the option timeout of a task: write timeoutMs; this release knows signal, /,
      });
      assert.throws(() => executor.map((n: number) => n, [1], { chunksize: 3 } as never), /write chunkSize/);
      assert.throws(() => executor.map((n: number) => n, [1], { timeout: 3 } as never), /write timeoutMs/);
      await assert.rejects(async () => executor.ready({ timeout: 3 } as never), /write timeoutMs/);
      assert.throws(() => executor.shutdown({ cancel_pending: true } as never), /write cancelPending/);
      const future = executor.submit((n: number) => n, 1);
      await assert.rejects(future.result({ timeout: 3 } as never), /write timeoutMs/);
      await assert.rejects(future.exception({ sginal: 3 } as never), /write signal/);
      assert.throws(() => future.cancel("why", { grace: 3 } as never), /write graceMs/);
      assert.equal(await future, 1);
    }
  });

  test("and values of the wrong kind are refused: TypeError for what is no number, RangeError for one out of range", async () => {
    const text = "3" as never;
    for (const executor of executors) {
      for (const option of ["timeoutMs", "graceMs"])
        assert.throws(() => executor.with({ [option]: text }), TypeError);
      assert.throws(() => executor.shutdown({ graceMs: text }), TypeError);
      assert.throws(() => executor.shutdown({ wait: text }), TypeError);
      assert.throws(() => executor.shutdown({ cancelPending: text }), /cancelPending .* is not a boolean/);
      assert.throws(() => executor.map((n: number) => n, [1], { timeoutMs: text }), TypeError);
      assert.throws(
        () => executor.map((n: number) => n, [1], [] as never),
        /an array is not an object of options/,
      );
      const future = executor.submit((n: number) => n, 1);
      await assert.rejects(future.result({ timeoutMs: text }), TypeError);
      assert.throws(() => future.cancel("why", { graceMs: text }), TypeError);
      assert.equal(await future, 1);
    }
    assert.throws(() => new ThreadPoolExecutor({ idleTimeoutMs: text }), TypeError);
    const limits = (resourceLimits: object): ThreadPoolExecutor => new ThreadPoolExecutor({ resourceLimits });
    assert.throws(() => limits({ maxOldGenerationSizeMb: "64" }), TypeError);
    assert.throws(() => limits({ maxOldGenerationSizeMb: -1 }), RangeError);
    assert.throws(() => limits({ maxOldGenerationSize: 64 }), /write maxOldGenerationSizeMb/);
    for (const none of [undefined, null, 3, {}]) {
      await assert.rejects(wait(none as never), {
        name: "TypeError",
        message: /^Cannot wait: .* is no list of futures$/,
      });
      assert.throws(() => asCompleted(none as never), TypeError);
    }
  });

  test("are listed where none is like it", () => {
    assert.throws(() => new ThreadPoolExecutor({ filename: "x" } as never), {
      message: /^Cannot take the option filename of a pool: this release knows maxWorkers, minWorkers, /,
    });
    assert.throws(() => new ThreadPoolExecutor({ maxworker: 2 } as never), /write maxWorkers/);
    assert.throws(() => new InlineExecutor({ max_queued: 2 } as never), /write maxQueued/);
  });
});
