import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { claimOn, HeldKind, HeapFullError, Ledger, releaseBy, settleLedger, threadHeap } from "./index.ts";

const heap = threadHeap();

// What is held here is a bare count.
releaseBy(HeldKind.OBJECT, (_, address) => void heap.add(address + 4, -1));

function held(): { claim: number; count: () => number } {
  const address = heap.allocate(16);
  heap.poke(address + 4, 1);
  return { claim: claimOn(HeldKind.OBJECT, address), count: () => heap.load(address + 4) };
}

describe("a ledger", () => {
  test("takes up claims, notes those that are there, and gives them up", () => {
    const ledger = new Ledger(heap);
    const { claim, count } = held();
    const [noted, taken] = [ledger.note(claim), ledger.take(claim)];
    assert.equal(count(), 2);
    ledger.giveUp(taken);
    assert.equal(count(), 1);
    ledger.giveUp(noted);
    assert.equal(count(), 0);
    settleLedger(heap, ledger.address);
    assert.equal(count(), 0);
  });

  test("gives up all that its thread held when it is settled, however much that is", () => {
    const ledger = new Ledger(heap);
    const things = Array.from({ length: 3000 }, held);
    const entries = things.map(({ claim }) => ledger.take(claim));
    for (const entry of entries.slice(500, 600)) ledger.giveUp(entry);
    settleLedger(heap, ledger.address);
    assert.ok(things.every(({ count }) => count() === 1));
  });

  test("uses its entries again", () => {
    const { claim } = held();
    const ledger = new Ledger(heap);
    ledger.giveUp(ledger.take(claim));
    const before = heap.bytes.length;
    for (let i = 0; i < 100_000; i++) ledger.giveUp(ledger.take(claim));
    assert.equal(heap.bytes.length, before);
    settleLedger(heap, ledger.address);
  });

  test("takes nothing when it has no room to write it down", () => {
    let isFull = false;
    const full = new Proxy(heap, {
      get(_, key) {
        if (key === "allocate" && isFull) return (size: number) => assert.fail(new HeapFullError(size, 0));
        const value: unknown = Reflect.get(heap, key);
        return typeof value === "function" ? value.bind(heap) : value;
      },
    });
    const ledger = new Ledger(full);
    const { claim, count } = held();
    isFull = true;
    let taken = 0;
    assert.throws(() => {
      for (;;) {
        ledger.take(claim);
        taken++;
      }
    }, HeapFullError);
    assert.equal(count(), 1 + taken);
    settleLedger(heap, ledger.address);
    assert.equal(count(), 1);
  });
});
