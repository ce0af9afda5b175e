import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ModelHeap } from "@heddle/testing";
import { Seats } from "#heap";
import { MODEL, OBJECTS, seatThreads, sitDown } from "../fixtures/model.ts";
import { Turnstile } from "../fixtures/turnstile.ts";
import { Monitor } from "./monitor.ts";
import { ANSWER, GRANTED, NONE, OPEN, PHASE_MASK, STATE } from "./node.ts";
import { GATE_COUNT, GRANT_COUNT, MAX_CHANGES, MAX_GATES, MAX_GRANTS, UNDO_COUNT } from "./record.ts";
import { firstOf } from "./wait-list.ts";

const OBJECT = OBJECTS;
const GATE = OBJECT + 8;
const WORD = OBJECT + 16;
const LINE = OBJECT + 20;

function setUp() {
  const heap = new ModelHeap(MODEL);
  seatThreads(heap, 2);
  const self = sitDown(heap, 0);
  const record = self.monitor.seats.recordAt(0);
  const isClean = (): boolean =>
    [UNDO_COUNT, GRANT_COUNT, GATE_COUNT].every((word) => heap.load(record + word) === 0);
  const take = (group = 0): number => self.nodes.take({ object: OBJECT, want: 0, isAsync: false, group });
  return { heap, ...self, isClean, take };
}

describe("a section", () => {
  test("closes the gate of its object, and leaves nothing in the record", () => {
    const { heap, monitor, isClean } = setUp();
    monitor.enter(OBJECT);
    assert.notEqual(heap.load(GATE), 0);
    monitor.write(WORD, 5);
    monitor.store(WORD + 4, 6);
    monitor.leave();
    assert.deepEqual([heap.load(GATE), heap.load(WORD), heap.load(WORD + 4)], [0, 5, 6]);
    assert.ok(isClean());
  });

  test("that is rolled back has changed nothing and granted nothing", () => {
    const { heap, monitor, isClean, take } = setUp();
    const turnstile = new Turnstile(monitor, OBJECT);
    const node = take();
    monitor.enter(OBJECT);
    turnstile.enlist(node);
    monitor.leave();
    monitor.enter(OBJECT);
    monitor.write(WORD, 1);
    monitor.write(WORD, 2);
    turnstile.pump();
    monitor.rollBack();
    assert.equal(heap.load(WORD), 0);
    assert.equal(firstOf(monitor, LINE), node);
    assert.equal(heap.load(node + ANSWER), NONE);
    assert.notEqual(heap.load(node + STATE) & PHASE_MASK, GRANTED);
    assert.equal(heap.load(GATE), 0);
    assert.ok(isClean());
  });

  test("refuses more changes, or more objects, than can be undone", () => {
    const { heap, monitor, isClean } = setUp();
    monitor.enter(OBJECT);
    for (let i = 0; i < MAX_CHANGES; i++) monitor.write(WORD, i + 1);
    assert.throws(() => monitor.write(WORD, 0), RangeError);
    monitor.rollBack();
    assert.equal(heap.load(WORD), 0);
    const objects = Array.from({ length: MAX_GATES + 1 }, (_, index) => OBJECT + 32 * index);
    monitor.enterAll(objects.slice(1));
    assert.throws(() => monitor.enter(OBJECT), RangeError);
    monitor.rollBack();
    assert.ok(isClean() && objects.every((object) => heap.load(object + 8) === 0));
  });

  test("tells those whom it has granted something after the gate is open", () => {
    const { heap, monitor, take } = setUp();
    const turnstile = new Turnstile(monitor, OBJECT);
    const told: number[] = [];
    monitor.onGranted = (node) => {
      assert.equal(heap.load(GATE), 0);
      told.push(node);
    };
    const { nodes } = sitDown(heap, 0);
    void take;
    const node = nodes.take({ object: OBJECT, want: 0, isAsync: true, group: 0 });
    monitor.enter(OBJECT);
    turnstile.enlist(node);
    monitor.leave();
    turnstile.add(1);
    assert.deepEqual(told, [node]);
  });

  test("goes on for more than it can grant at once", () => {
    const { heap, monitor, take, isClean } = setUp();
    const turnstile = new Turnstile(monitor, OBJECT);
    const nodes = Array.from({ length: 2 * MAX_GRANTS - 4 }, () => take());
    for (const node of nodes) {
      monitor.enter(OBJECT);
      turnstile.enlist(node);
      monitor.leave();
    }
    turnstile.add(nodes.length);
    assert.ok(nodes.every((node) => (heap.load(node + STATE) & PHASE_MASK) === GRANTED));
    assert.deepEqual([turnstile.waiters, turnstile.permits], [0, 0]);
    assert.ok(isClean());
  });

  test("grants one wait of a group, and takes the others out of their lines", () => {
    const { heap, monitor, take } = setUp();
    const group = OBJECTS + 512;
    heap.store(group, OPEN);
    const turnstile = new Turnstile(monitor, OBJECT);
    const nodes = [take(group), take(group), take()];
    for (const node of nodes) {
      monitor.enter(OBJECT);
      turnstile.enlist(node);
      monitor.leave();
    }
    turnstile.add(3);
    const answers = nodes.map((node) => heap.load(node + ANSWER));
    assert.deepEqual(answers, [3, NONE, 2]);
    assert.equal(heap.load(group), nodes[0]);
    assert.deepEqual([turnstile.waiters, turnstile.permits], [0, 1]);
  });

  test("asks after the owner of a gate that does not open, and goes in once that is settled", () => {
    const { heap } = setUp();
    const seats = new Seats(heap);
    const stuck: number[] = [];
    const monitor = new Monitor(
      { words: heap, seats, seat: 0, identity: seats.identityAt(0), record: seats.recordAt(0) },
      {
        spins: 2,
        endSleepMs: 0,
        sleepMs: 5,
        onStuck(seat) {
          stuck.push(seat);
          if (stuck.length === 2) heap.store(GATE, 0);
        },
      },
    );
    heap.store(GATE, 1 + 1);
    monitor.enter(OBJECT);
    assert.deepEqual(stuck, [1, 1]);
    monitor.leave();
    assert.equal(heap.load(GATE), 0);
  });
});
