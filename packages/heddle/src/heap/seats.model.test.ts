/** The end of a thread is settled once, whoever learns of it, and whoever dies at that. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, type ModelHeap } from "@heddle/testing";
import { finding, report } from "./fixtures/models.ts";
import { leaseWord } from "./layout.ts";
import { Seats } from "./seats.ts";

/** Counts who believes that the end of seat 0 is its own to settle, begun and finished. */
const BEGUN = 60_000;
const FINISHED = 60_004;

type Kind = new (heap: ModelHeap) => Seats;

function prepare(heap: ModelHeap, kind: Kind): Seats {
  const seats = new kind(heap);
  for (let seat = 0; seat < 4; seat++) {
    heap.store(leaseWord(seat), seat + 1);
    seats.sit(seat, 0);
  }
  return seats;
}

const both = (kind: Kind) => (heap: ModelHeap) => {
  prepare(heap, kind);
  const settler = (seat: number) => (): void => {
    const seats = new kind(heap);
    if (seats.claimEnd(1, seat) < 0) return;
    assert.equal(heap.add(BEGUN, 1), 0, "settled by two");
    seats.vacate(0);
    seats.free(0);
  };
  return {
    threads: [settler(1), settler(2)],
    atEnd: () => assert.equal(heap.load(BEGUN), 1),
  };
};

/** Thread 0 settles the end of seat 0 and may die; thread 1 settles its end, seat 1, and what that has left. */
const inherited = (inherits: boolean) => (heap: ModelHeap) => {
  prepare(heap, Seats);
  const finish = (seats: Seats): void => {
    heap.add(FINISHED, 1);
    seats.vacate(0);
    seats.free(0);
  };
  return {
    threads: [
      (): void => {
        const seats = new Seats(heap);
        if (seats.claimEnd(1, 1) === 0) finish(seats);
      },
      (): void => {
        if (heap.join(0) !== "killed") return;
        const seats = new Seats(heap);
        assert.equal(seats.claimEnd(2, 2), 1);
        if (inherits && seats.inherit(1, 2) === 0) finish(seats);
        if (seats.claimEnd(1, 2) === 0) finish(seats);
        seats.vacate(1);
        seats.free(1);
      },
    ],
    atEnd: () => {
      assert.equal(heap.load(leaseWord(0)), 0, "nobody settles it");
      assert.ok(heap.load(FINISHED) >= 1);
    },
  };
};

describe("Seats, every interleaving", () => {
  test("have one who settles an end", (context) => {
    report(context, check(both(Seats)));
  });

  test("have an end settled also if who was at it is killed at any step", (context) => {
    report(context, check(inherited(true), { mortal: [0] }));
  });
});

describe("the model of Seats is alert", () => {
  class LooksAndThenClaims extends Seats {
    readonly #words: ModelHeap;
    constructor(words: ModelHeap) {
      super(words);
      this.#words = words;
    }
    override claimEnd(token: number, by: number): number {
      if (this.#words.load(leaseWord(0)) !== token) return -1;
      this.#words.store(leaseWord(0), -1 - by);
      return 0;
    }
  }

  test("is found: a claim in two steps", () => {
    assert.equal(finding(both(LooksAndThenClaims)), "assertion");
  });

  test("is found: an end that nobody inherits", () => {
    assert.equal(finding(inherited(false), { mortal: [0] }), "assertion");
  });
});
