/** {@link EventCore} and {@link LatchCore}, and so `ReleaseCore`, under every interleaving. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, type ModelHeap } from "@heddle/testing";
import { TimeoutError } from "#heap";
import { EventCore } from "./event-core.ts";
import { finding, MODEL, OBJECTS, report, seatThreads, sitDown, undertaker } from "./fixtures/model.ts";
import { LatchCore, writeLatch } from "./latch-core.ts";
import { STATE, WAITERS } from "./release-core.ts";
import type { Monitor } from "./waiting/monitor.ts";
import { CELL } from "./waiting/node.ts";
import { append } from "./waiting/wait-list.ts";
import type { Waits } from "./waiting/waits.ts";

const OBJECT = OBJECTS;
const LINE = OBJECT + 20;

/** A word that one thread writes before it lets the others pass, and they read after. */
const NEWS = OBJECTS + 256;

type EventKind = new (monitor: Monitor, object: number, operation: string) => EventCore;
type LatchKind = new (monitor: Monitor, object: number, operation: string) => LatchCore;

/** Waits; gives whether it was not out of time. */
function waitIn(waits: Waits, core: EventCore | LatchCore, timeoutMs = Infinity): boolean {
  if (core.open) return true;
  try {
    waits.block(core, 0, { timeoutMs });
    return true;
  } catch (error) {
    if (error instanceof TimeoutError) return false;
    throw error;
  }
}

interface Scene {
  readonly kind?: EventKind;
  /** How long each waits. */
  readonly waiting: readonly number[];
  /** Whether another thread sets it as well. */
  readonly again?: boolean;
  /** The thread that may be killed. */
  readonly mortal?: number;
}

/** Thread 0 sets the event, the others wait for it. */
function setting({ kind = EventCore, waiting, again = false, mortal }: Scene) {
  return (heap: ModelHeap) => {
    heap.name(OBJECT + 8, "gate");
    heap.name(OBJECT + STATE, "state");
    seatThreads(heap, waiting.length + 3);
    const set = (): void => {
      heap.poke(NEWS, 1);
      new kind(sitDown(heap, 0).monitor, OBJECT, "").set();
    };
    const threads: (() => unknown)[] = [
      set,
      ...waiting.map((timeoutMs, index) => () => {
        const { monitor, waits } = sitDown(heap, index + 1);
        const passed = waitIn(waits, new kind(monitor, OBJECT, ""), timeoutMs);
        if (passed && !again) assert.equal(heap.peek(NEWS), 1, "passes before it was set");
        return passed;
      }),
    ];
    // He has no news.
    if (again) threads.push(() => new kind(sitDown(heap, waiting.length + 1).monitor, OBJECT, "").set());
    if (mortal !== undefined) threads.push(undertaker(heap, waiting.length + 2, mortal));
    return { threads };
  };
}

describe("EventCore, every interleaving", () => {
  test("lets nobody pass before it is set, and everybody then", (context) => {
    report(context, check(setting({ waiting: [Infinity] }), MODEL));
    report(context, check(setting({ waiting: [Infinity, Infinity] }), { ...MODEL, preemptions: 3 }));
  });

  test("leaves no trace of a wait that is out of time", (context) => {
    report(context, check(setting({ waiting: [1] }), MODEL));
    report(context, check(setting({ waiting: [1, Infinity] }), { ...MODEL, preemptions: 2 }));
  });

  test("set by two threads at once lets everybody pass", (context) => {
    const scene = { waiting: [Infinity, Infinity], again: true };
    report(context, check(setting(scene), { ...MODEL, preemptions: 2 }));
  });

  test("set and cleared at once lets those pass who waited", (context) => {
    report(context, check(clearing(EventCore), { ...MODEL, preemptions: 3 }));
  });

  test("lets the others pass when one who waits is killed at any step", (context) => {
    const scene = { waiting: [Infinity, Infinity], mortal: 1 };
    report(context, check(setting(scene), { ...MODEL, mortal: [1], preemptions: 1 }));
  });

  test("that was set by one who is killed at any step then lets everybody pass", (context) => {
    report(context, check(dying, { ...MODEL, mortal: [0], preemptions: 1 }));
  });
});

/** Whoever waits when the event is set passes, though somebody clears it at once. */
function clearing(kind: EventKind) {
  return (heap: ModelHeap) => {
    seatThreads(heap, 3);
    return {
      threads: [
        () => new kind(sitDown(heap, 0).monitor, OBJECT, "").set(),
        () => {
          const { monitor, waits } = sitDown(heap, 1);
          waits.block(new kind(monitor, OBJECT, ""), 0);
        },
        () => {
          const event = new kind(sitDown(heap, 2).monitor, OBJECT, "");
          // Nobody comes to stand in line while it is set: so he stood there before.
          if (event.waiters === 1 && event.open) event.clear();
        },
      ],
    };
  };
}

/** Two wait, and the setter may be killed. If he has not set it, his undertaker does. */
function dying(heap: ModelHeap) {
  seatThreads(heap, 4);
  const wait = (seat: number) => () => {
    const { monitor, waits } = sitDown(heap, seat);
    waits.block(new EventCore(monitor, OBJECT, ""), 0);
  };
  const bury = undertaker(heap, 3, 0);
  const set = (seat: number) => () => new EventCore(sitDown(heap, seat).monitor, OBJECT, "").set();
  return { threads: [set(0), wait(1), wait(2), () => (bury(), set(3)())] };
}

describe("EventCore with a planted bug", () => {
  class SetsWithoutALook extends EventCore {
    override set(): void {
      this.words.store(this.object + STATE, 6);
    }
  }

  class LooksBeforeItSets extends EventCore {
    override set(): void {
      const isAwaited = (this.words.load(this.object + STATE) & WAITERS) !== 0;
      this.words.or(this.object + STATE, 6);
      if (isAwaited) this.letPass();
    }
  }

  class PassesWhileSet extends EventCore {
    override mayPass(_found: number, state: number): boolean {
      return this.isOpen(state);
    }
  }

  class PassesAnybody extends EventCore {
    override isOpen(): boolean {
      return true;
    }
  }

  class StandsInLineUnseen extends EventCore {
    readonly #monitor: Monitor;

    constructor(monitor: Monitor, object: number, operation: string) {
      super(monitor, object, operation);
      this.#monitor = monitor;
    }

    override enlist(node: number): boolean {
      if (this.open) return true;
      this.#monitor.poke(node + CELL, this.words.load(this.object + STATE));
      append(this.#monitor, LINE, node);
      return false;
    }
  }

  const bugs: [name: string, kind: EventKind, found: string][] = [
    ["setting without waking", SetsWithoutALook, "deadlock"],
    ["a look for waiters before setting", LooksBeforeItSets, "deadlock"],
    ["passing before it is set", PassesAnybody, "data race"],
    ["a waiter that leaves no flag", StandsInLineUnseen, "deadlock"],
  ];
  for (const [name, kind, found] of bugs) {
    test(`is found: ${name}`, () => {
      assert.equal(finding(setting({ kind, waiting: [Infinity] }), MODEL), found);
    });
  }

  test("is found: passing only while it is set", () => {
    assert.equal(finding(clearing(PassesWhileSet), { ...MODEL, preemptions: 2 }), "deadlock");
  });
});

/** The threads count down by so much each, then wait. */
function counting(
  heap: ModelHeap,
  kind: LatchKind,
  count: number,
  steps: readonly number[],
  mortal?: number,
) {
  seatThreads(heap, steps.length + 2);
  writeLatch(heap, OBJECT, count);
  const threads: (() => unknown)[] = steps.map((by, seat) => () => {
    const { monitor, waits } = sitDown(heap, seat);
    const latch = new kind(monitor, OBJECT, "");
    heap.store(NEWS + 4 * seat, 1);
    latch.countDown(by);
    waitIn(waits, latch);
    for (const index of steps.keys()) {
      assert.equal(heap.load(NEWS + 4 * index), 1, "passes before all have counted down");
    }
  });
  if (mortal !== undefined) {
    const bury = undertaker(heap, steps.length, mortal);
    threads.push(() => {
      bury();
      // What he may not have counted down.
      for (const index of steps.keys()) heap.store(NEWS + 4 * index, 1);
      new kind(sitDown(heap, steps.length).monitor, OBJECT, "").countDown(count);
    });
  }
  return { threads, atEnd: () => assert.equal(heap.load(OBJECT + STATE) >>> 1, 0) };
}

describe("LatchCore, every interleaving", () => {
  test("lets everybody pass when all have counted down", (context) => {
    report(
      context,
      check((heap) => counting(heap, LatchCore, 2, [1, 1]), MODEL),
    );
    report(
      context,
      check((heap) => counting(heap, LatchCore, 4, [1, 2, 1]), { ...MODEL, preemptions: 2 }),
    );
  });

  test("lets the others pass when one is killed at any step, and somebody counts down for him", (context) => {
    const program = (heap: ModelHeap) => counting(heap, LatchCore, 2, [1, 1], 0);
    report(context, check(program, { ...MODEL, mortal: [0], preemptions: 2 }));
  });
});

describe("LatchCore with a planted bug", () => {
  class CountsInTwoSteps extends LatchCore {
    override countDown(by: number): void {
      const state = this.words.load(this.object + STATE);
      this.words.store(this.object + STATE, state - 2 * by);
      if (this.open) this.letPass();
    }
  }

  class PassesAtOne extends LatchCore {
    override isOpen(state: number): boolean {
      return state >>> 1 <= 1;
    }
  }

  const bugs: [name: string, kind: LatchKind, found: string][] = [
    ["counting down in two steps", CountsInTwoSteps, "deadlock"],
    ["passing too early", PassesAtOne, "assertion"],
  ];
  for (const [name, kind, found] of bugs) {
    test(`is found: ${name}`, () => {
      assert.equal(
        finding((heap) => counting(heap, kind, 2, [1, 1]), MODEL),
        found,
      );
    });
  }
});
