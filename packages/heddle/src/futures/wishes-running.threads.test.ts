/**
 * What users of other tools wish for, wish by wish, as counted from the issues of piscina, workerpool, poolifier, comlink and
 * others: running tasks. The numbers in parentheses are issues there.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { threadId } from "node:worker_threads";
import { TimeoutError } from "#heap";
import { ContextVar } from "../scopes/index.ts";
import { currentTask } from "../tasks/index.ts";
import { ThreadPoolExecutor } from "./thread-pool-executor.ts";

const newWords = (): Int32Array => new Int32Array(new SharedArrayBuffer(16));

/** Says in word 0 that it runs, and goes on until word 1 is set. */
const hold = async (words: Int32Array): Promise<number> => {
  words[0] = 1;
  while (words[1] === 0) await new Promise(setImmediate);
  return threadId;
};
/** Says in word 0 that it runs, and never heeds anything. */
const spin = (words: Int32Array): never => {
  words[0] = 1;
  for (;;);
};
/** Says in word 0 that it runs, and ends when it is told to stop. */
const heed = async (words: Int32Array): Promise<never> => {
  const { signal } = currentTask();
  words[0] = 1;
  await once(signal, "abort");
  words[1] = 1;
  throw signal.reason;
};

async function isSet(words: Int32Array, place: number): Promise<void> {
  while (words[place] === 0) await new Promise(setImmediate);
}

describe("The wish", () => {
  test("4. to cancel a running task without losing its worker: its signal first, then a hard stop (poolifier #888, piscina #156)", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const worker = await pool.submit(() => threadId);
    const reason = new Error("no longer wanted");

    const heeded = newWords();
    const controller = new AbortController();
    const polite = pool.with({ signal: controller.signal }).submit(heed, heeded);
    await isSet(heeded, 0);
    controller.abort(reason);
    await assert.rejects(polite.result(), (error) => error === reason);
    await isSet(heeded, 1);
    assert.equal(await pool.submit(() => threadId), worker);

    const told = newWords();
    const late = pool.submit(heed, told);
    await isSet(told, 0);
    assert.equal(late.cancel(reason, { graceMs: 600_000 }), true);
    await assert.rejects(late.result(), (error) => error === reason);
    await isSet(told, 1);
    assert.equal(await pool.submit(() => threadId), worker);

    const spun = newWords();
    const stubborn = pool.submit(spin, spun);
    await isSet(spun, 0);
    assert.equal(stubborn.cancel(reason, { graceMs: 10 }), true);
    await assert.rejects(stubborn.result(), (error) => error === reason);
    assert.notEqual(await pool.submit(() => threadId), worker);
  });

  test("4. that aborting one task touches no other and never wedges the queue (piscina #934 #805)", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const [aborted, neighbour] = [newWords(), newWords()];
    const controller = new AbortController();
    const limited = pool.with({ signal: controller.signal });
    const stubborn = limited.submit(spin, aborted);
    const beside = pool.submit(hold, neighbour);
    await Promise.all([isSet(aborted, 0), isSet(neighbour, 0)]);
    const queued = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? limited : pool).submit(() => i));
    controller.abort();
    const outcomes = await Promise.allSettled(queued);
    for (const [i, outcome] of outcomes.entries()) {
      if (i % 2 === 0) assert.equal(outcome.status, "rejected");
      else assert.deepEqual(outcome, { status: "fulfilled", value: i });
    }
    await assert.rejects(stubborn.result(), { name: "AbortError" });
    assert.equal(beside.state, "running");
    neighbour[1] = 1;
    assert.notEqual(await beside, threadId);
  });

  test("5. for a timeout that counts from the start of the run (piscina #869)", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const words = newWords();
    const holding = pool.submit(hold, words);
    await isSet(words, 0);
    const timeoutMs = 20;
    const queued = pool.with({ timeoutMs }).submit(() => "in time");
    const end = performance.now() + 2 * timeoutMs;
    while (performance.now() < end) await new Promise(setImmediate);
    words[1] = 1;
    assert.equal(await queued, "in time");
    await holding;
    await assert.rejects(
      pool.with({ timeoutMs, name: "slow" }).submit(spin, newWords()).result(),
      (error) => {
        assert(error instanceof TimeoutError);
        assert.match(error.message, /task slow on worker pool-/);
        return true;
      },
    );
  });

  test("6. that idle workers keep their timers, sockets and telemetry alive (piscina #346 #331)", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const words = newWords();
    const port = await pool.submit(async (ticks: Int32Array) => {
      setInterval(() => ticks[0]!++, 1);
      const server = createServer((_, response) => response.end("alive")).listen(0, "127.0.0.1");
      await once(server, "listening");
      return (server.address() as AddressInfo).port;
    }, words);
    for (let i = 0; i < 5; i++) {
      const before = words[0]!;
      while (words[0]! < before + 3) await new Promise(setImmediate);
      const { running, queued } = pool.statistics();
      assert.deepEqual({ running, queued }, { running: 0, queued: 0 });
      const response = await fetch(`http://127.0.0.1:${port}`, { headers: { connection: "close" } });
      assert.equal(await response.text(), "alive");
    }
  });

  test("7. for streams in and out, with back-pressure (piscina #110, comlink #435)", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const buffer = 8;
    const made = newWords();
    const stream = await pool.with({ buffer }).submit(async function* (words: Int32Array) {
      for (let i = 0; ; i++) {
        words[0] = i + 1;
        yield i;
      }
    }, made);
    let read = 0;
    for await (const value of stream) {
      assert.equal(value, read++);
      assert(made[0]! <= read + buffer + 1, `${made[0]} values are made, and ${read} read`);
      await new Promise(setImmediate);
      if (read === 200) break;
    }

    let pulled = 0;
    const source = async function* (): AsyncGenerator<number> {
      for (;;) yield pulled++;
    };
    let answered = 0;
    for await (const value of pool.map((n: number) => n * 2, source(), { buffer })) {
      assert.equal(value, 2 * answered++);
      assert(pulled <= answered + buffer + 1, `${pulled} items are read, and ${answered} answered`);
      await new Promise(setImmediate);
      if (answered === 200) break;
    }
  });

  test("8. for a set-up, and for broadcasts, on every worker (piscina #113 #136, workerpool #139 #185)", async () => {
    const place = globalThis as { rates?: Map<string, number> };
    await using pool = new ThreadPoolExecutor({
      maxWorkers: 2,
      initializer: async () => {
        await new Promise(setImmediate);
        place.rates = new Map([["tea", 7]]);
      },
    });
    const rateOf = (what: string): number | undefined => place.rates!.get(what);
    assert.deepEqual(await pool.map(rateOf, Array<string>(20).fill("tea")).toArray(), Array(20).fill(7));
    const workers = await pool.broadcast(() => {
      place.rates!.set("coffee", 19);
      return threadId;
    });
    assert.equal(new Set(workers).size, 2);
    assert.deepEqual(await pool.broadcast(rateOf, "coffee"), [19, 19]);
    assert.equal(place.rates, undefined);
  });

  test("9. that what AsyncLocalStorage holds here reaches the worker, and its callbacks there (piscina #840)", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1, concurrencyPerWorker: 2 });
    const user = new ContextVar("wishes.user", "nobody");
    const who = async (): Promise<string[]> => {
      const seen = [user.get()];
      await new Promise<void>((resolve) =>
        setTimeout(() => {
          seen.push(user.get());
          resolve();
        }, 1),
      );
      return [...seen, user.get()];
    };
    const [ann, ben, none] = await Promise.all([
      user.run("ann", () => pool.submit(who)),
      user.run("ben", () => pool.submit(who)),
      pool.submit(who),
    ]);
    assert.deepEqual(ann, ["ann", "ann", "ann"]);
    assert.deepEqual(ben, ["ben", "ben", "ben"]);
    assert.deepEqual(none, ["nobody", "nobody", "nobody"]);
  });

  test("10. for strict first in, first out, and no starvation (piscina #1031)", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const words = newWords();
    const holding = pool.submit(hold, words);
    await isSet(words, 0);
    const begun = globalThis as { begun?: number[] };
    const begin = (place: number): void => void (begun.begun ??= []).push(place);
    // 20,000 are more than the ring between the threads holds. As results come, others arrive behind those that wait.
    let submitted = 0;
    const submit = (): Promise<void> => pool.submit(begin, submitted++).result();
    const first = Array.from({ length: 20_000 }, submit);
    const late = Promise.all(first.map((result) => result.then(() => submit())));
    words[1] = 1;
    await holding;
    await Promise.all(first);
    await late;
    const order = await pool.submit(() => begun.begun!);
    assert.equal(order.length, 40_000);
    assert(order.every((place, i) => place === i));
  });
});
