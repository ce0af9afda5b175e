/** {@link Ring} and {@link RingSection} under every interleaving, with segments of two cells. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, type CheckOptions, type ModelHeap } from "@heddle/testing";
import type { Heap } from "#heap";
import {
  finding,
  MODEL,
  type ModelSelf,
  OBJECTS,
  report,
  seatThreads,
  sitDown,
  undertaker,
} from "../../sync/fixtures/model.ts";
import type { Reach } from "../../sync/index.ts";
import { type CellWords, readCell, WIDE, writeCell } from "./cell-words.ts";
import { RingSection } from "./ring-section.ts";
import { BUSY, DONE, FIRST_COUNT, FIRST_SEGMENT, indexOf, Ring, type RingOutcome, sideOf } from "./ring.ts";
import { cellAt } from "./segments.ts";

const OBJECT = OBJECTS;
const FLAGS = OBJECT + 16;
const RING = OBJECT + 64;
const CELLS = 2;
const CLOSED = 4;
/** What a thread took, written down where it can be read after its death. */
const LOGS = OBJECT + 4096;
const LOG_BYTES = 256;

/** What a thread of these models works with. */
interface Hand {
  readonly heap: ModelHeap;
  readonly seat: number;
  readonly self: ModelSelf;
  readonly ring: Ring;
  readonly reach: Reach;
  readonly cell: CellWords;
}

type Deed = (hand: Hand) => void;
type Kind = typeof Ring;

const newCell = (): CellWords => ({ w0: 0, w1: 0, w2: 0, w3: 0 });

const holdItem = (cell: CellWords, item: number): CellWords =>
  Object.assign(cell, { w0: WIDE, w1: item, w2: item, w3: -item });

function itemIn({ w0, w1, w2, w3 }: CellWords): number {
  assert.deepEqual([w0, w2, w3], [WIDE, w1, -w1], "words of different cells");
  return w1;
}

/** Tries until the ring is not busy: a dead owner's end is settled by somebody. */
function insist(heap: ModelHeap, step: () => RingOutcome): RingOutcome {
  for (;;) {
    const outcome = step();
    if (outcome !== BUSY) return outcome;
    heap.pause();
  }
}

/** Puts an item; what was not let in is in the log, as if taken. */
const put =
  (item: number): Deed =>
  ({ heap, ring, cell, seat }) => {
    const outcome = insist(heap, () => ring.tryPut(holdItem(cell, item)));
    if (outcome !== DONE) log(heap, seat, item);
  };

/** Takes an item, if there is one, and writes it down. */
const get: Deed = ({ heap, ring, cell, seat }) => {
  if (insist(heap, () => ring.tryGet(cell)) === DONE) log(heap, seat, itemIn(cell));
};

/** Does something in a section, with both ends. */
const inSection =
  (body: (section: RingSection, hand: Hand) => void): Deed =>
  (hand) => {
    const { monitor } = hand.self;
    const section = new RingSection(hand.heap, monitor, hand.ring);
    monitor.enter(OBJECT);
    section.open();
    body(section, hand);
    section.close();
    monitor.leave();
  };

/** Where it stands that others know the ring. */
const TOLD = OBJECT + 32;

/** Tells the others of the ring: from then on it is used as what all know, unless it is forgotten to do so. */
const tell =
  (forgets: boolean): Deed =>
  ({ heap, reach }) => {
    reach.isShared = !forgets;
    heap.store(TOLD, 1);
    heap.notify(TOLD);
  };

const awaitTold: Deed = ({ heap }) => void heap.wait(TOLD, 0);

/** A thread fills the ring, and takes out of it, before it tells another. */
const toldLate = (forgets: boolean): ReturnType<typeof scene> =>
  scene({
    deeds: [
      [put(1), put(2), put(3), get, put(4), tell(forgets), put(5), get],
      [awaitTold, get, put(11)],
    ],
    items: [1, 2, 3, 4, 5, 11],
    isUntold: true,
  });

/** Within a section takes up to two items, and puts them, and one more, behind the others. */
const turnRound = (item: number): Deed =>
  inSection((section, { heap, seat, cell }) => {
    for (let turn = 0; turn < 2 && section.size > 0 && section.canTake && section.canPut; turn++) {
      section.take(cell);
      section.put(cell);
    }
    if (section.canPut) section.put(holdItem(cell, item));
    else log(heap, seat, item);
  });

/** Within a section takes an item, and puts it back. */
const takeAndPutBack: Deed = inSection((section, { cell }) => {
  if (section.size === 0 || !section.canTake) return;
  section.take(cell);
  section.putBack(holdItem(newCell(), itemIn(cell)));
});

/** Lets nothing in any more, takes all there is, and writes it down. */
const closeAndTakeAll: Deed = inSection((section, { heap, seat, self }) => {
  self.monitor.store(FLAGS, CLOSED);
  section.takeAll((at) => log(heap, seat, readItem(heap, at)));
});

function readItem(heap: ModelHeap, at: number): number {
  const cell = newCell();
  readCell(heap, at, cell);
  return itemIn(cell);
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

interface Scene {
  /** What each thread does. Items of thread t are from 10 t + 1 on, in order. */
  readonly deeds: readonly (readonly Deed[])[];
  readonly before?: readonly number[];
  readonly capacity?: number;
  readonly mortal?: boolean;
  /** The items that are to be there, each once. */
  readonly items: readonly number[];
  /** Whether an item that a thread puts may come before an older one of its own. */
  readonly anyOrder?: boolean;
  readonly kind?: Kind;
  /** Only the first thread knows the ring, until it tells. */
  readonly isUntold?: boolean;
}

function scene({
  deeds,
  before = [],
  capacity = 0,
  mortal = false,
  items,
  anyOrder = false,
  kind = Ring,
  isUntold = false,
}: Scene) {
  return (heap: ModelHeap) => {
    heap.name(RING, "tail");
    heap.name(RING + 128, "head");
    heap.name(OBJECT + 8, "gate");
    seatThreads(heap, deeds.length + 2);
    Ring.initialise(heap, RING, CELLS);
    const handOf = (seat: number, used: Kind = kind): Hand => {
      const self = sitDown(heap, seat);
      const reach = { isShared: seat !== 0 || !isUntold };
      const ring = new used(heap, self.monitor, { address: RING, flags: FLAGS, capacity, reach }, CELLS);
      return { heap, seat, self, ring, reach, cell: newCell() };
    };
    const first = handOf(deeds.length + 1);
    for (const item of before) put(item)(first);
    const threads = deeds.map((list, seat) => () => {
      const hand = handOf(seat);
      for (const deed of list) deed(hand);
      return "lived";
    });
    return {
      threads: mortal ? [...threads, undertaker(heap, deeds.length, 0)] : threads,
      atEnd: (results: readonly unknown[]) => {
        const last = handOf(deeds.length + 1, Ring);
        const { size } = last.ring;
        const logs = deeds.map((_, seat) => logOf(heap, seat));
        const left: number[] = [];
        while (last.ring.tryGet(last.cell) === DONE) left.push(itemIn(last.cell));
        assert.equal(left.length, size, "the size");
        if (!anyOrder) for (const seen of [...logs, left]) assertInOrder(seen);
        const found = [...logs.flat(), ...left];
        assert.equal(new Set(found).size, found.length, `an item twice: ${found.join()}`);
        assert.ok(
          found.every((item) => items.includes(item)),
          `a strange item: ${found.join()}`,
        );
        assert.ok(
          found.length >= items.length - (mortal ? lossOf(results[0], deeds[0]!) : 0),
          `lost: ${found.join()}`,
        );
        if (!mortal)
          assert.equal(heap.blocks().length, heap.load(RING + 64) === 0 ? 1 : 2, "segments that nobody has");
        assert.equal(heap.load(RING) >>> 20, 0);
        assert.equal(heap.load(RING + 128) >>> 20, 0);
      },
    };
  };
}

/** How many items may be missing when the first thread was killed: what it did not put, and one that it had just taken. */
function lossOf(result: unknown, deeds: readonly Deed[]): number {
  return result === undefined ? deeds.length : 0;
}

/** The items of each thread come in the order in which it put them. */
function assertInOrder(items: readonly number[]): void {
  for (const [index, item] of items.entries()) {
    const after = items.slice(index + 1).filter((other) => Math.floor(other / 10) === Math.floor(item / 10));
    assert.ok(
      after.every((other) => other > item),
      `out of order: ${items.join()}`,
    );
  }
}

describe("Ring, every interleaving", () => {
  test("needs no atomic instructions while one thread knows it, and goes on when others come to", (context) => {
    report(context, check(toldLate(false), MODEL));
  });

  test("hands over each cell once and in order, across segments", (context) => {
    const deeds = [
      [put(1), put(2), put(3)],
      [get, get, get],
    ];
    report(context, check(scene({ deeds, items: [1, 2, 3] }), MODEL));
  });

  test("the same with two who put, and with two who get", (context) => {
    const putters = scene({
      deeds: [
        [put(1), put(2)],
        [put(11), put(12)],
        [get, get],
      ],
      items: [1, 2, 11, 12],
    });
    report(context, check(putters, { ...MODEL, preemptions: 3 }));
    const getters = scene({
      deeds: [
        [put(1), put(2), put(3)],
        [get, get],
        [get, get],
      ],
      items: [1, 2, 3],
    });
    report(context, check(getters, { ...MODEL, preemptions: 3 }));
  });

  test("holds no more than its bound, and has room again when cells are taken", (context) => {
    const program = scene({
      deeds: [[put(1), put(2), put(3)], [get, get], [({ ring }) => assert.ok(ring.size <= 2)]],
      capacity: 2,
      items: [1, 2, 3],
    });
    report(context, check(program, { ...MODEL, preemptions: 3 }));
  });

  test("who puts, or gets, may be killed at any step: the other goes on, and nothing else is lost", (context) => {
    const options: CheckOptions = { ...MODEL, mortal: [0], preemptions: 3 };
    const putting = scene({
      deeds: [
        [put(1), put(2), put(3)],
        [put(11), get, get, get],
      ],
      items: [1, 2, 3, 11],
      mortal: true,
    });
    report(context, check(putting, options));
    const getting = scene({
      deeds: [
        [get, get, get],
        [put(11), put(12), get],
      ],
      before: [91, 92, 93],
      items: [91, 92, 93, 11, 12],
      mortal: true,
    });
    report(context, check(getting, options));
  });
});

describe("RingSection, every interleaving", () => {
  test("moves cells as if no time had passed meanwhile", (context) => {
    const program = scene({
      deeds: [
        [turnRound(1), turnRound(2)],
        [put(11), get, put(12), get],
      ],
      before: [91],
      items: [1, 2, 11, 12, 91],
      anyOrder: true,
    });
    report(context, check(program, { ...MODEL, preemptions: 4 }));
  });

  test("puts a cell back where it was, also before the first of a segment", (context) => {
    const program = scene({
      deeds: [
        [takeAndPutBack, takeAndPutBack],
        [get, get, put(11)],
      ],
      before: [91, 92, 93],
      items: [91, 92, 93, 11],
    });
    report(context, check(program, { ...MODEL, preemptions: 4 }));
  });

  test("takes all there is at the moment when the ring is closed", (context) => {
    const program = scene({
      deeds: [[closeAndTakeAll], [put(11), put(12), get], [put(21)]],
      before: [91, 92, 93],
      items: [91, 92, 93, 11, 12, 21],
    });
    report(context, check(program, { ...MODEL, preemptions: 3 }));
  });

  test("that is killed at any step has happened, or has not", (context) => {
    const options: CheckOptions = { ...MODEL, mortal: [0], preemptions: 2 };
    const turning = scene({
      deeds: [[turnRound(1)], [get, put(11), get]],
      before: [91, 92],
      items: [1, 91, 92, 11],
      anyOrder: true,
      mortal: true,
    });
    report(context, check(turning, options));
    const backing = scene({
      deeds: [
        [get, get, takeAndPutBack],
        [get, put(11)],
      ],
      before: [91, 92, 93],
      items: [91, 92, 93, 11],
      mortal: true,
    });
    report(context, check(backing, options));
  });
});

describe("Ring with a planted bug", () => {
  test("is found: ends that are moved plainly though others know the ring", () => {
    assert.equal(finding(toldLate(true), MODEL), "data race");
  });

  /** Gives each bug what it needs to get at the words. */
  class OpenRing extends Ring {
    readonly heap: Heap;

    constructor(...given: ConstructorParameters<Kind>) {
      super(...given);
      this.heap = given[0];
    }
  }

  const found = (kind: Kind, given: Partial<Scene> = {}, options: CheckOptions = {}): string => {
    const deeds = [
      [put(1), put(2), put(3)],
      [get, get, get],
    ];
    return finding(scene({ deeds, items: [1, 2, 3], ...given, kind }), {
      ...MODEL,
      preemptions: 3,
      ...options,
    });
  };

  test("is found: a segment given back before the head has left it", () => {
    class GivesBackTooEarly extends Ring {
      override followSegment(position: number, left: number, count: number): number {
        const segment = super.followSegment(position, left, count);
        this.segments.give(left);
        return segment;
      }
    }
    assert.notEqual(found(GivesBackTooEarly), "nothing");
  });

  test("is found: a count that is read with the position of another time", () => {
    class LooksOnce extends OpenRing {
      override get putCount(): number {
        const { heap, tail } = this;
        const position = heap.load(tail);
        return heap.load(tail + FIRST_COUNT + sideOf(position)) + indexOf(position);
      }
    }
    const deeds = [[put(1), put(2), put(3), put(4), put(5)], [get]];
    assert.notEqual(found(LooksOnce, { deeds, items: [1, 2, 3, 4, 5] }), "nothing");
  });

  test("is found: a cell that is written after the tail has passed it", () => {
    class AnnouncesTooEarly extends OpenRing {
      override tryPut(cell: CellWords): RingOutcome {
        const { heap, tail } = this;
        const position = heap.load(tail);
        const outcome = super.tryPut(newCell());
        if (indexOf(position) === CELLS) return outcome;
        const segment = heap.peek(tail + FIRST_SEGMENT + sideOf(position));
        writeCell(heap, cellAt(segment, indexOf(position)), cell);
        return outcome;
      }
    }
    assert.notEqual(found(AnnouncesTooEarly), "nothing");
  });

  test("is found: a section that does not write down how its ends were, and dies", () => {
    const movingUnnoted: Deed = (hand) => {
      const { monitor } = hand.self;
      monitor.moveEnd = (word, position) => hand.heap.poke(monitor.ends.placeOf(word), position);
      turnRound(1)(hand);
    };
    const given = {
      deeds: [[movingUnnoted], [get, put(11), get]],
      before: [91, 92],
      items: [1, 91, 92, 11],
      anyOrder: true,
      mortal: true,
    };
    assert.notEqual(found(Ring, given, { mortal: [0] }), "nothing");
  });
});
