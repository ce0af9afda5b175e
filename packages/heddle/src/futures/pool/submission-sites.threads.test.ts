import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { ThreadPoolExecutor } from "../index.ts";

const fail = (n: number): number => {
  throw new Error(`no ${n}`);
};

async function stackOf(running: PromiseLike<unknown>): Promise<string> {
  const error: unknown = await Promise.resolve(running).then(
    () => assert.fail("it gave a value"),
    (thrown: unknown) => thrown,
  );
  return (error as Error).stack!.replace(/[^]*first submitted/, "");
}

describe("the stack of an error of a closure", () => {
  afterEach(() => {
    delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
  });

  test("says where closures like it were first submitted, for each place that makes some", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const submitHere = (n: number): PromiseLike<number> => pool.submit(() => fail(n));
    const submitThere = (n: number): PromiseLike<number> => pool.submit(() => fail(n) + 0);
    for (const n of [1, 2]) {
      assert.match(await stackOf(submitHere(n)), /^[^\n]*\n[^\n]*submitHere/);
      assert.match(await stackOf(submitThere(n)), /^[^\n]*\n[^\n]*submitThere/);
    }
  });

  test("is not taken again for each closure of a loop", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const submit = (n: number): PromiseLike<number> => pool.submit(() => n + 1);
    await submit(0);
    let taken = 0;
    Error.prepareStackTrace = (error) => (taken++, String(error));
    const results = [];
    for (let n = 0; n < 100; n++) results.push(submit(n));
    assert.equal(taken, 0);
    delete (Error as { prepareStackTrace?: unknown }).prepareStackTrace;
    assert.deepEqual(
      await Promise.all(results),
      Array.from({ length: 100 }, (_, n) => n + 1),
    );
  });
});
