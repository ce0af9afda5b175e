/** {@link SemaphoreCore} under every interleaving. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, type ModelHeap } from "@heddle/testing";
import { TimeoutError } from "#heap";
import { finding, MODEL, OBJECTS, report, seatThreads, sitDown, undertaker } from "./fixtures/model.ts";
import { ObjectKind } from "./object-kinds.ts";
import { reclaimPermits, SemaphoreCore, writeSemaphore } from "./semaphore-core.ts";
import { settleEnd } from "./waiting/ends.ts";
import { registerReclaim } from "./waiting/reclaims.ts";
import type { Monitor } from "./waiting/monitor.ts";
import { WANT } from "./waiting/node.ts";
import { append, firstOf } from "./waiting/wait-list.ts";

const SEMAPHORE = OBJECTS;
const STATE = SEMAPHORE + 16;
const LINE = SEMAPHORE + 24;
/** Of the first entry. */
const TAKEN = SEMAPHORE + 48;
const WAITERS = 1;
/** How many permits are in use, counted by those who have them. */
const IN_USE = OBJECTS + 256;
/** How many the mortal thread has, from after it has acquired them until before it releases them. */
const HAS = OBJECTS + 512;

registerReclaim(ObjectKind.SEMAPHORE, reclaimPermits);

type Kind = new (monitor: Monitor, object: number) => SemaphoreCore;

/** As it is in memory that processes share. */
class ExactSemaphoreCore extends SemaphoreCore {
  constructor(monitor: Monitor, object: number) {
    super(monitor, object, { isExact: true });
  }
}

interface Turn {
  readonly permits?: number;
  readonly timeoutMs?: number;
  /** Never waits. */
  readonly tries?: boolean;
}

interface Scene {
  readonly kind?: Kind;
  readonly permits: number;
  /** This thread may be killed; the last thread is its undertaker. */
  readonly mortal?: number;
  /** Whether each thread has an entry from the beginning. Default true. */
  readonly isKnown?: boolean;
  /** So many permits it may take along. Default 1. */
  readonly takesAlong?: number;
}

/** Asks for more than there are: then it is noted who that is. */
function makeKnown(heap: ModelHeap, seat: number): void {
  new SemaphoreCore(sitDown(heap, seat).monitor, SEMAPHORE).tryAcquire(9);
}

/** Acquires and releases. */
function turns(
  heap: ModelHeap,
  seat: number,
  list: readonly Turn[],
  { kind, permits: limit, mortal }: Scene,
) {
  // What the dead had is not in use.
  const counts = seat !== mortal;
  return (): void => {
    const { monitor, waits } = sitDown(heap, seat);
    const semaphore = new (kind ?? SemaphoreCore)(monitor, SEMAPHORE);
    for (const { permits = 1, tries = false, ...options } of list) {
      if (!semaphore.tryAcquire(permits)) {
        if (tries) continue;
        try {
          waits.block(semaphore, permits, options);
        } catch (error) {
          if (error instanceof TimeoutError) continue;
          throw error;
        }
      }
      if (counts) assert.ok(heap.add(IN_USE, permits) + permits <= limit, "more than there are");
      else heap.store(HAS, permits);
      if (counts) heap.add(IN_USE, -permits);
      else heap.store(HAS, 0);
      assert.ok(semaphore.release(permits));
    }
  };
}

function sharing(lists: readonly (readonly Turn[])[], scene: Scene) {
  return (heap: ModelHeap) => {
    heap.name(SEMAPHORE + 8, "gate");
    heap.name(STATE, "state");
    heap.poke(SEMAPHORE, ObjectKind.SEMAPHORE);
    writeSemaphore(heap, SEMAPHORE, scene.permits, scene.permits);
    seatThreads(heap, lists.length + 1);
    if (scene.isKnown !== false) lists.forEach((_, seat) => makeKnown(heap, seat));
    const threads = lists.map((list, seat) => turns(heap, seat, list, scene));
    const { mortal, takesAlong = mortal === undefined ? 0 : 1 } = scene;
    if (mortal !== undefined) threads.push(undertaker(heap, lists.length, mortal));
    return {
      threads,
      atEnd: () => {
        const { monitor } = sitDown(heap, lists.length);
        const left = new SemaphoreCore(monitor, SEMAPHORE).available;
        assert.ok(left <= scene.permits, "permits came from nowhere");
        assert.ok(left >= scene.permits - takesAlong, "permits were lost");
        if (heap.peek(HAS) > 0) assert.equal(left, scene.permits, "it took along what it had");
        assert.equal(firstOf(monitor, LINE), 0, "somebody is left in line");
      },
    };
  };
}

describe("SemaphoreCore, every interleaving", () => {
  test("hands out what there is, and wakes those who wait, with two threads", (context) => {
    report(context, check(sharing([[{}, {}], [{}]], { permits: 1 }), { ...MODEL, preemptions: 4 }));
    report(
      context,
      check(sharing([[{ permits: 2 }], [{}, {}]], { permits: 2 }), { ...MODEL, preemptions: 3 }),
    );
  });

  test("finds the entry of each thread, whoever makes his at the same time", (context) => {
    report(
      context,
      check(sharing([[{}], [{}]], { permits: 2, isKnown: false }), { ...MODEL, preemptions: 3 }),
    );
  });

  test("the same with three threads, of which one wants more at once, and one never waits", (context) => {
    const lists = [[{}], [{ permits: 2 }], [{}]];
    report(context, check(sharing(lists, { permits: 2 }), { ...MODEL, preemptions: 2 }));
    const trying = [[{}], [{ permits: 2 }], [{ tries: true }, { tries: true }]];
    report(context, check(sharing(trying, { permits: 2 }), { ...MODEL, preemptions: 2 }));
  });

  test("a wait that times out takes nothing, and lets those behind it go on", (context) => {
    const lists = [[{}], [{ permits: 2, timeoutMs: 1 }], [{}]];
    report(context, check(sharing(lists, { permits: 2 }), { ...MODEL, preemptions: 2 }));
  });

  test("goes on when one of three who share two is killed at any step", (context) => {
    const scene = { permits: 2, mortal: 1 };
    const lists = [[{}, {}], [{}], [{}]];
    report(context, check(sharing(lists, scene), { ...MODEL, mortal: [1], preemptions: 1 }));
  });

  test("has back what one had who is killed at any step", (context) => {
    report(context, check(having(SemaphoreCore), { ...MODEL, mortal: [1], preemptions: 2 }));
  });

  test("goes on, with all that there was, when it is exact and one is killed at any step", (context) => {
    const scene = { kind: ExactSemaphoreCore, permits: 2, mortal: 1, takesAlong: 0 };
    const options = { ...MODEL, mortal: [1], preemptions: 1 };
    report(context, check(sharing([[{}], [{}]], scene), options));
    report(context, check(having(ExactSemaphoreCore, 0), options));
    report(context, check(inVain(ExactSemaphoreCore), options));
  });

  for (const kind of [SemaphoreCore, ExactSemaphoreCore]) {
    test(`has no more than there were when another thread releases what the dead had: ${kind.name}`, (context) => {
      report(context, check(releasingForTheDead(kind), { ...MODEL, mortal: [0], preemptions: 2 }));
    });
  }

  test("is as it was when one who waits in vain is killed at any step", (context) => {
    report(context, check(inVain(SemaphoreCore), { ...MODEL, mortal: [1], preemptions: 2 }));
  });

  test("has back what was granted to one who was killed before he saw it", (context) => {
    report(context, check(granting, { ...MODEL, mortal: [1], preemptions: 3 }));
  });
});

/** The mortal thread wants more than there ever is, until it is out of time. */
function inVain(kind: Kind) {
  return sharing([[{}, {}], [{ permits: 3, timeoutMs: 1 }]], { kind, permits: 2, mortal: 1, takesAlong: 0 });
}

/** The mortal thread takes both permits, and another one releases them after its end is settled. */
function releasingForTheDead(kind: Kind) {
  return (heap: ModelHeap) => {
    heap.poke(SEMAPHORE, ObjectKind.SEMAPHORE);
    writeSemaphore(heap, SEMAPHORE, 2, 9);
    seatThreads(heap, 2);
    makeKnown(heap, 0);
    return {
      threads: [
        () => {
          const semaphore = new kind(sitDown(heap, 0).monitor, SEMAPHORE);
          assert.ok(semaphore.tryAcquire(2));
          heap.poke(HAS, 2);
        },
        () => {
          const isKilled = heap.join(0) === "killed";
          const { monitor } = sitDown(heap, 1);
          const semaphore = new kind(monitor, SEMAPHORE);
          if (isKilled && monitor.seats.claimEndOf(0, 1)) settleEnd(monitor, 0);
          const before = semaphore.available;
          if (heap.peek(HAS) === 2 && isKilled) assert.equal(before, 2);
          if (heap.peek(HAS) === 2) semaphore.release(2);
          if (heap.peek(HAS) === 2) assert.equal(semaphore.available, 2);
        },
      ],
    };
  };
}

/** The mortal thread waits for what another releases. */
function granting(heap: ModelHeap) {
  heap.poke(SEMAPHORE, ObjectKind.SEMAPHORE);
  writeSemaphore(heap, SEMAPHORE, 0, 9);
  seatThreads(heap, 3);
  makeKnown(heap, 1);
  class Seen extends SemaphoreCore {
    override collect(node: number): void {
      heap.poke(IN_USE, 2);
      super.collect(node);
    }
  }
  return {
    threads: [
      () => void new SemaphoreCore(sitDown(heap, 0).monitor, SEMAPHORE).release(2),
      () => {
        const { monitor, waits } = sitDown(heap, 1);
        const semaphore = new Seen(monitor, SEMAPHORE);
        semaphore.tryAcquire(9);
        waits.block(semaphore, 2);
      },
      undertaker(heap, 2, 1),
    ],
    atEnd: () => {
      const left = new SemaphoreCore(sitDown(heap, 2).monitor, SEMAPHORE).available;
      assert.ok(left <= 2, "permits came from nowhere");
      assert.ok(left + heap.peek(IN_USE) >= 2, "permits were lost");
    },
  };
}

/** The mortal thread has two of three permits for most of the time. */
function having(kind: Kind, takesAlong = 2) {
  const lists = [[{ permits: 2, timeoutMs: 1 }], [{ permits: 2 }]];
  return sharing(lists, { kind, permits: 3, mortal: 1, takesAlong });
}

describe("SemaphoreCore with a planted bug", () => {
  /** Gives each bug what it needs to get at the words. */
  class Open extends SemaphoreCore {
    readonly monitor: Monitor;

    constructor(monitor: Monitor, object: number) {
      super(monitor, object);
      this.monitor = monitor;
    }
  }

  class StandsInLineUnseen extends Open {
    override enlist(node: number): boolean {
      if (this.tryAcquire(this.monitor.read(node + WANT))) return true;
      append(this.monitor, LINE, node);
      return false;
    }
  }

  class GrantsTooMuch extends Open {
    override pump(): boolean {
      const node = firstOf(this.monitor, LINE);
      if (node !== 0) this.monitor.grant(node, this.monitor.read(node + WANT));
      return false;
    }
  }

  class NeverPumps extends Open {
    override pump(): boolean {
      return false;
    }
  }

  class TakesTheFlagOffTooEarly extends Open {
    override pump(): boolean {
      const isMore = super.pump();
      const { words } = this.monitor;
      if (firstOf(this.monitor, LINE) === 0) this.monitor.store(STATE, words.load(STATE) & ~WAITERS);
      return isMore;
    }
  }

  class TakesInTwoSteps extends Open {
    override tryAcquire(permits: number): boolean {
      const { words } = this.monitor;
      const state = words.load(STATE);
      if ((state & WAITERS) !== 0 || state >>> 1 < permits) return false;
      words.store(STATE, state - 2 * permits);
      return true;
    }
  }

  class ReleasesPastTheLine extends Open {
    override release(permits: number): boolean {
      this.monitor.words.add(STATE, 2 * permits);
      return true;
    }
  }

  /** Its permits are noted before they are taken, so it may seem to have had some. */
  class NotesTooEarly extends Open {
    override tryAcquire(permits: number): boolean {
      const { words } = this.monitor;
      const isTaken = super.tryAcquire(permits);
      if (!isTaken) return false;
      super.release(permits);
      words.poke(TAKEN, words.peek(TAKEN) + permits);
      const state = words.load(STATE);
      return words.compareExchange(STATE, state, state - 2 * permits) === state;
    }
  }

  /** What a dead one had stays taken. */
  class ForgetsTheDead extends Open {
    override tryAcquire(permits: number): boolean {
      const isTaken = super.tryAcquire(permits);
      if (isTaken) this.monitor.words.poke(TAKEN, 0);
      return isTaken;
    }
  }

  const two = [[{}], [{}]];
  const bugs: [name: string, kind: Kind, found: string][] = [
    ["a waiter that leaves no flag", StandsInLineUnseen, "deadlock"],
    ["a grant without permits", GrantsTooMuch, "assertion"],
    ["a release that grants nothing", NeverPumps, "deadlock"],
    ["an acquire in two steps", TakesInTwoSteps, "assertion"],
    ["a release past those who wait", ReleasesPastTheLine, "deadlock"],
  ];
  for (const [name, kind, found] of bugs) {
    test(`is found: ${name}`, () => {
      assert.equal(finding(sharing(two, { permits: 1, kind }), { ...MODEL, preemptions: 3 }), found);
    });
  }

  test("is found: permits that the dead keep, and such as they never had", () => {
    const options = { ...MODEL, mortal: [1], preemptions: 2 };
    assert.equal(finding(having(ForgetsTheDead), options), "assertion");
    assert.equal(finding(having(NotesTooEarly), options), "assertion");
  });

  test("is found: a flag taken off before the section is committed", () => {
    const options = { ...MODEL, mortal: [1], preemptions: 3 };
    assert.equal(finding(inVain(TakesTheFlagOffTooEarly), options), "assertion");
  });

  test("is found: permits that go with the thread that was granted them", () => {
    registerReclaim(ObjectKind.SEMAPHORE, () => {});
    try {
      assert.equal(finding(granting, { ...MODEL, mortal: [1], preemptions: 3 }), "assertion");
    } finally {
      registerReclaim(ObjectKind.SEMAPHORE, reclaimPermits);
    }
  });
});
