/** {@link ConditionCore} under every interleaving, with a plain lock and with a reentrant one. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, ModelHeap } from "@heddle/testing";
import { ConditionCore } from "./condition-core.ts";
import {
  finding,
  MODEL,
  type ModelSelf as Self,
  OBJECTS,
  report,
  seatThreads,
  sitDown,
  undertaker,
} from "./fixtures/model.ts";
import { LockCore } from "./lock-core.ts";
import { FROM_THE_DEAD, NOTIFIED } from "./lock-words.ts";
import { ObjectKind } from "./object-kinds.ts";
import { RLockCore } from "./rlock-core.ts";
import { settleEnd } from "./waiting/ends.ts";
import { registerReclaim } from "./waiting/reclaims.ts";
import type { Monitor } from "./waiting/monitor.ts";
import { append, move } from "./waiting/wait-list.ts";
import type { Place } from "./waiting/waits.ts";

type LockKind = new (monitor: Monitor, object: number) => LockCore;
type Kind = new (monitor: Monitor, object: number, lock: LockCore) => ConditionCore;

const LOCK = OBJECTS;
const CONDITION = OBJECTS + 128;
/** Items there are; written within the lock only. */
const ITEMS = OBJECTS + 256;

interface Kinds {
  readonly lock?: LockKind;
  readonly condition?: Kind;
}

const reclaimAs = (kind: LockKind): void =>
  registerReclaim(ObjectKind.LOCK, (monitor, object, node) => new kind(monitor, object).reclaim(node));
reclaimAs(LockCore);

/** What one thread of a model has. */
function enter(heap: ModelHeap, seat: number, { lock: L = LockCore, condition: C = ConditionCore }: Kinds) {
  const { monitor, waits } = sitDown(heap, seat);
  const lock = new L(monitor, LOCK);
  const condition = new C(monitor, CONDITION, lock);
  const acquire = (): void => {
    if ((lock.tryAcquire() || waits.block(lock, 0)) === FROM_THE_DEAD) heap.poke(ITEMS, heap.peek(ITEMS));
  };
  const release = (): void => {
    if (lock instanceof RLockCore) assert.ok(lock.releaseOnce());
    else assert.ok(lock.releaseOwn(lock.turn), "the owner is not the owner");
  };
  /** Gives whether it was notified in time. */
  const wait = (timeoutMs?: number): boolean => {
    let inTime = true;
    const place: Place<boolean> = {
      object: LOCK,
      operation: "Condition.wait()",
      enlist(node) {
        condition.enlist(node);
        return false;
      },
      pump: () => lock.pump(),
      withdraw(node) {
        if (condition.expire(node)) inTime = false;
        return false;
      },
      collect(node) {
        lock.collect(node);
        return inTime;
      },
    };
    const result = waits.block(place, 0, timeoutMs === undefined ? {} : { timeoutMs });
    assert.ok(lock.isOwn, "a wait has ended without the lock");
    return result;
  };
  return { lock, condition, acquire, release, wait };
}

/** Takes an item, and waits for one before that. */
function consumer(heap: ModelHeap, seat: number, kinds: Kinds, timeoutMs?: number) {
  return (): boolean => {
    const { acquire, release, wait } = enter(heap, seat, kinds);
    acquire();
    let inTime = true;
    while (heap.peek(ITEMS) === 0 && inTime) inTime = wait(timeoutMs);
    const isThere = heap.peek(ITEMS) > 0;
    if (isThere) heap.poke(ITEMS, heap.peek(ITEMS) - 1);
    release();
    return isThere;
  };
}

function producer(heap: ModelHeap, seat: number, kinds: Kinds, count: number) {
  return (): void => {
    const { condition, acquire, release } = enter(heap, seat, kinds);
    acquire();
    heap.poke(ITEMS, heap.peek(ITEMS) + count);
    condition.notify(count);
    release();
  };
}

function prepare(heap: ModelHeap, count: number): void {
  heap.name(LOCK + 8, "gate");
  heap.name(LOCK + 16, "state");
  heap.poke(LOCK, ObjectKind.LOCK);
  seatThreads(heap, count);
}

const handingOver = (kinds: Kinds) => (heap: ModelHeap) => {
  prepare(heap, 2);
  return [consumer(heap, 0, kinds), producer(heap, 1, kinds, 1)];
};

/** One of two who wait may run out of time; the other one must not miss its notify. */
const impatient = (kinds: Kinds) => (heap: ModelHeap) => {
  prepare(heap, 3);
  return {
    threads: [consumer(heap, 0, kinds, 1), consumer(heap, 1, kinds), producer(heap, 2, kinds, 1)],
    // The item goes to one of them: to the patient one, if the other gave up without it.
    atEnd: ([got]: readonly unknown[]) => assert.ok(got === false, "the patient one still waits"),
  };
};

/** Of two who wait one may be killed. If that was in the middle of something, whoever comes next tells the other. */
function heirs(heap: ModelHeap) {
  prepare(heap, 4);
  const bury = undertaker(heap, 3, 0);
  const look = (): void => {
    bury();
    const { lock, condition, release } = enter(heap, 3, {});
    const how = lock.tryAcquire();
    if (how === FROM_THE_DEAD) condition.notify(1);
    if (how !== 0) release();
  };
  return {
    threads: [consumer(heap, 0, {}), consumer(heap, 1, {}), producer(heap, 2, {}, 1), look],
    atEnd: ([, heir]: readonly unknown[]) =>
      assert.ok(heir === true || heap.peek(ITEMS) === 0, "it sleeps, though there is an item"),
  };
}

/** Whoever is not killed, or not notified, may wait for ever. */
const OF_HEIRS = { ...MODEL, mortal: [0], sleepers: [0, 1, 3] };

describe("ConditionCore, every interleaving", () => {
  for (const lock of [LockCore, RLockCore]) {
    test(`loses no notify, with a ${lock.name}`, (context) => {
      report(context, check(handingOver({ lock }), { ...MODEL, preemptions: 3 }));
    });
  }

  test("wakes as many as it is told", (context) => {
    const program = (heap: ModelHeap) => {
      prepare(heap, 3);
      return [consumer(heap, 0, {}), consumer(heap, 1, {}), producer(heap, 2, {}, 2)];
    };
    report(context, check(program, { ...MODEL, preemptions: 1 }));
  });

  test("a wait that runs out of time swallows no notify, and has the lock when it ends", (context) => {
    const program = (heap: ModelHeap) => {
      prepare(heap, 3);
      return {
        threads: [consumer(heap, 0, {}, 1), consumer(heap, 1, {}), producer(heap, 2, {}, 1)],
        atEnd: ([hasty, patient]: readonly unknown[]) => {
          assert.equal(Number(hasty) + Number(patient ?? false), 1, "the item was lost, or given twice");
        },
      };
    };
    // The patient one waits for ever if the hasty one has the item.
    report(context, check(program, { ...MODEL, sleepers: [1], preemptions: 1 }));
  });

  test("goes on when one who waits is killed at any step", (context) => {
    const program = (heap: ModelHeap) => {
      prepare(heap, 3);
      return [consumer(heap, 0, {}), producer(heap, 1, {}, 1), undertaker(heap, 2, 0)];
    };
    report(context, check(program, { ...MODEL, mortal: [0], preemptions: 2 }));
  });

  test("notifies another one when one is killed who was notified and does not know it", (context) => {
    report(context, check(heirs, { ...OF_HEIRS, preemptions: 0 }));
    report(context, check(heirs, { ...OF_HEIRS, preemptions: 1, random: 1000 }));
  });

  test("goes on when who notifies is killed at any step", (context) => {
    const program = (heap: ModelHeap) => {
      prepare(heap, 3);
      return [producer(heap, 0, {}, 1), consumer(heap, 1, {}, 1), undertaker(heap, 2, 0)];
    };
    report(context, check(program, { ...MODEL, mortal: [0], preemptions: 1 }));
  });
});

test("a wait that got the lock at once passes on no notify, whatever its node was for before", () => {
  const heap = new ModelHeap({ pageCount: 3 });
  prepare(heap, 3);
  const [dead, waiting, last] = [0, 1, 2].map((seat) => sitDown(heap, seat)) as [Self, Self, Self];
  const [lock, other] = [dead, waiting].map(({ monitor }) => new LockCore(monitor, LOCK)) as [
    LockCore,
    LockCore,
  ];
  const condition = new ConditionCore(waiting.monitor, CONDITION, other);
  const asleep = waiting.nodes.take({ object: LOCK, want: 0, isAsync: false, group: 0 });
  assert.ok(other.tryAcquire());
  waiting.monitor.enter(LOCK);
  condition.enlist(asleep);
  waiting.monitor.leave();

  const node = dead.nodes.take({ object: LOCK, want: 0, isAsync: false, group: 0 });
  heap.poke(node + NOTIFIED, CONDITION + 20);
  dead.monitor.enter(LOCK);
  assert.ok(lock.enlist(node));
  dead.monitor.leave();
  assert.ok(last.monitor.seats.claimEndOf(0, 2));
  settleEnd(last.monitor, 0);
  assert.equal(condition.waiters, 1);
});

describe("the model of ConditionCore is alert", () => {
  class ReleasesBeforeItStandsInLine extends ConditionCore {
    readonly #monitor;
    readonly #lock;
    constructor(monitor: Monitor, object: number, lock: LockCore) {
      super(monitor, object, lock);
      this.#monitor = monitor;
      this.#lock = lock;
    }
    override enlist(node: number): void {
      this.#lock.giveUp(node);
      this.#monitor.goOn();
      append(this.#monitor, CONDITION + 20, node);
    }
  }

  class WakesOneTooFew extends ConditionCore {
    override notify(count: number): void {
      super.notify(count - 1);
    }
  }

  class StaysInLine extends ConditionCore {
    /** Says that it ran out of time, and waits to be notified all the same. */
    override expire(): boolean {
      return true;
    }
  }

  class MovesWithoutTheFlag extends ConditionCore {
    readonly #monitor;
    constructor(monitor: Monitor, object: number, lock: LockCore) {
      super(monitor, object, lock);
      this.#monitor = monitor;
    }
    override notify(): void {
      const monitor = this.#monitor;
      monitor.enter(LOCK);
      const node = monitor.read(CONDITION + 20) >>> 0;
      if (node !== 0) move(monitor, node, LOCK + 24);
      monitor.leave();
    }
  }

  class TakesTheNotifyAlong extends LockCore {
    override notifyFirst(): boolean {
      return false;
    }
  }

  const options = { ...MODEL, preemptions: 2 };

  test("is found: a notify that goes with the thread that was notified", () => {
    reclaimAs(TakesTheNotifyAlong);
    try {
      assert.equal(finding(heirs, { ...OF_HEIRS, preemptions: 0 }), "assertion");
    } finally {
      reclaimAs(LockCore);
    }
  });

  test("is found: a lock that is released before the wait stands in line", () => {
    assert.equal(finding(handingOver({ condition: ReleasesBeforeItStandsInLine }), options), "deadlock");
  });

  test("is found: a notify that wakes one too few", () => {
    assert.equal(finding(handingOver({ condition: WakesOneTooFew }), options), "deadlock");
  });

  test("is found: a wait that stays in the line when it has run out of time", () => {
    assert.equal(finding(impatient({ condition: StaysInLine }), options), "deadlock");
  });

  test("is found: who was notified is not seen by who releases the lock", () => {
    assert.equal(finding(handingOver({ condition: MovesWithoutTheFlag }), options), "deadlock");
  });
});
