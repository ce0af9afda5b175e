/** {@link LockCore} under every interleaving. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, type ModelHeap } from "@heddle/testing";
import { TimeoutError } from "#heap";
import { finding, MODEL, OBJECTS, report, seatThreads, sitDown, undertaker } from "./fixtures/model.ts";
import { LockCore } from "./lock-core.ts";
import { AS_LEFT, type Acquired, FROM_THE_DEAD } from "./lock-words.ts";
import { registerReclaim } from "./waiting/reclaims.ts";
import type { Monitor } from "./waiting/monitor.ts";
import { granted, OWNER, STATE as NODE_STATE } from "./waiting/node.ts";
import { append, firstOf, nodeAfter } from "./waiting/wait-list.ts";

type Kind = new (monitor: Monitor, object: number) => LockCore;

const LOCK = OBJECTS;
const STATE = LOCK + 16;
const TURN = LOCK + 20;
const LINE = LOCK + 24;
/** Written within the lock only. */
const INSIDE = OBJECTS + 256;
const COUNT = OBJECTS + 260;
const FLAGS = OBJECTS + 264;
const WAITERS = 1;

interface Turn {
  readonly timeoutMs?: number;
}

/** Acquires and releases; gives how often it got the lock. */
function turns(heap: ModelHeap, seat: number, list: readonly Turn[], kind: Kind) {
  return (): number => {
    const { monitor, waits } = sitDown(heap, seat);
    const lock = new kind(monitor, LOCK);
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
      assert.ok(lock.releaseOwn(lock.turn), "the owner is not the owner");
    }
    return got;
  };
}

function prepare(heap: ModelHeap, count: number): void {
  heap.name(LOCK + 8, "gate");
  heap.name(STATE, "state");
  heap.name(TURN, "turn");
  seatThreads(heap, count);
}

function contending(
  lists: readonly (readonly Turn[])[],
  { mortal = false, kind = LockCore }: { mortal?: boolean; kind?: Kind } = {},
) {
  return (heap: ModelHeap) => {
    prepare(heap, lists.length + 1);
    const threads = lists.map((list, seat) => turns(heap, seat, list, kind));
    return {
      threads: mortal ? [...threads, undertaker(heap, lists.length, 0)] : threads,
      atEnd: (results: readonly unknown[]) => {
        if (mortal) return;
        const got = (results as number[]).reduce((sum, count) => sum + count, 0);
        assert.equal(heap.load(COUNT), got);
        assert.equal(heap.load(STATE), 0, "the lock is not free at the end");
      },
    };
  };
}

/** Thread 0 holds the lock first; who stands in line says so, and is to be the next. */
function inOrder(kind: Kind) {
  return (heap: ModelHeap) => {
    prepare(heap, 3);
    const [lined, got] = [FLAGS, FLAGS + 4];
    const holder = (): void => {
      const { monitor } = sitDown(heap, 0);
      const lock = new kind(monitor, LOCK);
      if (lock.tryAcquire() === 0) return;
      heap.store(FLAGS + 8, 1);
      assert.ok(lock.releaseOwn(lock.turn));
    };
    const waiter = (): void => {
      const { monitor, waits } = sitDown(heap, 1);
      const lock = new kind(monitor, LOCK);
      const place = {
        object: LOCK,
        operation: "",
        enlist(node: number): boolean {
          const isDone = lock.enlist(node);
          if (!isDone) heap.store(lined, 1);
          return isDone;
        },
        pump: () => lock.pump(),
        collect: (node: number) => lock.collect(node),
      };
      waits.block(place, 0);
      heap.store(got, 1);
      assert.ok(lock.releaseOwn(lock.turn));
    };
    const newcomer = (): void => {
      const { monitor } = sitDown(heap, 2);
      const lock = new kind(monitor, LOCK);
      if (heap.load(lined) === 0) return;
      if (lock.tryAcquire() === 0) return;
      assert.equal(heap.load(got), 1, "somebody was overtaken");
      assert.ok(lock.releaseOwn(lock.turn));
    };
    return [holder, waiter, newcomer];
  };
}

/** Thread 0 holds the lock, waits for it a second time without blocking, and lets go of the first hold; so may thread 1. */
function twoHoldsOfOneThread(kind: Kind) {
  return (heap: ModelHeap) => {
    prepare(heap, 2);
    const [inLine, released] = [FLAGS, FLAGS + 4];
    const owner = (): void => {
      const { monitor, nodes } = sitDown(heap, 0);
      const lock = new kind(monitor, LOCK);
      assert.equal(lock.tryAcquire(), AS_LEFT);
      const { turn } = lock;
      const node = nodes.take({ object: LOCK, want: 0, isAsync: true, group: 0 });
      monitor.enter(LOCK);
      assert.ok(!lock.enlist(node));
      monitor.leave();
      heap.store(inLine, 1);
      const isTooLate = heap.load(released) === 1;
      const isMine = lock.releaseOwn(turn);
      if (!isTooLate) return;
      assert.ok(!isMine, "the second hold was released as if it were the first");
      assert.ok(lock.isOwn);
      assert.ok(lock.releaseOwn(lock.turnOf(node)));
    };
    const other = (): void => {
      const { monitor } = sitDown(heap, 1);
      if (heap.load(inLine) === 1 && new kind(monitor, LOCK).release()) heap.store(released, 1);
    };
    return [owner, other];
  };
}

/** Thread 0 uses the lock while nobody else knows it, tells thread 1 of it, and uses it again. */
function toldLate(staysPlain: boolean) {
  return (heap: ModelHeap) => {
    prepare(heap, 2);
    const told = FLAGS;
    const use = (lock: LockCore, turn: Acquired): void => {
      assert.notEqual(turn, 0);
      heap.poke(COUNT, heap.peek(COUNT) + 1);
      assert.ok(lock.releaseOwn(lock.turn));
    };
    const maker = (): void => {
      const { monitor, waits } = sitDown(heap, 0);
      const reach = { isShared: false };
      const lock = new LockCore(monitor, LOCK, { reach });
      use(lock, lock.tryAcquire());
      assert.equal(lock.tryAcquire(), AS_LEFT);
      assert.equal(lock.tryAcquire(), 0);
      reach.isShared = !staysPlain;
      heap.store(told, 1);
      use(lock, AS_LEFT);
      use(lock, lock.tryAcquire() || waits.block(lock, 0));
    };
    const other = (): void => {
      const { monitor, waits } = sitDown(heap, 1);
      if (heap.load(told) === 0) heap.wait(told, 0);
      const lock = new LockCore(monitor, LOCK);
      use(lock, lock.tryAcquire() || waits.block(lock, 0));
    };
    return {
      threads: [
        () => {
          maker();
          heap.notify(told);
        },
        other,
      ],
      atEnd: () => assert.equal(heap.load(COUNT), 4),
    };
  };
}

describe("LockCore, every interleaving", () => {
  test("needs no atomic instructions while one thread knows it, and goes on when others come to", (context) => {
    report(context, check(toldLate(false), MODEL));
  });

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
    const options = { ...MODEL, mortal: [0], preemptions: 3 };
    report(context, check(contending([[{}], [{}]], { mortal: true }), options));
  });

  test("has one owner also when one is killed who releases it after the last has given up waiting", (context) => {
    const options = { ...MODEL, mortal: [0], preemptions: 3 };
    report(context, check(contending([[{}], [{ timeoutMs: 1 }, {}]], { mortal: true }), options));
  });

  test("hands over to who stands in line, and a newcomer does not overtake", (context) => {
    report(context, check(inOrder(LockCore), { ...MODEL, preemptions: 3 }));
  });

  test("tells two holds of one thread apart, whoever releases the first", (context) => {
    report(context, check(twoHoldsOfOneThread(LockCore), MODEL));
  });

  test("passes on as it was left when it was given to who dies before it has seen that", (context) => {
    report(context, check(givenToTheDead(true), { ...MODEL, mortal: [0], sleepers: [1, 2], preemptions: 1 }));
  });
});

/** Thread 1 hands over to thread 0, which may die, and thread 2 waits behind it. */
function givenToTheDead(reclaims: boolean) {
  return (heap: ModelHeap) => {
    prepare(heap, 4);
    const [inLine, seen] = [FLAGS, FLAGS + 4];
    registerReclaim(0, (monitor, object, node) => {
      if (reclaims) new LockCore(monitor, object).reclaim(node);
    });
    const until = (count: number): void => {
      for (let now = heap.load(inLine); now < count; now = heap.load(inLine)) heap.wait(inLine, now);
    };
    const wait = (seat: number): Acquired => {
      const { monitor, waits } = sitDown(heap, seat);
      const lock = new LockCore(monitor, LOCK);
      const how = waits.block(
        {
          object: LOCK,
          operation: "",
          enlist(node: number): boolean {
            assert.ok(!lock.enlist(node));
            heap.add(inLine, 1);
            heap.notify(inLine);
            return false;
          },
          pump: () => lock.pump(),
          collect(node: number): Acquired {
            heap.store(seen + 4 * seat, 1);
            return lock.collect(node);
          },
        },
        0,
      );
      lock.releaseOwn(lock.turn);
      return how;
    };
    const holder = new LockCore(sitDown(heap, 1).monitor, LOCK);
    assert.equal(holder.tryAcquire(), AS_LEFT);
    return {
      threads: [
        () => {
          until(0);
          return wait(0);
        },
        () => {
          until(2);
          new LockCore(sitDown(heap, 1).monitor, LOCK).release();
        },
        () => {
          until(1);
          return wait(2);
        },
        undertaker(heap, 3, 0),
      ],
      atEnd: (results: readonly unknown[]) => {
        if (heap.load(inLine) < 2) return;
        const isSeen = heap.load(seen) === 1;
        if (isSeen) assert.ok(results[2] === AS_LEFT || results[2] === FROM_THE_DEAD);
        else assert.equal(results[2], AS_LEFT, "marked as abandoned, and nobody has had it");
      },
    };
  };
}

describe("the model of LockCore is alert", () => {
  test("is found: a lock that is used plainly though others know it", () => {
    assert.equal(finding(toldLate(true), MODEL), "data race");
  });

  class ForgetsWaiters extends LockCore {
    readonly #words;
    constructor(monitor: Monitor, object: number) {
      super(monitor, object);
      this.#words = monitor.words;
    }
    override releaseOwn(): boolean {
      return this.#words.exchange(STATE, 0) !== 0;
    }
  }

  class StandsInLineBlindly extends LockCore {
    readonly #monitor;
    constructor(monitor: Monitor, object: number) {
      super(monitor, object);
      this.#monitor = monitor;
    }
    override enlist(node: number): boolean {
      const { words } = this.#monitor;
      words.store(STATE, words.load(STATE) | WAITERS);
      append(this.#monitor, LINE, node);
      return false;
    }
  }

  class NamesTheWrongOwner extends LockCore {
    readonly #monitor;
    constructor(monitor: Monitor, object: number) {
      super(monitor, object);
      this.#monitor = monitor;
    }
    override passOn(how: Acquired): void {
      super.passOn(how);
      const { words, identity } = this.#monitor;
      if (words.load(STATE) !== 0) words.store(STATE, (identity << 1) | WAITERS);
    }
  }

  class FreesWhileSomebodyWaits extends LockCore {
    readonly #monitor;
    constructor(monitor: Monitor, object: number) {
      super(monitor, object);
      this.#monitor = monitor;
    }
    /** Wakes the next one, and lets everybody try. */
    override passOn(how: Acquired): void {
      const node = firstOf(this.#monitor, LINE);
      this.#monitor.store(STATE, 0);
      if (node !== 0) this.#monitor.grant(node, how);
    }
  }

  class WakesTheYoungest extends LockCore {
    readonly #monitor;
    constructor(monitor: Monitor, object: number) {
      super(monitor, object);
      this.#monitor = monitor;
    }
    override passOn(how: Acquired): void {
      const monitor = this.#monitor;
      let node = firstOf(monitor, LINE);
      if (node === 0 || nodeAfter(monitor, node) === 0) return super.passOn(how);
      while (nodeAfter(monitor, node) !== 0) node = nodeAfter(monitor, node);
      monitor.grant(node, how);
      monitor.store(STATE, (monitor.read(node + OWNER) & ~1) | WAITERS);
    }
  }

  class ReleasesAnyHold extends LockCore {
    override releaseOwn(): boolean {
      return this.isOwn && this.release();
    }
  }

  class FreesInTheJournal extends LockCore {
    readonly #monitor;
    constructor(monitor: Monitor, object: number) {
      super(monitor, object);
      this.#monitor = monitor;
    }
    override passOn(how: Acquired): void {
      if (how === AS_LEFT && firstOf(this.#monitor, LINE) === 0) this.#monitor.store(STATE, 0);
      else super.passOn(how);
    }
  }

  class DeliversBeforeTheCommit extends LockCore {
    readonly #monitor;
    constructor(monitor: Monitor, object: number) {
      super(monitor, object);
      this.#monitor = monitor;
    }
    override granted(node: number): void {
      const { words } = this.#monitor;
      words.store(node + NODE_STATE, granted(words.load(node + NODE_STATE)));
      words.notify(node + NODE_STATE);
    }
  }

  const three = { ...MODEL, preemptions: 2 };
  const killed = { ...MODEL, mortal: [0], preemptions: 3 };

  test("is found: a release that forgets who waits", () => {
    assert.equal(finding(contending([[{}], [{}]], { kind: ForgetsWaiters }), MODEL), "deadlock");
  });

  test("is found: standing in line without another look at the lock", () => {
    assert.equal(finding(contending([[{}], [{}]], { kind: StandsInLineBlindly }), MODEL), "deadlock");
  });

  test("is found: handing over in the name of the wrong thread", () => {
    assert.equal(finding(contending([[{}], [{}]], { kind: NamesTheWrongOwner }), MODEL), "assertion");
  });

  test("is found: a lock that is free for everybody while somebody is woken for it", () => {
    assert.equal(finding(inOrder(FreesWhileSomebodyWaits), three), "assertion");
  });

  test("is found: waking the youngest", () => {
    assert.equal(finding(oldestFirst(WakesTheYoungest), three), "assertion");
    assert.equal(finding(oldestFirst(LockCore), three), "nothing");
  });

  test("is found: a release that does not tell two holds of one thread apart", () => {
    assert.equal(finding(twoHoldsOfOneThread(ReleasesAnyHold), MODEL), "assertion");
  });

  test("is found: a lock that becomes free in a section that can still be undone", () => {
    const program = contending([[{}], [{ timeoutMs: 1 }, {}]], { mortal: true, kind: FreesInTheJournal });
    assert.equal(finding(program, killed), "assertion");
  });

  test("is found: a lock that is lost with the thread that it was given to, or taken for abandoned", () => {
    const options = { ...MODEL, mortal: [0], sleepers: [1, 2], preemptions: 1 };
    assert.equal(finding(givenToTheDead(false), options), "assertion");
  });

  test("is found: telling the next owner before the section is committed", () => {
    const program = contending([[{}], [{}]], { mortal: true, kind: DeliversBeforeTheCommit });
    assert.notEqual(finding(program, killed), "nothing");
  });
});

/** Thread 0 hands the lock over while 1 and 2 stand in line, if they do. */
function oldestFirst(kind: Kind) {
  return (heap: ModelHeap) => {
    prepare(heap, 3);
    const [ticket, served] = [FLAGS, FLAGS + 4];
    const thread = (seat: number) => (): void => {
      const { monitor, waits } = sitDown(heap, seat);
      const lock = new kind(monitor, LOCK);
      let mine = 0;
      const place = {
        object: LOCK,
        operation: "",
        enlist(node: number): boolean {
          mine = heap.add(ticket, 1);
          return lock.enlist(node);
        },
        pump: () => lock.pump(),
        collect: (node: number) => lock.collect(node),
      };
      waits.block(place, 0);
      assert.equal(heap.add(served, 1), mine, "not the oldest");
      lock.releaseOwn(lock.turn);
    };
    return [thread(0), thread(1), thread(2)];
  };
}
