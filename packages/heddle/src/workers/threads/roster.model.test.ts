/** {@link Roster} under every interleaving. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { check, type ModelHeap } from "@heddle/testing";
import type { Heap } from "#heap";
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
import { Roster } from "./roster.ts";
import { LISTED, NEXT, PREV } from "./thread-core.ts";

const ROSTER = OBJECTS;
const FIRST = ROSTER + 16;
const LAST = ROSTER + 20;
const recordOf = (thread: number): number => OBJECTS + 256 * (thread + 1);
const CLAIMS = 4;

type Kind = new (heap: Heap, monitor: Monitor, address: number) => Roster;

/** Each thread lists itself, looks who is there, and takes itself out again. */
function listing(count: number, kind: Kind = Roster, mortal?: number) {
  return (heap: ModelHeap) => {
    seatThreads(heap, count + 1);
    for (let thread = 0; thread < count; thread++) heap.store(recordOf(thread) + CLAIMS, 1);
    const threads: (() => unknown)[] = Array.from({ length: count }, (_, thread) => () => {
      const roster = new kind(heap, sitDown(heap, thread).monitor, ROSTER);
      roster.add(recordOf(thread));
      const seen: number[] = [];
      roster.forEach((record) => void seen.push(record));
      assert.equal(seen.filter((record) => record === recordOf(thread)).length, 1, "it is there once");
      assert.equal(new Set(seen).size, seen.length);
      roster.remove(recordOf(thread));
      roster.remove(recordOf(thread));
    });
    if (mortal !== undefined) threads.push(undertaker(heap, count, mortal));
    return {
      threads,
      atEnd: () => {
        const left = walk(heap);
        const isKilled = (record: number): boolean => mortal !== undefined && record === recordOf(mortal);
        assert.deepEqual(
          left.filter((record) => !isKilled(record)),
          [],
        );
        for (let thread = 0; thread < count; thread++) {
          const claims = heap.load(recordOf(thread) + CLAIMS);
          // In doubt a claim is not given up.
          if (mortal === undefined) assert.equal(claims, 1);
          else assert.ok(claims >= 1);
        }
      },
    };
  };
}

/** The list, which is the same from both ends. */
function walk(heap: ModelHeap): number[] {
  const records: number[] = [];
  let before = 0;
  for (let record = heap.load(FIRST); record !== 0; record = heap.load(record + NEXT)) {
    assert.equal(heap.load(record + PREV), before);
    assert.equal(heap.load(record + LISTED), 1);
    records.push(record);
    before = record;
  }
  assert.equal(heap.load(LAST), before);
  return records;
}

describe("Roster, every interleaving", () => {
  test("has each thread once, from when it was added until it is removed", (context) => {
    report(context, check(listing(2), { ...MODEL, preemptions: 2 }));
    report(context, check(listing(3), { ...MODEL, preemptions: 1 }));
  });

  test("stays whole when a thread is killed at any step", (context) => {
    report(context, check(listing(2, Roster, 0), { ...MODEL, mortal: [0], preemptions: 1 }));
  });
});

describe("Roster with a planted bug", () => {
  class AddsWithoutASection extends Roster {
    readonly #words: Heap;
    constructor(heap: Heap, monitor: Monitor, address: number) {
      super(heap, monitor, address);
      this.#words = heap;
    }

    override add(thread: number): void {
      const words = this.#words;
      words.add(thread + CLAIMS, 1);
      const last = words.load(LAST);
      words.store(thread + PREV, last);
      words.store(thread + LISTED, 1);
      words.store(last === 0 ? FIRST : last + NEXT, thread);
      words.store(LAST, thread);
    }
  }

  test("is found: a thread that is added in several steps", () => {
    assert.notEqual(finding(listing(2, AddsWithoutASection), { ...MODEL, preemptions: 1 }), "nothing");
  });
});
