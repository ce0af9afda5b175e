/** A model as large as those of a real lock: nodes, lists, spinning, sleeping and timeouts. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FairLock } from "./fixtures/fair-lock.ts";
import { check, ModelFailure, type ModelHeap } from "./index.ts";

const COUNT = 192;

interface Roles {
  readonly rounds: number;
  /** How long each thread is prepared to wait. */
  readonly timeouts: readonly number[];
  readonly forgetsToLook?: boolean;
}

function counting({ rounds, timeouts, forgetsToLook = false }: Roles) {
  return (heap: ModelHeap) => ({
    threads: timeouts.map((timeoutMs) => () => {
      const lock = new FairLock(heap, forgetsToLook);
      let locked = 0;
      for (let round = 0; round < rounds; round++) {
        if (!lock.lock(timeoutMs)) continue;
        heap.poke(COUNT, heap.peek(COUNT) + 1);
        locked++;
        lock.unlock();
      }
      return locked;
    }),
    atEnd: (results: readonly unknown[]) => {
      const locked = (results as readonly number[]).reduce((sum, count) => sum + count);
      assert.equal(heap.peek(COUNT), locked, "the lock let two threads in");
      assert.deepEqual(heap.blocks(), [], "a node was not given back");
    },
  });
}

describe("check(), for a lock with a list of waiters", () => {
  for (const timeouts of [
    [Infinity, Infinity, Infinity],
    [10, Infinity, Infinity],
  ]) {
    test(`finds nothing wrong, with timeouts ${timeouts.join(", ")}`, (context) => {
      const { schedules, states } = check(counting({ rounds: 2, timeouts }), { preemptions: 2 });
      context.diagnostic(`${schedules} schedules, ${states} states`);
      assert.ok(schedules > 1000);
    });
  }

  test("finds a waiter that nobody knows of", () => {
    const program = counting({ rounds: 1, timeouts: [Infinity, Infinity], forgetsToLook: true });
    assert.throws(
      () => check(program, { preemptions: 2 }),
      (error) => error instanceof ModelFailure && error.kind === "deadlock",
    );
  });

  test("finds nothing wrong in random schedules of four threads", () => {
    const timeouts = [10, 10, Infinity, Infinity];
    assert.equal(check(counting({ rounds: 3, timeouts }), { random: 500, depth: 5 }).schedules, 500);
  });
});
