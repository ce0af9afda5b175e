import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Timer } from "../workers/index.ts";
import { InlineExecutor, ThreadPoolExecutor } from "./index.ts";

describe("what stays in its thread is refused, and the error says what to do instead", () => {
  const told = (found: RegExp): object => ({ code: "ERR_HEDDLE_NOT_PORTABLE", message: found });

  test("an executor, as an argument and captured", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const named = (executor: object): string => typeof executor;
    await assert.rejects(
      pool.submit(named, pool),
      told(
        /instance of class "ThreadPoolExecutor" \(args\[0\]\).*its workers answer to .*; make an executor there/,
      ),
    );
    await assert.rejects(
      pool.submit(named, new InlineExecutor()),
      told(/"InlineExecutor".*make an executor/),
    );
    await assert.rejects(
      pool.submit(() => pool.name),
      told(/"ThreadPoolExecutor" \(pool\).*make an executor there/),
    );
  });

  test("a future", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const future = pool.submit(() => 1);
    await assert.rejects(
      pool.submit((n: object) => n, future),
      told(/"Future" \(args\[0\]\).*; await it/),
    );
    assert.equal(await future, 1);
  });

  test("a timer", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const timer = new Timer(1, () => {});
    await assert.rejects(
      pool.submit((n: object) => n, timer),
      told(/"Timer" \(args\[0\]\).*make a Timer/),
    );
  });
});
