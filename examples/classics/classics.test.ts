import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { InlineExecutor, ThreadPoolExecutor } from "heddle";
import type { Executor } from "heddle";
import { boundedBuffer, boundedBufferBlocking } from "./bounded-buffer.ts";
import { diningPhilosophers, diningPhilosophersBlocking } from "./dining-philosophers.ts";
import { pingPong, pingPongBlocking } from "./ping-pong.ts";
import { primeSieve } from "./prime-sieve.ts";
import { sleepingBarber } from "./sleeping-barber.ts";
import { threadRing } from "./thread-ring.ts";

const places: readonly (readonly [string, () => Executor])[] = [
  ["as tasks of one thread", () => new InlineExecutor()],
  [
    "as tasks over two threads",
    () => new ThreadPoolExecutor({ maxWorkers: 2, concurrencyPerWorker: Infinity }),
  ],
];

for (const [place, open] of places) {
  describe(`the classics ${place}`, () => {
    const executor = open();
    after(() => executor.shutdown());

    test("ping-pong: both players hit the ball in every round", async () => {
      assert.equal(await pingPong(executor, 200), 400);
    });

    test("thread ring: the token stops where the arithmetic says", async () => {
      assert.equal(await threadRing(executor, 1_000), 498);
      assert.equal(await threadRing(executor, 7, 3), 2);
      assert.equal(await threadRing(executor, 0, 2), 1);
    });

    test("bounded buffer: every item that went in comes out once", async () => {
      assert.equal(await boundedBuffer(executor, 300), 90_300);
    });

    test("dining philosophers: all eat all their meals", async () => {
      assert.equal(await diningPhilosophers(executor, 100), 500);
    });

    test("sleeping barber: nobody leaves with his hair uncut", async () => {
      assert.equal(await sleepingBarber(executor, 50), 300);
    });

    test("prime sieve: what comes out at the end of the chain are the primes", async () => {
      assert.deepEqual(await primeSieve(executor, 30), [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]);
      assert.equal((await primeSieve(executor, 500)).length, 95);
      assert.deepEqual(await primeSieve(executor, 2), []);
    });
  });
}

describe("the classics with a thread for each party, which blocks", () => {
  const threads = new ThreadPoolExecutor({ maxWorkers: 5 });
  after(() => threads.shutdown());

  test("ping-pong: both players hit the ball in every round", async () => {
    assert.equal(await pingPongBlocking(threads, 200), 400);
  });

  test("bounded buffer: every item that went in comes out once", async () => {
    assert.equal(await boundedBufferBlocking(threads, 300), 90_300);
  });

  test("dining philosophers: all eat all their meals", async () => {
    assert.equal(await diningPhilosophersBlocking(threads, 100), 500);
  });
});
