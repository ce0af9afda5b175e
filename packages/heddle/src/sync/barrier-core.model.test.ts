/** {@link BarrierCore} under every interleaving. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, type ModelHeap } from "@heddle/testing";
import { TimeoutError } from "#heap";
import { BarrierCore, FOUND_BROKEN, partyDied, TO_ACT, writeBarrier } from "./barrier-core.ts";
import { finding, MODEL, OBJECTS, report, seatThreads, sitDown, undertaker } from "./fixtures/model.ts";
import { ObjectKind } from "./object-kinds.ts";
import { registerReclaim } from "./waiting/reclaims.ts";
import type { Monitor } from "./waiting/monitor.ts";

const BARRIER = OBJECTS;
const MODE = BARRIER + 28;
/** How many have come in all rounds, and how often the action was run. */
const CAME = OBJECTS + 256;
const ACTED = OBJECTS + 260;

registerReclaim(ObjectKind.BARRIER, partyDied);

type Kind = new (monitor: Monitor, object: number) => BarrierCore;

const BROKEN = "broken";
const LATE = "late";

interface Scene {
  readonly kind?: Kind;
  readonly parties: number;
  /** How often each comes, and how long it waits. */
  readonly comings: readonly { readonly times?: number; readonly timeoutMs?: number }[];
  readonly hasAction?: boolean;
  /** What another thread does meanwhile. */
  readonly meanwhile?: (barrier: BarrierCore) => void;
  readonly mortal?: number;
}

/** Comes so often, and gives what it got each time: an index, or how it failed. */
function coming(heap: ModelHeap, seat: number, scene: Scene) {
  const { times = 1, timeoutMs = Infinity } = scene.comings[seat]!;
  return (): (number | string)[] => {
    const { monitor, waits } = sitDown(heap, seat);
    const barrier = new (scene.kind ?? BarrierCore)(monitor, BARRIER);
    const got: (number | string)[] = [];
    for (let time = 0; time < times; time++) {
      heap.add(CAME, 1);
      try {
        let answer = waits.block(barrier, 0, { timeoutMs });
        if (answer >= TO_ACT) {
          heap.poke(ACTED, heap.peek(ACTED) + 1);
          answer = barrier.acted(answer, true) ? scene.parties - 1 : FOUND_BROKEN;
        }
        got.push(answer === FOUND_BROKEN ? BROKEN : answer);
        if (answer === FOUND_BROKEN) break;
        const leastCame = scene.parties * (time + 1);
        assert.ok(heap.load(CAME) >= leastCame, "leaves before all have come");
        if (scene.hasAction === true)
          assert.equal(heap.peek(ACTED), time + 1, "leaves before the action is done");
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error;
        got.push(LATE);
        break;
      }
    }
    return got;
  };
}

function meeting(scene: Scene, atEnd: (got: readonly (number | string)[][], isBroken: boolean) => void) {
  return (heap: ModelHeap) => {
    heap.name(BARRIER + 8, "gate");
    heap.poke(BARRIER, ObjectKind.BARRIER);
    const { parties, comings, hasAction = false, meanwhile, mortal } = scene;
    writeBarrier(heap, BARRIER, { parties, hasAction, timeoutMs: -1 });
    seatThreads(heap, comings.length + 1);
    const threads: (() => unknown)[] = comings.map((_, seat) => coming(heap, seat, scene));
    const last = comings.length;
    if (meanwhile !== undefined)
      threads.push(() => meanwhile(new BarrierCore(sitDown(heap, last).monitor, BARRIER)));
    if (mortal !== undefined) threads.push(undertaker(heap, last, mortal));
    return {
      threads,
      atEnd: (results: readonly unknown[]) => {
        const got = results.slice(0, last) as (number | string)[][];
        atEnd(got, new BarrierCore(sitDown(heap, last).monitor, BARRIER).isBroken);
      },
    };
  };
}

/** Nobody fails, and each round has each index once. */
const allPass = (got: readonly (number | string)[][]): void => {
  for (let round = 0; round < got[0]!.length; round++) {
    const indices = got.map((one) => one[round]);
    assert.deepEqual(
      indices.toSorted((a, b) => Number(a) - Number(b)),
      got.map((_, index) => index),
    );
  }
};

describe("BarrierCore, every interleaving", () => {
  test("lets nobody leave before all have come, round for round, with two threads", (context) => {
    const scene = { parties: 2, comings: [{ times: 2 }, { times: 2 }] };
    report(context, check(meeting(scene, allPass), { ...MODEL, preemptions: 3 }));
  });

  test("the same with three threads", (context) => {
    const scene = { parties: 3, comings: [{}, {}, {}] };
    report(context, check(meeting(scene, allPass), { ...MODEL, preemptions: 2 }));
  });

  test("runs the action once a round, before anybody leaves", (context) => {
    const scene = { parties: 2, comings: [{ times: 2 }, { times: 2 }], hasAction: true };
    report(context, check(meeting(scene, allPass), { ...MODEL, preemptions: 2 }));
  });

  /** Either all have passed, or it is broken, and nobody has passed it. */
  const allOrNone = (got: readonly (number | string)[][], isBroken: boolean): void => {
    const results = got.flat();
    if (!isBroken) return allPass(got);
    const passed = results.filter((result) => typeof result === "number").length;
    assert.ok(passed === 0 || passed === results.length, String(results));
  };

  test("breaks for all when one runs out of time, or for nobody", (context) => {
    const scene = { parties: 2, comings: [{ timeoutMs: 1 }, {}] };
    report(context, check(meeting(scene, allOrNone), { ...MODEL, preemptions: 4 }));
    const three = { parties: 3, comings: [{ timeoutMs: 1 }, {}, {}] };
    report(context, check(meeting(three, allOrNone), { ...MODEL, preemptions: 2 }));
  });

  test("breaks for all when one runs out of time while the action runs, or for nobody", (context) => {
    const scene = { parties: 2, comings: [{ timeoutMs: 1 }, {}], hasAction: true };
    report(
      context,
      check(meeting(scene, allOrNone), { ...MODEL, preemptions: 3, racy: (at) => at === ACTED }),
    );
  });

  test("breaks for all when it is aborted, or for nobody", (context) => {
    const scene = { parties: 2, comings: [{}, {}], meanwhile: (barrier: BarrierCore) => barrier.abort() };
    report(context, check(meeting(scene, allOrNone), { ...MODEL, preemptions: 3 }));
    report(context, check(meeting({ ...scene, hasAction: true }, allOrNone), { ...MODEL, preemptions: 2 }));
  });

  test("lets nobody wait for ever when a party that waited, or acted, is killed", (context) => {
    for (const hasAction of [false, true]) {
      report(context, check(dying(BarrierCore, hasAction), { ...MODEL, mortal: [1], preemptions: 1 }));
    }
  });
});

/** The second of two may be killed. If nobody acts then, and it is not broken, he may not have come: it is aborted. */
function dying(kind: Kind, hasAction: boolean) {
  return (heap: ModelHeap) => {
    const plan = meeting({ kind, parties: 2, comings: [{}, {}], hasAction, mortal: 1 }, () => {})(heap);
    const bury = plan.threads[2]!;
    const threads = plan.threads.with(2, () => {
      bury();
      const { monitor } = sitDown(heap, 2);
      monitor.enter(BARRIER);
      const isFilling = monitor.read(MODE) === 0;
      monitor.leave();
      if (isFilling) new BarrierCore(monitor, BARRIER).abort();
    });
    return { ...plan, threads };
  };
}

describe("BarrierCore with a planted bug", () => {
  class NeverWaits extends BarrierCore {
    override enlist(node: number): boolean {
      super.enlist(node);
      return true;
    }
  }
  class NeverPumps extends BarrierCore {
    override pump(): boolean {
      return false;
    }
  }
  class TimesOutAlone extends BarrierCore {
    override left(node: number): void {
      super.left(node, false);
    }
  }
  class ActsTwice extends BarrierCore {
    override acted(answer: number): boolean {
      super.acted(answer, true);
      return true;
    }
  }
  class NeverHearsOfDeath extends BarrierCore {
    readonly monitor: Monitor;

    constructor(monitor: Monitor, object: number) {
      super(monitor, object);
      this.monitor = monitor;
    }

    override pump(): boolean {
      return this.monitor.read(MODE) !== 1 && super.pump();
    }
  }
  const two = { parties: 2, comings: [{}, {}] };

  test("is found: a wait that does not wait", () => {
    const program = meeting({ ...two, kind: NeverWaits }, allPass);
    assert.notEqual(finding(program, { ...MODEL, preemptions: 2 }), "nothing");
  });

  test("is found: the last one who wakes nobody", () => {
    assert.equal(
      finding(meeting({ ...two, kind: NeverPumps }, allPass), { ...MODEL, preemptions: 2 }),
      "deadlock",
    );
  });

  test("is found: a timeout that breaks nothing", () => {
    const scene = { parties: 2, comings: [{ timeoutMs: 1 }, {}], kind: TimesOutAlone };
    assert.equal(
      finding(
        meeting(scene, () => {}),
        { ...MODEL, preemptions: 2 },
      ),
      "deadlock",
    );
  });

  test("is found: a broken round that its actor takes for whole", () => {
    const scene = { ...two, kind: ActsTwice, hasAction: true, meanwhile: (b: BarrierCore) => b.abort() };
    const noneOrAll = (got: readonly (number | string)[][]): void => {
      const passed = got.flat().filter((result) => typeof result === "number").length;
      assert.ok(passed !== 1);
    };
    assert.equal(finding(meeting(scene, noneOrAll), { ...MODEL, preemptions: 2 }), "assertion");
  });

  test("is found: a dead party that nobody misses", () => {
    registerReclaim(ObjectKind.BARRIER, () => {});
    try {
      const scene = { parties: 3, comings: [{}, {}], mortal: 1 };
      const program = meeting(scene, () => {});
      assert.equal(finding(program, { ...MODEL, mortal: [1], preemptions: 1 }), "deadlock");
    } finally {
      registerReclaim(ObjectKind.BARRIER, partyDied);
    }
  });

  test("is found: an actor whose death nobody notices", () => {
    assert.equal(
      finding(dying(NeverHearsOfDeath, true), { ...MODEL, mortal: [1], preemptions: 2 }),
      "deadlock",
    );
  });
});
