/** {@link OnceCore} under every interleaving. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, type ModelHeap } from "@heddle/testing";
import { finding, MODEL, OBJECTS, report, seatThreads, sitDown, undertaker } from "./fixtures/model.ts";
import { OnceCore, Outcome, storedOutcome } from "./once-core.ts";
import { STATE } from "./release-core.ts";
import type { Monitor } from "./waiting/monitor.ts";

const ONCE = OBJECTS;
/** How often the call was made. */
const CALLS = OBJECTS + 256;

type Kind = new (monitor: Monitor, object: number, operation: string) => OnceCore;

/** Each comes; gives what the call gave, or that its caller died. */
function coming(count: number, kind: Kind = OnceCore, mortal?: number) {
  return (heap: ModelHeap) => {
    heap.name(ONCE + 8, "gate");
    heap.name(ONCE + STATE, "state");
    seatThreads(heap, count + 1);
    const threads: (() => unknown)[] = Array.from({ length: count }, (_, seat) => () => {
      const { monitor, waits } = sitDown(heap, seat);
      const once = new kind(monitor, ONCE, "");
      if (once.outcome === 0) {
        if (once.tryBegin()) {
          heap.add(CALLS, 1);
          once.finish(Outcome.VALUE, 7 + seat);
        } else waits.block(once, 0);
      }
      const { outcome } = once;
      assert.notEqual(outcome, 0, "passes before it is done");
      return outcome === Outcome.DIED ? "died" : storedOutcome(heap, ONCE);
    });
    if (mortal !== undefined) threads.push(undertaker(heap, count, mortal));
    return {
      threads,
      atEnd: (results: readonly unknown[]) => {
        const given = new Set(results.slice(0, count).filter((result) => result !== undefined));
        assert.ok(given.size <= 1, "not all got the same");
        assert.ok(heap.load(CALLS) <= 1, "more than one call");
        if (mortal === undefined) assert.equal(heap.load(CALLS), 1);
      },
    };
  };
}

describe("OnceCore, every interleaving", () => {
  test("makes one call, and gives all what came of it", (context) => {
    report(context, check(coming(2), MODEL));
    report(context, check(coming(3), { ...MODEL, preemptions: 3 }));
  });

  test("tells all the same when one is killed at any step", (context) => {
    report(context, check(coming(2, OnceCore, 0), { ...MODEL, mortal: [0], preemptions: 3 }));
    report(context, check(coming(3, OnceCore, 0), { ...MODEL, mortal: [0], preemptions: 1 }));
  });
});

describe("OnceCore with a planted bug", () => {
  class BeginsInTwoSteps extends OnceCore {
    readonly #identity: number;

    constructor(monitor: Monitor, object: number, operation: string) {
      super(monitor, object, operation);
      this.#identity = monitor.identity;
    }

    override tryBegin(): boolean {
      if (this.words.load(ONCE + STATE) !== 0) return false;
      this.words.store(ONCE + STATE, this.#identity << 2);
      return true;
    }
  }

  class FinishesSilently extends OnceCore {
    override letPass(): void {}
  }

  class SaysSoTooEarly extends OnceCore {
    override finish(outcome: Outcome, stored: number): void {
      super.finish(outcome, 0);
      this.words.poke(ONCE + 28, stored);
    }
  }

  const bugs: [name: string, kind: Kind, found: string][] = [
    ["beginning in two steps", BeginsInTwoSteps, "data race"],
    ["finishing without waking", FinishesSilently, "deadlock"],
    ["saying that it is over before the outcome is there", SaysSoTooEarly, "data race"],
  ];
  for (const [name, kind, found] of bugs) {
    test(`is found: ${name}`, () => {
      assert.equal(finding(coming(2, kind), MODEL), found);
    });
  }

  test("is found: a death that nobody notices", () => {
    class NeverHearsOfDeath extends OnceCore {
      override pump(): boolean {
        return false;
      }
    }
    const options = { ...MODEL, mortal: [0], preemptions: 2 };
    assert.equal(finding(coming(2, NeverHearsOfDeath, 0), options), "deadlock");
  });
});
