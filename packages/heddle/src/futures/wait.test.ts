import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TimeoutError } from "#heap";
import { cancelledFuture, fulfil, Future, reject } from "./future.ts";
import { InlineExecutor } from "./inline/inline-executor.ts";
import { asCompleted, type Completions, wait } from "./wait.ts";

const pending = (): Future<unknown> => new Future<unknown>({ isRunning: () => false, cancel: () => false });

describe("wait()", () => {
  test("gives those that are done and those that are not, when the first is done", async () => {
    const [a, b] = [pending(), pending()];
    const waiting = wait([a, b], { returnWhen: "FIRST_COMPLETED" });
    fulfil(b, 1);
    const { done, notDone } = await waiting;
    assert.deepEqual([...done], [b]);
    assert.deepEqual([...notDone], [a]);
  });

  test("counts a future that is given twice once, and a cancelled one as done", async () => {
    const a = pending();
    const cancelled = cancelledFuture("why");
    const waiting = wait([a, a, cancelled]);
    fulfil(a, 1);
    const { done, notDone } = await waiting;
    assert.deepEqual([...done], [cancelled, a]);
    assert.equal(notDone.size, 0);
  });

  test("returns at once for what is done already, and for no futures at all", async () => {
    const a = pending();
    fulfil(a, 1);
    assert.equal((await wait([a, pending()], { returnWhen: "FIRST_COMPLETED" })).done.size, 1);
    assert.equal((await wait([])).done.size, 0);
  });

  test("FIRST_EXCEPTION waits for all unless one fails", async () => {
    const [a, b, c] = [pending(), pending(), pending()];
    const waiting = wait([a, b, c], { returnWhen: "FIRST_EXCEPTION" });
    fulfil(a, 1);
    reject(b, new Error("no"));
    const { done, notDone } = await waiting;
    assert.deepEqual([...done], [a, b]);
    assert.deepEqual([...notDone], [c]);
  });

  test("gives the partial split when time runs out", async () => {
    const [a, b] = [pending(), pending()];
    fulfil(a, 1);
    const { done, notDone } = await wait([a, b], { timeoutMs: 1 });
    assert.deepEqual([...done], [a]);
    assert.deepEqual([...notDone], [b]);
  });

  test("throws the reason when its signal aborts", async () => {
    const controller = new AbortController();
    const waiting = wait([pending()], { signal: controller.signal });
    controller.abort("why");
    await assert.rejects(waiting, (reason) => reason === "why");
  });

  test("loses no completion of a hundred that race", async () => {
    const futures = Array.from({ length: 100 }, pending);
    const waiting = wait(futures);
    for (const future of futures) setImmediate(() => fulfil(future, 1));
    const { done, notDone } = await waiting;
    assert.equal(done.size, 100);
    assert.equal(notDone.size, 0);
  });

  test("refuses what is no future, and an unknown returnWhen", async () => {
    await assert.rejects(wait([1 as never]), TypeError);
    await assert.rejects(wait([], { returnWhen: "SOMETIMES" as never }), RangeError);
  });
});

describe("asCompleted()", () => {
  test("gives finished ones first, then each as it comes, and each once", async () => {
    const [a, b, c] = [pending(), pending(), pending()];
    fulfil(b, 1);
    const seen: Future<unknown>[] = [];
    for await (const future of asCompleted([a, b, c, b])) {
      seen.push(future);
      if (future === b) reject(c, new Error("no"));
      if (future === c) fulfil(a, 2);
    }
    assert.deepEqual(seen, [b, c, a]);
    await assert.rejects(c.result());
  });

  test("throws TimeoutError that counts what is left", async () => {
    const [a, b] = [pending(), pending()];
    fulfil(a, 1);
    const completions = asCompleted([a, b], { timeoutMs: 1 });
    assert.equal((await completions.next()).value, a);
    await assert.rejects(completions.next(), (error) => {
      assert(error instanceof TimeoutError);
      assert.match(error.message, /1 \(of 2\) futures unfinished/);
      return true;
    });
  });

  test("takes futures of several types, and gives values of each of them", async () => {
    const executor = new InlineExecutor();
    const [one, two] = [executor.submit(() => 1), executor.submit(() => "two")];
    const values: (number | string)[] = [];
    for await (const future of asCompleted([one, two])) values.push(await future);
    assert.deepEqual(values, [1, "two"]);
    const texts: Completions<string> = asCompleted<string>(new Set([two]));
    // @ts-expect-error -- one of the values is a number
    const wrong: Completions<string> = asCompleted([one, two]);
    for (const completions of [texts, wrong]) await completions.return();
  });

  test("ends early when left, and when its signal aborts", async () => {
    const [a, b] = [pending(), pending()];
    fulfil(a, 1);
    for await (const future of asCompleted([a, b])) {
      assert.equal(future, a);
      break;
    }
    const controller = new AbortController();
    const completions = asCompleted([b], { signal: controller.signal });
    const step = completions.next();
    controller.abort("why");
    await assert.rejects(step, (reason) => reason === "why");
    assert.equal((await asCompleted([]).next()).done, true);
  });

  test("answers several calls of next() one after the other", async () => {
    const [a, b] = [pending(), pending()];
    const completions = asCompleted([a, b]);
    const steps = Promise.all([completions.next(), completions.next(), completions.next()]);
    fulfil(b, 1);
    fulfil(a, 1);
    const [first, second, third] = await steps;
    assert.deepEqual(new Set([first.value, second.value]), new Set([a, b]));
    assert.equal(third.done, true);
  });
});
