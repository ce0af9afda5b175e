/** {@link QueueCore} under every interleaving, on each kind of items, with segments of two cells. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, type CheckOptions, type ModelHeap } from "@heddle/testing";
import { TimeoutError, type Heap } from "#heap";
import {
  finding,
  MODEL,
  OBJECTS,
  report,
  seatThreads,
  sitDown,
  undertaker,
} from "../../sync/fixtures/model.ts";
import { type Monitor, ObjectKind, registerReclaim } from "../../sync/index.ts";
import { HeapItems } from "./heap-items.ts";
import { Item } from "./items.ts";
import { QueueCore, type QueueParts } from "./queue-core.ts";
import { DONE_COUNT, FLAGS, ITEMS, MAX_SIZE } from "./queue-layout.ts";
import { GetPlace, JoinPlace, PutPlace } from "./queue-waits.ts";
import { type Attempt, DONE, ENDED, GET, JOIN, NOT_NOW, PUT } from "./queue-words.ts";
import { RingSection } from "../cells/ring-section.ts";
import { Ring } from "../cells/ring.ts";
import { StackItems } from "./stack-items.ts";

const QUEUE = OBJECTS;
const CELLS = 2;
const LOGS = OBJECTS + 4096;
const LOG_BYTES = 256;
const KIND = ObjectKind.FIRST_OF_TESTS + 20;

type Shape = "ring" | "stack" | "heap";
type Core = typeof QueueCore;

interface CoreOptions {
  readonly shape: Shape;
  /** Where the fast way looks for flags. */
  readonly flags: number;
  readonly core: Core;
  readonly getting: typeof GetPlace;
}

function coreOf(heap: Heap, monitor: Monitor, { shape, flags, core }: CoreOptions): QueueCore {
  const rest = { heap, monitor, object: QUEUE, drop: () => {} };
  const parts = (): QueueParts => {
    if (shape === "stack") {
      const items = new StackItems(heap, monitor, QUEUE, CELLS);
      return { ...rest, items, counts: items, ring: undefined };
    }
    if (shape === "heap") {
      const items = new HeapItems(heap, monitor, QUEUE);
      return { ...rest, items, counts: items, ring: undefined };
    }
    const place = { address: QUEUE + ITEMS, flags, capacity: heap.peek(QUEUE + MAX_SIZE) };
    const ring = new Ring(heap, monitor, place, CELLS);
    return { ...rest, items: new RingSection(heap, monitor, ring), counts: ring, ring };
  };
  return new core(parts());
}

/** What a thread of these models works with. */
interface Hand {
  readonly heap: ModelHeap;
  readonly seat: number;
  readonly core: QueueCore;
  put(item: number, timeoutMs?: number): Attempt;
  get(timeoutMs?: number): Attempt;
  join(): void;
}

type Deed = (hand: Hand) => void;

function handOf(heap: ModelHeap, seat: number, options: CoreOptions): Hand {
  const { monitor, waits } = sitDown(heap, seat);
  const core = coreOf(heap, monitor, options);
  const out = new Item(heap);
  const into = new Item(heap);
  const putting = new PutPlace(heap, core, "put", out);
  const joining = new JoinPlace(core, "join");
  const receive = (how: Attempt, item: Item): Attempt => {
    if (how === DONE) log(heap, seat, item.take() as number);
    return how;
  };
  const getting = new options.getting(heap, core, "get", receive);
  const orTimeout = (timeoutMs: number | undefined, wait: () => Attempt): Attempt => {
    try {
      return wait();
    } catch (error) {
      if (error instanceof TimeoutError && timeoutMs !== undefined) return NOT_NOW;
      throw error;
    }
  };
  return {
    heap,
    seat,
    core,
    put(item, timeoutMs) {
      out.write(item, "item");
      out.priority = item;
      const how = core.tryPut(out);
      if (how !== NOT_NOW) return how;
      return orTimeout(timeoutMs, () => waits.block(putting, PUT, { timeoutMs: timeoutMs ?? Infinity }));
    },
    get(timeoutMs) {
      const how = core.tryGet(into);
      if (how !== NOT_NOW) return receive(how, into);
      return orTimeout(timeoutMs, () => waits.block(getting, GET, { timeoutMs: timeoutMs ?? Infinity }));
    },
    join: () => waits.block(joining, JOIN),
  };
}

function log(heap: ModelHeap, seat: number, item: number): void {
  const place = LOGS + LOG_BYTES * seat;
  const count = heap.load(place) + 1;
  heap.store(place + 4 * count, item);
  heap.store(place, count);
}

function logOf(heap: ModelHeap, seat: number): number[] {
  const place = LOGS + LOG_BYTES * seat;
  return Array.from({ length: heap.load(place) }, (_, i) => heap.load(place + 4 * (i + 1)));
}

/** Puts items, and writes down what was not put, as if it had been got. */
const puts =
  (...items: number[]): Deed =>
  (hand) => {
    for (const item of items) if (hand.put(item) !== DONE) log(hand.heap, hand.seat, item);
  };

const gets =
  (count: number): Deed =>
  (hand) => {
    for (let i = 0; i < count; i++) if (hand.get() !== DONE) return;
  };

interface Scene {
  readonly deeds: readonly Deed[];
  readonly items: readonly number[];
  readonly shape?: Shape;
  readonly maxSize?: number;
  readonly before?: readonly number[];
  readonly mortal?: boolean;
  readonly flags?: number;
  readonly core?: Core;
  readonly getting?: typeof GetPlace;
}

function scene(given: Scene) {
  const { deeds, items, shape = "ring", maxSize = 0, before = [], mortal = false } = given;
  const { flags = QUEUE + FLAGS, core = QueueCore, getting = GetPlace } = given;
  return (heap: ModelHeap) => {
    heap.name(QUEUE + 8, "gate");
    heap.name(QUEUE + FLAGS, "flags");
    heap.name(QUEUE + ITEMS, "tail");
    heap.name(QUEUE + ITEMS + 128, "head");
    seatThreads(heap, deeds.length + 2);
    heap.store(QUEUE, KIND);
    heap.poke(QUEUE + MAX_SIZE, maxSize);
    if (shape === "ring") Ring.initialise(heap, QUEUE + ITEMS, CELLS);
    shapeNow = shape;
    const options = { shape, flags, core, getting };
    const outside = (): Hand => handOf(heap, deeds.length + 1, { ...options, core: QueueCore });
    puts(...before)(outside());
    const threads = deeds.map((deed, seat) => () => {
      deed(handOf(heap, seat, options));
      return "lived";
    });
    return {
      threads: mortal ? [...threads, undertaker(heap, deeds.length, 0)] : threads,
      atEnd: (results: readonly unknown[]) => {
        const logs = deeds.map((_, seat) => logOf(heap, seat));
        const last = outside();
        const { size } = last.core;
        for (let i = 0; i < size; i++) assert.equal(last.get(), DONE);
        const found = [...logs.flat(), ...logOf(heap, deeds.length + 1)].toSorted((a, b) => a - b);
        assert.equal(new Set(found).size, found.length, `an item twice: ${found.join()}`);
        const missing = items.filter((item) => !found.includes(item));
        // Who is killed may have taken one, or not have put its own.
        const mayMiss = (item: number): boolean => item < 10 || missing.length <= 1;
        if (results[0] === undefined) assert.ok(missing.every(mayMiss), `lost: ${missing.join()}`);
        else assert.deepEqual(found, items);
      },
    };
  };
}

/** The kind of items in the model that is being checked. */
let shapeNow: Shape = "ring";
registerReclaim(KIND, (monitor, _object, node) => {
  const options = { shape: shapeNow, flags: QUEUE + FLAGS, core: QueueCore, getting: GetPlace };
  coreOf(monitor.words as Heap, monitor, options).reclaim(node);
});

const shapes: readonly Shape[] = ["ring", "stack", "heap"];

describe("QueueCore, every interleaving", () => {
  for (const shape of shapes) {
    test(`no item is lost, and nobody sleeps over one: ${shape}`, (context) => {
      const pair = scene({ deeds: [puts(1, 2), gets(2)], items: [1, 2], shape });
      report(context, check(pair, { ...MODEL, preemptions: 3 }));
      const three = scene({ deeds: [puts(1, 2), gets(1), gets(1)], items: [1, 2], shape });
      report(context, check(three, { ...MODEL, preemptions: 2 }));
    });

    test(`who puts waits for room, and is let in: ${shape}`, (context) => {
      const program = scene({ deeds: [puts(1, 2, 3), gets(3)], items: [1, 2, 3], maxSize: 1, shape });
      report(context, check(program, { ...MODEL, preemptions: 2 }));
      const two = scene({ deeds: [puts(1, 2), puts(11), gets(3)], items: [1, 2, 11], maxSize: 1, shape });
      report(context, check(two, { ...MODEL, preemptions: 1 }));
    });

    test(`who waits is told of a shutdown, and what is dropped is: ${shape}`, (context) => {
      const close =
        (immediate: boolean): Deed =>
        ({ core }) =>
          core.shutdown(immediate);
      const getting = scene({ deeds: [close(false), gets(2), puts(21)], items: [21], shape });
      report(context, check(getting, { ...MODEL, preemptions: 2 }));
      const putting = scene({
        deeds: [close(false), puts(11), gets(1)],
        items: [11, 91],
        before: [91],
        maxSize: 1,
        shape,
      });
      report(context, check(putting, { ...MODEL, preemptions: 2 }));
    });

    test(`one who is killed at any step while it gets loses one item at most: ${shape}`, (context) => {
      const two = scene({ deeds: [gets(1), puts(11)], items: [11], mortal: true, shape });
      report(context, check(two, { ...MODEL, mortal: [0], preemptions: 1 }));
      const three = scene({ deeds: [gets(1), puts(11, 12), gets(1)], items: [11, 12], mortal: true, shape });
      check(three, { ...MODEL, mortal: [0], random: 1000 });
    });

    test(`one who is killed at any step while it puts stops nobody: ${shape}`, (context) => {
      const given = { before: [91], maxSize: 1, mortal: true, shape };
      const two = scene({ ...given, deeds: [puts(1), gets(1)], items: [1, 91] });
      report(context, check(two, { ...MODEL, mortal: [0], preemptions: 1 }));
      const three = scene({ ...given, deeds: [puts(1), puts(11), gets(2)], items: [1, 11, 91] });
      check(three, { ...MODEL, mortal: [0], random: 1000 });
    });
  }

  test("a wait that times out leaves no trace", (context) => {
    const impatient: Deed = (hand) => {
      hand.get(1);
    };
    const program = scene({ deeds: [puts(1), impatient, gets(0)], items: [1] });
    report(context, check(program, { ...MODEL, preemptions: 3 }));
    const late: Deed = (hand) => {
      if (hand.put(1, 1) !== DONE) log(hand.heap, hand.seat, 1);
    };
    const putting = scene({ deeds: [late, gets(1)], items: [1, 91], before: [91], maxSize: 1 });
    report(context, check(putting, { ...MODEL, preemptions: 3 }));
  });

  test("who joins is told when the last task is done, and not before", (context) => {
    const work: Deed = (hand) => {
      hand.get();
      assert.ok(hand.core.taskDone());
    };
    const join: Deed = (hand) => {
      hand.join();
      assert.equal(hand.core.unfinished, 0);
    };
    const program = scene({ deeds: [join, work, work], items: [91, 92], before: [91, 92] });
    report(context, check(program, { ...MODEL, preemptions: 2 }));
  });

  test("a shutdown at once ends all: who joins, too", (context) => {
    const join: Deed = (hand) => hand.join();
    const close: Deed = ({ core, heap, seat }) => {
      core.shutdown(true);
      for (const item of [91, 92, 93]) log(heap, seat, item);
    };
    const get: Deed = (hand) => assert.equal(hand.get(), ENDED);
    const closeAndGet: Deed = (hand) => {
      close(hand);
      get(hand);
    };
    const program = scene({ deeds: [join, closeAndGet], items: [91, 92, 93], before: [91, 92, 93] });
    report(context, check(program, { ...MODEL, preemptions: 3 }));
  });
});

describe("QueueCore with a planted bug", () => {
  const found = (given: Partial<Scene>, options: CheckOptions = {}): string =>
    finding(scene({ deeds: [puts(11, 12), gets(2)], items: [11, 12], ...given }), {
      ...MODEL,
      preemptions: 2,
      ...options,
    });

  test("is found: a put that does not see that somebody waits", () => {
    assert.notEqual(found({ flags: OBJECTS + 2048 }), "nothing");
  });

  test("is found: a task that is done without a look at who joins", () => {
    class TellsNobody extends QueueCore {
      override taskDone(): boolean {
        const { heap } = this as unknown as { heap: ModelHeap };
        heap.add(QUEUE + DONE_COUNT, 1);
        return true;
      }
      constructor(parts: QueueParts) {
        super(parts);
        Object.assign(this, { heap: parts.heap });
      }
    }
    const work: Deed = (hand) => {
      hand.get();
      hand.core.taskDone();
    };
    const given = {
      deeds: [(hand: Hand) => hand.join(), work],
      items: [91],
      before: [91],
      core: TellsNobody,
    };
    assert.notEqual(found(given), "nothing");
  });

  test("is found: an item that is taken back from a dead thread that had it", () => {
    class LeavesNoMark<T> extends GetPlace<T> {
      override markTaken(): void {}
    }
    const given = { deeds: [gets(1), puts(11, 12), gets(1)], mortal: true, getting: LeavesNoMark };
    assert.notEqual(found(given, { mortal: [0] }), "nothing");
  });
});
