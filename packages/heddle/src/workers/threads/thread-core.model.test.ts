/** {@link ThreadCore} under every interleaving. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, type ModelHeap } from "@heddle/testing";
import type { Monitor } from "../../sync/index.ts";
import {
  finding,
  MODEL,
  OBJECTS,
  report,
  seatThreads,
  sitDown,
  undertaker,
} from "../../sync/fixtures/model.ts";
import { How, ThreadCore } from "./thread-core.ts";

const THREAD = OBJECTS;
/** Where the state stands. */
const STATE = 16;
/** What the thread gives: an address, for all that the core knows. */
const GIVEN = 4096;

type Kind = new (monitor: Monitor, object: number) => ThreadCore;

/** Seat 0 has started it, seat 1 is the thread, the others wait for its end; the last one buries it if it is killed. */
function living(joiners: number, kind: Kind = ThreadCore, mortal?: number) {
  return (heap: ModelHeap) => {
    heap.name(THREAD + STATE, "state");
    seatThreads(heap, joiners + 3);
    new ThreadCore(sitDown(heap, 0).monitor, THREAD).start();
    const starts = (): void => void heap.load(THREAD + STATE);
    const runs = (): void => {
      const core = new kind(sitDown(heap, 1).monitor, THREAD);
      if (core.begin(1, 0)) core.end(How.RETURNED, GIVEN);
    };
    const joins = (seat: number) => (): How => {
      const { monitor, waits } = sitDown(heap, seat);
      const core = new kind(monitor, THREAD);
      waits.block(core, 0);
      const { how } = core;
      assert.notEqual(how, 0, "passes before it is over");
      if (how === How.RETURNED) assert.equal(core.outcome, GIVEN, "its outcome is there");
      return how as How;
    };
    const threads: (() => unknown)[] = [starts, runs];
    for (let seat = 2; seat < joiners + 2; seat++) threads.push(joins(seat));
    if (mortal !== undefined) threads.push(gravedigger(heap, joiners + 2, mortal, kind));
    return {
      threads,
      atEnd: (results: readonly unknown[]) => {
        const hows = new Set(results.slice(2, joiners + 2));
        assert.ok(hows.size <= 1, "not all were told the same");
        if (mortal === undefined) assert.deepEqual([...hows], [How.RETURNED]);
      },
    };
  };
}

/** What its starter does with a thread that is gone: it says so, if that has not, and settles its end. */
function gravedigger(heap: ModelHeap, seat: number, mortal: number, kind: Kind): () => void {
  const settles = undertaker(heap, seat, mortal);
  return () => {
    if (mortal === 1 && heap.join(1) === "killed") new kind(sitDown(heap, seat).monitor, THREAD).bury(0);
    settles();
  };
}

describe("ThreadCore, every interleaving", () => {
  test("tells all who join how it ended, and its outcome is there", (context) => {
    report(context, check(living(1), MODEL));
    report(context, check(living(2), { ...MODEL, preemptions: 2 }));
  });

  test("is over for all who join when its thread is killed at any step", (context) => {
    report(context, check(living(1, ThreadCore, 1), { ...MODEL, mortal: [1], preemptions: 2 }));
  });
});

describe("ThreadCore with a planted bug", () => {
  class EndsSilently extends ThreadCore {
    override letPass(): void {}
  }

  class EndsBeforeItsOutcome extends ThreadCore {
    override end(how: How): boolean {
      const isFirst = super.end(how);
      this.words.store(this.object + 64, GIVEN);
      return isFirst;
    }
  }

  class BuriesNobody extends ThreadCore {
    override bury(): void {}
    override pump(): boolean {
      return false;
    }
  }

  test("is found: an end that nobody is told of", () => {
    assert.equal(finding(living(1, EndsSilently), MODEL), "deadlock");
  });

  test("is found: an end before the outcome is there", () => {
    assert.equal(finding(living(1, EndsBeforeItsOutcome), MODEL), "assertion");
  });

  test("is found: a death that nobody notices", () => {
    const options = { ...MODEL, mortal: [1], preemptions: 2 };
    assert.equal(finding(living(1, BuriesNobody, 1), options), "deadlock");
  });
});
