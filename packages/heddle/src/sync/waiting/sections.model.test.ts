/** Sections under every interleaving, killed at every step: several in a row, on several objects, with groups and inboxes. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, forever, type ModelHeap } from "@heddle/testing";
import { DoneList } from "#heap";
import { finding, MODEL, OBJECTS, report, seatThreads, sitDown, undertaker } from "../fixtures/model.ts";
import { Turnstile } from "../fixtures/turnstile.ts";
import type { Monitor } from "./monitor.ts";
import { ANSWER, GRANTED, LIST, NONE, OPEN, PHASE_MASK, STATE } from "./node.ts";
import { INBOX, LOOK } from "./record.ts";
import { append } from "./wait-list.ts";

const ONE = OBJECTS;
const TWO = OBJECTS + 64;
/** The first own word of an object. */
const VALUE = 16;
const LINE = 24;
const GROUP_WORD = OBJECTS + 256;
const SERVED = OBJECTS + 260;

type Write = (monitor: Monitor, address: number, value: number) => void;
const journaled: Write = (monitor, address, value) => monitor.write(address, value);
const blind: Write = (monitor, address, value) => monitor.poke(address, value);

function prepare(heap: ModelHeap, count: number): void {
  seatThreads(heap, count);
  for (const [object, name] of [
    [ONE, "one"],
    [TWO, "two"],
  ] as const) {
    heap.name(object + 8, `gate of ${name}`);
    heap.name(object + VALUE, `value of ${name}`);
  }
}

/** Two sections in a row, each of which makes both words of an object the same number. */
const inARow = (write: Write) => (heap: ModelHeap) => {
  prepare(heap, 3);
  const writer = (): void => {
    const { monitor } = sitDown(heap, 0);
    monitor.enter(ONE);
    for (const value of [1, 2]) {
      if (value === 2) monitor.goOn();
      write(monitor, ONE + VALUE, value);
      write(monitor, ONE + VALUE + 4, value);
    }
    monitor.leave();
  };
  const reader = (): void => {
    const { monitor } = sitDown(heap, 1);
    monitor.enter(ONE);
    assert.equal(monitor.read(ONE + VALUE), monitor.read(ONE + VALUE + 4), "half a section");
    monitor.leave();
  };
  return [writer, reader, undertaker(heap, 2, 0)];
};

/** Both move something from one object to another, so there is always as much. */
const acrossObjects = (write: Write) => (heap: ModelHeap) => {
  prepare(heap, 3);
  heap.poke(ONE + VALUE, 5);
  heap.poke(TWO + VALUE, 5);
  const mover = (seat: number, from: number, to: number) => (): void => {
    const { monitor } = sitDown(heap, seat);
    monitor.enterAll([ONE, TWO]);
    const [left, right] = [monitor.read(from + VALUE), monitor.read(to + VALUE)];
    assert.equal(left + right, 10, "half a section");
    write(monitor, from + VALUE, left - 1);
    write(monitor, to + VALUE, right + 1);
    monitor.leave();
  };
  return [mover(0, ONE, TWO), mover(1, TWO, ONE), undertaker(heap, 2, 0)];
};

/** Thread 2 waits at two objects, for whichever comes first; threads 0 and 1 grant at one each. */
const oneOfTwo = (heap: ModelHeap) => {
  prepare(heap, 4);
  heap.store(GROUP_WORD, OPEN);
  const { monitor, nodes } = sitDown(heap, 2);
  const places = [ONE, TWO].map((object) => {
    const node = nodes.take({ object, want: 0, isAsync: true, group: GROUP_WORD });
    monitor.enter(object);
    append(monitor, object + LINE, node);
    monitor.leave();
    return { object, node };
  });
  const granter = (seat: number) => (): boolean => {
    const { object, node } = places[seat]!;
    const { monitor } = sitDown(heap, seat);
    monitor.enter(object);
    const won = monitor.grant(node, 7);
    monitor.leave();
    return won;
  };
  return {
    threads: [granter(0), granter(1), undertaker(heap, 3, 0)],
    atEnd: ([first, second]: readonly unknown[]) => {
      const winner = heap.load(GROUP_WORD) >>> 0;
      const granted = places.filter(({ node }) => heap.load(node + ANSWER) !== NONE);
      assert.ok(granted.length <= 1, "two waits of one group were granted");
      for (const { node } of granted) assert.equal(winner, node);
      if (first !== undefined) assert.equal(Number(first) + Number(second), 1);
      // The killed one may have claimed the group for a wait that it then did not grant: it still stands in line.
      if (second === false && granted.length === 0) {
        assert.equal(winner, places[0]!.node);
        assert.notEqual(heap.load(winner + LIST), 0);
      }
    },
  };
};

/** Thread 0 waits without blocking; thread 1 grants, and may die between any two steps of telling so. */
const toldByInbox = (looks: "before it sleeps" | "when it is woken" | "never") => (heap: ModelHeap) => {
  prepare(heap, 3);
  const { monitor, nodes } = sitDown(heap, 0);
  const node = nodes.take({ object: ONE, want: 0, isAsync: true, group: 0 });
  const place = new Turnstile(monitor, ONE);
  monitor.enter(ONE);
  place.enlist(node);
  monitor.leave();
  const record = monitor.seats.recordAt(0);
  const isGranted = (): boolean => (heap.load(node + STATE) & PHASE_MASK) === GRANTED;
  const consumer = forever(() => {
    const { monitor } = sitDown(heap, 0);
    const list = new DoneList(heap, record + INBOX);
    // As Inbox does.
    if (list.trySleep() && (looks !== "before it sleeps" || heap.load(record + LOOK) === 0))
      void list.waitAsync();
    list.awake();
    if (list.takeAll() !== 0) heap.store(SERVED, 1);
    if (looks === "never" || heap.exchange(record + LOOK, 0) === 0) return;
    if (isGranted()) heap.store(SERVED, 1);
    else {
      const turnstile = new Turnstile(monitor, ONE);
      monitor.enter(ONE);
      while (turnstile.pump()) monitor.goOn();
      monitor.leave();
      if (isGranted()) heap.store(SERVED, 1);
    }
  });
  const granter = (): void => new Turnstile(sitDown(heap, 1).monitor, ONE).add(1);
  return {
    threads: [consumer, granter, undertaker(heap, 2, 1)],
    atEnd: () => {
      if (isGranted()) assert.equal(heap.load(SERVED), 1, "granted, and nobody knows");
      else assert.equal(heap.load(ONE + VALUE), 0, "there is a permit, and somebody waits");
    },
  };
};

const killed = { ...MODEL, mortal: [0], preemptions: 3 };

describe("sections, every interleaving and every death", () => {
  test("in a row happen whole or not at all, each for itself", (context) => {
    report(context, check(inARow(journaled), killed));
  });

  test("on several objects happen whole or not at all", (context) => {
    report(context, check(acrossObjects(journaled), killed));
  });

  test("grant one wait of a group at most", (context) => {
    report(context, check(oneOfTwo, MODEL));
    report(context, check(oneOfTwo, { ...killed, preemptions: 2 }));
  });

  test("tell an event loop what was granted to it, or a look finds it", (context) => {
    report(context, check(toldByInbox("before it sleeps"), { ...MODEL, preemptions: 3 }));
    report(context, check(toldByInbox("before it sleeps"), { ...MODEL, mortal: [1], preemptions: 2 }));
  });
});

describe("the model of sections is alert", () => {
  test("is found: a change that is not in the journal", () => {
    assert.equal(finding(inARow(blind), killed), "assertion");
    assert.equal(finding(acrossObjects(blind), killed), "assertion");
  });

  test("is found: an inbox whose owner does not look when a thread has died, or too early", () => {
    for (const looks of ["when it is woken", "never"] as const) {
      assert.equal(finding(toldByInbox(looks), { ...MODEL, mortal: [1], preemptions: 2 }), "assertion");
    }
  });
});
