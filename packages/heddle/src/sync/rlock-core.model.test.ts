/** {@link RLockCore} under every interleaving. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, type ModelHeap } from "@heddle/testing";
import { finding, MODEL, OBJECTS, report, seatThreads, sitDown, undertaker } from "./fixtures/model.ts";
import { type Acquired, FROM_THE_DEAD } from "./lock-words.ts";
import { RLockCore } from "./rlock-core.ts";
import type { Monitor } from "./waiting/monitor.ts";

type Kind = new (monitor: Monitor, object: number) => RLockCore;

const LOCK = OBJECTS;
const INSIDE = OBJECTS + 256;

/** Acquires twice, and releases as often. */
function nested(heap: ModelHeap, seat: number, kind: Kind) {
  return (): void => {
    const { monitor, waits } = sitDown(heap, seat);
    const lock = new kind(monitor, LOCK);
    const how = lock.tryAcquire() || waits.block(lock, 0);
    if (how === FROM_THE_DEAD) heap.poke(INSIDE, 0);
    assert.equal(heap.peek(INSIDE), 0, "two owners");
    heap.poke(INSIDE, 1);
    assert.notEqual(lock.tryAcquire(), 0, "the owner cannot acquire again");
    assert.ok(lock.releaseOnce());
    assert.equal(heap.peek(INSIDE), 1);
    heap.poke(INSIDE, 0);
    assert.ok(lock.releaseOnce());
    assert.ok(!lock.releaseOnce(), "released more often than acquired");
  };
}

const contending = (count: number, kind: Kind, mortal: boolean) => (heap: ModelHeap) => {
  heap.name(LOCK + 16, "state");
  seatThreads(heap, count + 1);
  const threads = Array.from({ length: count }, (_, seat) => nested(heap, seat, kind));
  return mortal ? [...threads, undertaker(heap, count, 0)] : threads;
};

/**
 * Thread 0 waits without blocking; thread 1 hands over to it, and may die at that. If thread 0 finds that it owns the lock
 * before it was told, then that is not undone any more.
 */
const early = (kind: Kind) => (heap: ModelHeap) => {
  const inLine = OBJECTS + 260;
  seatThreads(heap, 3);
  assert.notEqual(new RLockCore(sitDown(heap, 1).monitor, LOCK).tryAcquire(), 0);
  return [
    (): void => {
      const { monitor, nodes } = sitDown(heap, 0);
      const lock = new kind(monitor, LOCK);
      const node = nodes.take({ object: LOCK, want: 0, isAsync: true, group: 0 });
      monitor.enter(LOCK);
      const isDone = lock.enlist(node);
      monitor.leave();
      if (isDone) return;
      heap.store(inLine, 1);
      heap.notify(inLine);
      if (!lock.isMine) return;
      assert.notEqual(lock.tryAcquire(), 0);
      monitor.enter(LOCK);
      assert.ok(lock.isOwn, "what it had seen was undone");
      monitor.leave();
    },
    (): void => {
      while (heap.load(inLine) === 0) heap.wait(inLine, 0);
      const lock = new RLockCore(sitDown(heap, 1).monitor, LOCK);
      lock.releaseOwn(lock.turn);
    },
    undertaker(heap, 2, 1),
  ];
};

describe("RLockCore, every interleaving", () => {
  test("has one owner at a time, who may acquire it again", (context) => {
    report(context, check(contending(2, RLockCore, false), { ...MODEL, preemptions: 3 }));
    report(context, check(contending(3, RLockCore, false), { ...MODEL, preemptions: 1 }));
  });

  test("passes on when its owner, or one who waits, is killed at any step", (context) => {
    report(context, check(contending(2, RLockCore, true), { ...MODEL, mortal: [0], preemptions: 2 }));
  });

  test("is its new owner's for good once that has found it so, whatever happens to the owner before", (context) => {
    const options = { ...MODEL, mortal: [1], sleepers: [1], preemptions: 3 };
    report(context, check(early(RLockCore), options));
  });
});

describe("the model of RLockCore is alert", () => {
  class ReleasesAllLevels extends RLockCore {
    override releaseOnce(): boolean {
      return this.isMine && this.releaseOwn(this.turn);
    }
  }

  class ForgetsToCount extends RLockCore {
    override tryAcquire(): Acquired {
      return this.isMine ? 1 : super.tryAcquire();
    }
  }

  class BelievesWhatItSees extends RLockCore {
    override get isMine(): boolean {
      return this.isOwn;
    }
  }

  test("is found: a release of all levels at once", () => {
    assert.equal(finding(contending(2, ReleasesAllLevels, false), MODEL), "assertion");
  });

  test("is found: an acquire that is not counted", () => {
    assert.equal(finding(contending(2, ForgetsToCount, false), MODEL), "assertion");
  });

  test("is found: an owner that believes a state that may be undone", () => {
    const options = { ...MODEL, mortal: [1], sleepers: [1], preemptions: 3 };
    assert.equal(finding(early(BelievesWhatItSees), options), "assertion");
  });
});
