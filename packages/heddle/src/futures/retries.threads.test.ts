import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { transfer, WireError } from "../wire/index.ts";
import { BrokenExecutorError } from "./errors.ts";
import { ThreadPoolExecutor } from "./thread-pool-executor.ts";

const earlierErrors = (error: unknown): Error[] => (error as { earlierErrors: Error[] }).earlierErrors;
const counter = (): Int32Array => new Int32Array(new SharedArrayBuffer(4));

describe("with({ retries }) on threads", () => {
  test("tries again a task whose worker ended, on another", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const runs = counter();
    const result = pool.with({ retries: 1 }).submit((words: Int32Array): string => {
      if (++words[0]! === 1) process.exit(3);
      return "done";
    }, runs);
    assert.equal(await result, "done");
    assert.equal(runs[0], 2);
  });

  test("gives up with how the last worker ended, and how the ones before did", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const runs = counter();
    const dying = (words: Int32Array): never => process.exit(++words[0]!);
    await assert.rejects(pool.with({ retries: 1 }).submit(dying, runs).result(), (error) => {
      assert(error instanceof BrokenExecutorError);
      assert.equal(error.exitCode, 2);
      assert.equal((earlierErrors(error)[0] as BrokenExecutorError).exitCode, 1);
      return true;
    });
  });

  test("leaves a call alone that cannot be sent, or that has moved something, which fails with its own error", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const retried = pool.with({ retries: 3 });
    await assert.rejects(retried.submit((x: unknown) => x, new WeakMap()).result(), (error) => {
      assert(error instanceof WireError);
      assert.equal(earlierErrors(error), undefined);
      return true;
    });
    const moved = transfer(new ArrayBuffer(8));
    const failing = (buffer: ArrayBuffer): never => {
      throw new RangeError(`${buffer.byteLength} bytes`);
    };
    await assert.rejects(retried.submit(failing, moved).result(), (error) => {
      assert.deepEqual(error, new RangeError("8 bytes"));
      assert.equal(earlierErrors(error), undefined);
      return true;
    });
    assert.equal(pool.statistics().rejected, 2);
  });
});
