import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import type { ModelHeap } from "@heddle/testing";
import { Arena } from "./arena.ts";
import { audit } from "./fixtures/audit.ts";
import { Delegate } from "./fixtures/delegate.ts";
import { HIGH_PAGE, leaseAll, release, smallHeap } from "./fixtures/small-heap.ts";
import { HeapFullError } from "./heap.ts";
import { FRONTIER_WORD, PAGE_BYTES, SEATS_WORD } from "./layout.ts";
import { LARGEST_CLASS_BYTES } from "./size-classes.ts";

/** Blocks that somebody holds, by address: the plain model of an allocator. */
class Held {
  readonly #sizes = new Map<number, number>();

  get addresses(): number[] {
    return [...this.#sizes.keys()];
  }

  add(address: number, sizeBytes: number, arena: Arena): void {
    assert.equal(address % 16, 0, "not a multiple of 16");
    const usable = arena.blockSize(address);
    assert.ok(usable >= sizeBytes, `asked for ${sizeBytes}, got ${usable} bytes`);
    for (const [other, size] of this.#sizes) {
      assert.ok(address + usable <= other || other + size <= address, `${address} overlaps ${other}`);
    }
    this.#sizes.set(address, usable);
  }

  take(choice: number): number | undefined {
    const address = this.addresses[choice % this.#sizes.size];
    if (address !== undefined) this.#sizes.delete(address);
    return address;
  }
}

/** Fills a block with its own address, so that a write by its neighbours shows. */
function fill(heap: ModelHeap, address: number, sizeBytes: number): void {
  for (let offset = 0; offset < sizeBytes; offset += 4) heap.poke(address + offset, address);
}

function checkFill(heap: ModelHeap, address: number, sizeBytes: number): void {
  for (let offset = 0; offset < sizeBytes; offset += 4) assert.equal(heap.peek(address + offset), address);
}

const size = fc.oneof(
  fc.integer({ min: 0, max: 64 }),
  fc.integer({ min: 0, max: LARGEST_CLASS_BYTES }),
  fc.integer({ min: LARGEST_CLASS_BYTES + 1, max: 4 * PAGE_BYTES }),
);
const action = fc.oneof(
  fc.record({ kind: fc.constant("allocate" as const), arena: fc.nat(2), size }),
  fc.record({ kind: fc.constant("free" as const), arena: fc.nat(2), choice: fc.nat() }),
);

const actions = fc.array(action, { maxLength: 300, size: "max" });

describe("Arena", () => {
  test("never hands out a block twice or over another, whoever takes and gives back", () => {
    fc.assert(
      fc.property(actions, fc.constantFrom(1, HIGH_PAGE - 2, HIGH_PAGE), (steps, firstPage) => {
        const heap = smallHeap(512, firstPage);
        const arenas = leaseAll(heap, 1, 2, 3);
        const held = new Held();
        for (const step of steps) {
          const arena = arenas[step.arena]!;
          if (step.kind === "allocate") {
            held.add(arena.allocate(step.size), step.size, arena);
          } else {
            const address = held.take(step.choice);
            if (address !== undefined) arena.free(address);
          }
        }
        audit(heap, { held: held.addresses, arenas: 3, firstPage });
      }),
      { numRuns: 100 },
    );
  });

  test("leaves what is in a block alone while it is held", () => {
    const heap = smallHeap(64);
    const [one, two] = leaseAll(heap, 1, 2) as [Arena, Arena];
    const sizes = [4, 16, 100, 1000, 5000, 16384, 20000, 70000];
    const blocks = sizes.map((bytes) => one.allocate(bytes));
    for (const block of blocks) fill(heap, block, one.blockSize(block));
    for (const bytes of sizes) {
      two.free(one.allocate(bytes));
      one.free(two.allocate(bytes));
    }
    for (const block of blocks) checkFill(heap, block, one.blockSize(block));
  });

  test("needs no more memory for the same again, once everything was given back", () => {
    for (const giver of [0, 1]) {
      const heap = smallHeap(1024);
      const arenas = leaseAll(heap, 1, 2) as [Arena, Arena];
      const frontiers: number[] = [];
      for (let round = 0; round < 6; round++) {
        const blocks = Array.from({ length: 300 }, (_, index) => arenas[0].allocate((index * 997) % 40000));
        for (const block of blocks) arenas[giver]!.free(block);
        frontiers.push(heap.peek(FRONTIER_WORD));
      }
      assert.deepEqual(frontiers.slice(1), frontiers.slice(0, -1), "grows from round to round");
      audit(heap, { held: [], arenas: 2 });
    }
  });

  test("gives empty pages back to others, all but one of each class", () => {
    const heap = smallHeap(64);
    const [one, two] = leaseAll(heap, 1, 2) as [Arena, Arena];
    const blocks = Array.from({ length: 90 }, () => one.allocate(16384));
    assert.equal(audit(heap, { held: blocks, arenas: 2 }), 30);
    for (const block of blocks) one.free(block);
    assert.equal(audit(heap, { held: [], arenas: 2 }), 1);
    const frontier = heap.peek(FRONTIER_WORD);
    for (let page = 0; page < 29; page++) for (let block = 0; block < 7; block++) two.allocate(8000);
    assert.equal(heap.peek(FRONTIER_WORD), frontier);
  });

  test("uses the memory of blocks of one size, freed by others, for blocks of another size", () => {
    const heap = smallHeap(40);
    const [one, two] = leaseAll(heap, 1, 2) as [Arena, Arena];
    const blocks = Array.from({ length: 38 * 3 }, () => one.allocate(16384));
    for (const block of blocks) two.free(block);
    for (let count = 0; count < 30 * 15; count++) one.allocate(4096);
  });

  test("takes and gives back a block in a bounded number of steps, however much is held", () => {
    class Counting extends Delegate {
      steps = 0;
      override load(address: number): number {
        this.steps++;
        return super.load(address);
      }
      override peek(address: number): number {
        this.steps++;
        return super.peek(address);
      }
    }
    const stepsPerBlock = [300, 1200].map((pages) => {
      const heap = new Counting(smallHeap(2000));
      const [arena, other] = leaseAll(heap, 1, 2) as [Arena, Arena];
      const count = 3 * pages;
      const blocks = Array.from({ length: count }, () => arena.allocate(16384));
      for (const block of blocks.slice(0, count / 2)) arena.free(block);
      for (const block of blocks.slice(count / 2)) other.free(block);
      for (let index = 0; index < count; index++) arena.allocate(16384);
      return heap.steps / count;
    });
    assert.ok(
      stepsPerBlock[1]! < 1.2 * stepsPerBlock[0]!,
      `${stepsPerBlock.join(", then ")} steps for 4 times as much`,
    );
  });
});

describe("Arena.allocate() in a full heap", () => {
  const FULL = { code: "ERR_HEDDLE_HEAP_FULL", limitBytes: 8 * PAGE_BYTES };

  test("throws HeapFullError with the size asked for and the limit, and leaves everything as it was", () => {
    for (const bytes of [24, 1000, 16384, 20000, 3 * PAGE_BYTES, 100 * PAGE_BYTES, 2 ** 32]) {
      const heap = smallHeap(8);
      const [arena] = leaseAll(heap, 1) as [Arena];
      const held: number[] = [];
      const fillUp = (): void => {
        for (;;) held.push(arena.allocate(bytes));
      };
      assert.throws(fillUp, { ...FULL, sizeBytes: bytes });
      assert.throws(() => arena.allocate(bytes), HeapFullError);
      audit(heap, { held, arenas: 1 });
      const last = held.pop();
      if (last === undefined) continue;
      arena.free(last);
      assert.equal(arena.allocate(bytes), last);
    }
  });

  test("finds the blocks that others have given back before it gives up", () => {
    const heap = smallHeap(8);
    const [one, two] = leaseAll(heap, 1, 2) as [Arena, Arena];
    const blocks = Array.from({ length: 7 * 3 }, () => one.allocate(16384));
    assert.throws(() => one.allocate(64), { ...FULL, sizeBytes: 64 });
    for (const block of blocks) two.free(block);
    assert.ok(one.allocate(64) > 0);
    assert.ok(two.allocate(64) > 0);
  });
});

describe("Arena.lease()", () => {
  test("takes over the pages of the thread before, whole", () => {
    const heap = smallHeap(64);
    const [before, other] = leaseAll(heap, 1, 2) as [Arena, Arena];
    const blocks = Array.from({ length: 100 }, (_, index) => before.allocate(50 * index));
    for (const block of blocks.slice(0, 30)) before.free(block);
    for (const block of blocks.slice(30, 60)) other.free(block);
    release(heap, 1);
    const after = Arena.lease(heap, 3);
    assert.equal(after.index, before.index);
    const held = blocks.slice(60);
    for (let index = 0; index < 100; index++) held.push(after.allocate(50 * index));
    audit(heap, { held, arenas: 2 });
    for (const block of held) after.free(block);
    audit(heap, { held: [], arenas: 2 });
  });

  test("gives back the empty pages of the thread before when memory is short", () => {
    const heap = smallHeap(8);
    const [before] = leaseAll(heap, 1) as [Arena];
    for (let size = 16; size <= 112; size += 16) before.free(before.allocate(size));
    release(heap, 1);
    const after = Arena.lease(heap, 2);
    const held = Array.from({ length: 7 }, () => after.allocate(60000));
    audit(heap, { held, arenas: 1 });
  });

  test("gives each thread an arena of its own, and a released one again", () => {
    const heap = smallHeap(4);
    assert.deepEqual(
      leaseAll(heap, 5, 6, 7).map((arena) => arena.index),
      [0, 1, 2],
    );
    release(heap, 6);
    release(heap, 6);
    assert.equal(Arena.lease(heap, 8).index, 1);
    assert.equal(Arena.lease(heap, 9).index, 3);
  });

  test("says so when every arena is leased", () => {
    const heap = smallHeap(4);
    for (let token = 1; token <= 2048; token++) heap.store(4096 + 8 * (token - 1), token);
    heap.store(SEATS_WORD, 2048);
    assert.throws(() => Arena.lease(heap, 5000), /2048 threads/);
    release(heap, 2048);
    assert.equal(Arena.lease(heap, 5000).index, 2047);
  });
});
