/** Reads of a map of which the wait ends, within scopes. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Scope } from "../../scopes/index.ts";
import { InlineExecutor } from "../inline/inline-executor.ts";
import type { MapOptions, MapResult } from "./map-options.ts";

const executor = new InlineExecutor();

/** A map whose third item is done when it is told so. */
function held(options: MapOptions = {}): { results: MapResult<number>; goOn: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const fn = async (item: number): Promise<number> => {
    if (item === 3) await promise;
    return item;
  };
  return { results: executor.map(fn, [1, 2, 3, 4], { chunkSize: 1, ...options }), goOn: resolve };
}

/** Reads in a scope that is cancelled while the read waits. */
async function stopped(read: () => Promise<unknown>): Promise<void> {
  const scope = new Scope();
  const reading = scope.run(read);
  const end = assert.rejects(reading, (error) => error === "stop");
  await new Promise((resolve) => setImmediate(resolve));
  scope.cancel("stop");
  await end;
}

describe("a wait for the results of a map that ends", () => {
  test("leaves next() all results, in their order", async () => {
    for (const options of [{}, { ordered: false }, { buffer: 1 }, { onError: "collect" as const }]) {
      const { results, goOn } = held({ buffer: 3, ...options });
      const first = [await results.next(), await results.next()].map(({ value }) => value as number);
      // As they come, what is after the third is not held back by it.
      if (options.ordered === false) first.push((await results.next()).value as number);
      await stopped(() => results.next());
      goOn();
      const rest: number[] = [];
      for await (const result of results) rest.push(result);
      assert.deepEqual(
        [...first, ...rest].toSorted((a, b) => a - b),
        [1, 2, 3, 4],
      );
      assert.deepEqual(results.progress, { done: 4, failed: 0, total: 4 });
      assert.deepEqual(await results.next(), { done: true, value: undefined });
    }
  });

  test("leaves toArray() all results, also those that it had read", async () => {
    const { results, goOn } = held({ buffer: 2 });
    await stopped(() => results.toArray());
    assert.deepEqual(await results.next(), { done: false, value: 1 });
    await stopped(() => results.toArray());
    goOn();
    assert.deepEqual(await results.toArray(), [2, 3, 4]);
    assert.deepEqual(await results.toArray(), []);
  });

  test("leaves the reads behind it their place", async () => {
    const { results, goOn } = held();
    await results.next();
    await results.next();
    const first = stopped(() => results.next());
    const behind = Promise.all([results.next(), results.next(), results.next()]);
    await first;
    goOn();
    assert.deepEqual(
      (await behind).map(({ value }) => value),
      [3, 4, undefined],
    );
  });

  test("leaves the failures their place", async () => {
    const { promise, reject } = Promise.withResolvers<never>();
    const results = executor.map((item) => (item === 2 ? promise : item), [1, 2, 3], { chunkSize: 1 });
    await results.next();
    await stopped(() => results.next());
    reject(new RangeError("no such item"));
    await assert.rejects(results.next(), /no such item/);
    assert.deepEqual(await results.next(), { done: true, value: undefined });
    assert.deepEqual(await results.toArray(), []);
  });

  test("does not keep return() from ending the map", async () => {
    const { results, goOn } = held();
    await stopped(() => results.toArray());
    await results.return!();
    goOn();
    assert.deepEqual(await results.next(), { done: true, value: undefined });
    assert.deepEqual(await results.toArray(), []);
  });
});

test("The end of the scope that a map was made in ends the map, and is told once", async () => {
  const scope = new Scope();
  const results = scope.run(() => held().results);
  const reading = results.toArray();
  scope.cancel("stop");
  await assert.rejects(reading, (error) => error === "stop");
  assert.deepEqual(await results.next(), { done: true, value: undefined });
});
