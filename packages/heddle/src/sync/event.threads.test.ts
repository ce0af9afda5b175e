import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ThreadPoolExecutor } from "../futures/index.ts";
import { until } from "../heap/fixtures/until.ts";
import { Event, Latch } from "./index.ts";

/** In each round: waits for the starting signal, then says that it is there. */
const runRounds = (signals: readonly Event[], arrived: readonly Latch[]): number => {
  for (const [round, signal] of signals.entries()) {
    signal.waitSync();
    arrived[round]!.countDown();
  }
  return signals.length;
};

const waitFor = (event: Event): boolean => {
  event.waitSync();
  return event.isSet;
};

const playPingPong = (ping: Event, pong: Event, rounds: number): void => {
  for (let round = 0; round < rounds; round++) {
    ping.waitSync();
    ping.clear();
    pong.set();
  }
};

describe("events and latches between threads", () => {
  test("keep two threads in step, round for round", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const rounds = 100;
    const signals = Array.from({ length: rounds }, () => new Event());
    const arrived = Array.from({ length: rounds }, () => new Latch(2));
    const running = [0, 1].map(() => pool.submit(runRounds, signals, arrived));
    for (const [round, signal] of signals.entries()) {
      assert.equal(arrived[round]!.count, 2);
      signal.set();
      await arrived[round]!.wait();
    }
    assert.deepEqual(await Promise.all(running), [rounds, rounds]);
  });

  test("hand a turn back and forth, thousands of times", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const [ping, pong] = [new Event(), new Event()];
    const playing = pool.submit(playPingPong, ping, pong, 3000);
    for (let round = 0; round < 3000; round++) {
      ping.set();
      if (round % 2 === 0) pong.waitSync();
      else await pong.wait();
      pong.clear();
    }
    await playing;
    assert.deepEqual([ping.isSet, pong.isSet], [false, false]);
  });

  test("release threads and tasks when set and cleared at once", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const event = new Event();
    const threads = [0, 1].map(() => pool.submit(waitFor, event));
    const tasks = Array.from({ length: 50 }, () => event.wait());
    await until(() => event.statistics().waiters === 52);
    event.set();
    event.clear();
    await Promise.all([...threads, ...tasks]);
    assert.equal(event.statistics().waiters, 0);
  });

  test("forget a thread that waits and is terminated", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const event = new Event();
    const blocked = pool.submit(waitFor, event);
    await until(() => event.statistics().waiters === 1);
    const waiting = event.wait();
    blocked.cancel(new Error("enough"), { graceMs: 0 });
    await assert.rejects(blocked);
    await until(() => event.statistics().waiters === 1);
    event.set();
    await waiting;
  });
});
