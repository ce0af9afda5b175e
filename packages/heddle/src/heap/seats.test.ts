import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ModelHeap } from "@heddle/testing";
import { leaseWord, seatAt } from "./layout.ts";
import { seatOf, Seats } from "./seats.ts";

/** Threads that have leased the arenas from 0 on, with the tokens 1, 2, … */
function seated(count: number) {
  const heap = new ModelHeap();
  const seats = new Seats(heap);
  const identities = Array.from({ length: count }, (_, seat) => {
    heap.store(leaseWord(seat), seat + 1);
    return seats.sit(seat, 100 + seat);
  });
  return { heap, seats, identities };
}

describe("Seats", () => {
  test("tell who sits where, and by what number the system knows it", () => {
    const { seats, identities } = seated(3);
    assert.deepEqual([...seats], [0, 1, 2]);
    assert.deepEqual(
      identities.map((identity) => seatOf(identity)),
      [0, 1, 2],
    );
    assert.ok(identities.every((identity) => identity > 0 && identity < 2 ** 30 && seats.isSeated(identity)));
    assert.equal(seats.nativeIdAt(2), 102);
    seats.setRecord(1, 0x8000_0040);
    assert.deepEqual([seats.recordAt(0), seats.recordAt(1)], [0, 0x8000_0040]);
  });

  test("give a name to each thread that no other thread on that seat had", () => {
    const { seats } = seated(1);
    const names = new Set<number>();
    for (let i = 0; i < 1000; i++) names.add(seats.sit(0, 0));
    assert.equal(names.size, 1000);
  });

  test("begin again after the last name, and never with 0", () => {
    const { heap, seats } = seated(1);
    heap.store(seatAt(0) + 4, 2 ** 19 - 1);
    assert.equal(seats.sit(0, 0), 1 << 11);
  });

  test("know a thread no more once it is vacated, and its seat can be had again with its record", () => {
    const { seats, identities } = seated(2);
    seats.setRecord(1, 4096);
    assert.equal(seats.claimEnd(2, 0), 1);
    seats.vacate(1);
    assert.ok(!seats.isSeated(identities[1]!));
    assert.deepEqual([...seats], [0]);
    seats.free(1);
    const next = seats.sit(1, 0);
    assert.notEqual(next, identities[1]);
    assert.equal(seats.recordAt(1), 4096);
    assert.ok(!seats.isSeated(identities[1]!) && seats.isSeated(next));
  });

  test("let an end be settled by one only, and know nothing of threads that never sat", () => {
    const { seats } = seated(3);
    assert.equal(seats.claimEnd(9, 0), -1);
    assert.equal(seats.claimEnd(2, 0), 1);
    assert.equal(seats.claimEnd(2, 2), -1);
    assert.equal(seats.claimEndOf(1, 2), false);
    assert.equal(seats.claimEndOf(2, 0), true);
  });

  test("pass on the ends that one was settling who ended", () => {
    const { seats } = seated(4);
    assert.ok(seats.claimEndOf(1, 2) && seats.claimEndOf(3, 2) && seats.claimEndOf(2, 0));
    assert.deepEqual([seats.inherit(2, 0), seats.inherit(2, 0), seats.inherit(2, 0)], [1, 3, -1]);
    assert.equal(seats.inherit(0, 0), 1);
  });
});
