/** {@link LockCore} under every interleaving. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, type ModelHeap } from "@heddle/testing";
import { TimeoutError } from "#heap";
import { MODEL, OBJECTS, report, seatThreads, sitDown, undertaker } from "./fixtures/model.ts";
import { FROM_THE_DEAD, LockCore } from "./lock-core.ts";

const LOCK = OBJECTS;
/** Written within the lock only. */
const INSIDE = OBJECTS + 256;
const COUNT = OBJECTS + 260;

interface Turn {
  readonly timeoutMs?: number;
}

/** Acquires and releases; gives how often it got the lock. */
function turns(heap: ModelHeap, seat: number, list: readonly Turn[]) {
  return (): number => {
    const { monitor, waits } = sitDown(heap, seat);
    const lock = new LockCore(monitor, LOCK);
    let got = 0;
    for (const turn of list) {
      try {
        const how = lock.tryAcquire() || waits.block(lock, 0, turn);
        // After a death the lock protects what the dead has left, which is for its users to mend.
        if (how === FROM_THE_DEAD) heap.poke(INSIDE, 0);
      } catch (error) {
        if (error instanceof TimeoutError) continue;
        throw error;
      }
      got++;
      assert.equal(heap.peek(INSIDE), 0, "two owners");
      heap.poke(INSIDE, 1);
      heap.poke(COUNT, heap.peek(COUNT) + 1);
      heap.poke(INSIDE, 0);
      assert.ok(lock.release());
    }
    return got;
  };
}

function contending(lists: readonly (readonly Turn[])[], mortal = false) {
  return (heap: ModelHeap) => {
    heap.name(LOCK + 8, "gate");
    heap.name(LOCK + 16, "state");
    seatThreads(heap, lists.length + 1);
    const threads = lists.map((list, seat) => turns(heap, seat, list));
    return {
      threads: mortal ? [...threads, undertaker(heap, lists.length, 0)] : threads,
      atEnd: (results: readonly unknown[]) => {
        if (mortal) return;
        const got = (results as number[]).reduce((sum, count) => sum + count, 0);
        assert.equal(heap.load(COUNT), got);
        assert.equal(heap.load(LOCK + 16), 0, "the lock is not free at the end");
      },
    };
  };
}

describe("LockCore, every interleaving", () => {
  test("has one owner at a time and wakes the next, with two threads", (context) => {
    report(context, check(contending([[{}], [{}]]), MODEL));
  });

  test("the same with three threads", (context) => {
    report(context, check(contending([[{}], [{}], [{}]]), { ...MODEL, preemptions: 2 }));
  });

  test("a wait that times out leaves no trace", (context) => {
    report(context, check(contending([[{}], [{ timeoutMs: 1 }, {}]]), { ...MODEL, preemptions: 3 }));
    report(context, check(contending([[{}], [{ timeoutMs: 1 }], [{}]]), { ...MODEL, preemptions: 2 }));
  });

  test("passes on when its owner, or one who waits, is killed at any step", (context) => {
    report(context, check(contending([[{}], [{}]], true), { ...MODEL, mortal: [0], preemptions: 3 }));
  });
});
