import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ThreadPoolExecutor } from "../futures/index.ts";
import { until } from "../heap/fixtures/until.ts";
import { Barrier, Semaphore } from "./index.ts";

/** In each round: writes the round, waits, and looks whether all have written it, then waits again. */
const keepStep = (barrier: Barrier, words: Int32Array, index: number, rounds: number): number => {
  for (let round = 1; round <= rounds; round++) {
    words[index] = round;
    barrier.waitSync();
    if (words.some((word) => word !== round)) throw new Error(`out of step in round ${round}`);
    barrier.waitSync();
  }
  return rounds;
};

const waitAt = (barrier: Barrier): number => barrier.waitSync();

describe("a Barrier between threads", () => {
  test("keeps threads in lockstep over a thousand rounds", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const barrier = new Barrier(2);
    const words = new Int32Array(new SharedArrayBuffer(8));
    const running = [0, 1].map((index) => pool.submit(keepStep, barrier, words, index, 500));
    assert.deepEqual(await Promise.all(running), [500, 500]);
  });

  test("runs its action once a round, in whatever thread the last one is", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const runs = new Semaphore(0);
    const barrier = new Barrier(3, { action: () => runs.release() });
    for (let round = 1; round <= 20; round++) {
      const threads = [0, 1].map(() => pool.submit(waitAt, barrier));
      // Every other time this thread is the last.
      if (round % 2 === 0) await until(() => barrier.waiting === 2);
      const indices = await Promise.all([...threads, barrier.wait()]);
      assert.deepEqual(
        indices.toSorted((a, b) => a - b),
        [0, 1, 2],
      );
      assert.equal(runs.available, round);
    }
  });

  test("keeps its action when the thread that made it has ended", async () => {
    const runs = new Semaphore(0);
    let barrier: Barrier;
    {
      await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
      barrier = await pool.submit(
        (semaphore: Semaphore) => new Barrier(2, { action: () => semaphore.release() }),
        runs,
      );
    }
    assert.deepEqual(await Promise.all([barrier.wait(), barrier.wait()]), [0, 1]);
    assert.equal(runs.available, 1);
  });

  test("goes with an action that refers to it, in whatever it is sent", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const runs = new Semaphore(0);
    const barrier: Barrier = new Barrier(1, { action: () => runs.release(barrier.parties) });
    const pass = (): number => barrier.waitSync();
    assert.equal(await pool.submit(pass), 0);
    assert.deepEqual([await pool.submit(waitAt, barrier), pass(), runs.available], [0, 0, 3]);
  });

  test("does not leave the thread whose variables its action changes, and says why", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    let rounds = 0;
    const barrier = new Barrier(1, { action: () => void rounds++ });
    barrier.waitSync();
    await assert.rejects(pool.submit(waitAt, barrier), {
      name: "PortabilityError",
      message: /^Cannot send function "action" .*it assigns to "rounds"/,
    });
    await barrier.wait();
    assert.equal(rounds, 2);
  });

  test("counts those for the next round who come while the action runs", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const [entered, leave] = [new Semaphore(0), new Semaphore(0)];
    const action = (): void => {
      entered.release();
      leave.acquireSync();
    };
    const barrier = new Barrier(2, { action });
    const first = barrier.wait();
    const acting = pool.submit(waitAt, barrier);
    await entered.acquire();
    leave.release(2);
    const next = [barrier.wait(), barrier.wait()];
    assert.deepEqual(await Promise.all([first, acting, ...next]), [0, 1, 0, 1]);
  });

  test("breaks for the others when a thread that waits is terminated", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const barrier = new Barrier(3);
    const blocked = pool.submit(waitAt, barrier);
    await until(() => barrier.waiting === 1);
    const waiting = barrier.wait();
    blocked.cancel(new Error("enough"), { graceMs: 0 });
    await assert.rejects(waiting, { code: "ERR_HEDDLE_BROKEN_BARRIER" });
    await assert.rejects(blocked);
    assert.ok(barrier.broken);
  });

  test("breaks for the others when the thread that runs the action is terminated", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const entered = new Semaphore(0);
    const action = (): never => {
      entered.release();
      for (;;);
    };
    const barrier = new Barrier(2, { action });
    const waiting = barrier.wait();
    const acting = pool.submit(waitAt, barrier);
    await entered.acquire();
    acting.cancel(new Error("enough"), { graceMs: 0 });
    await assert.rejects(waiting, { code: "ERR_HEDDLE_BROKEN_BARRIER" });
    await assert.rejects(acting);
  });
});
