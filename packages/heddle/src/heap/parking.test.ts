import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ModelHeap } from "@heddle/testing";
import { threadHeap } from "./index.ts";
import { Parking } from "./parking.ts";

/** More than two words of bits. */
const CAPACITY = 70;

function places(): Parking {
  assert.ok(Parking.sizeBytes(CAPACITY) <= 65536);
  return new Parking(new ModelHeap(), 0, CAPACITY);
}

describe("Parking", () => {
  test("wakes one sleeper at a time, each once, the first ones first", () => {
    const parking = places();
    for (const thread of [69, 0, 31, 32, 63]) parking.prepareSleep(thread);
    const woken: number[] = [];
    while (parking.wakeOne()) {
      woken.push(
        ...[0, 31, 32, 63, 69].filter((thread) => !parking.isAsleep(thread) && !woken.includes(thread)),
      );
    }
    assert.deepEqual(woken, [0, 31, 32, 63, 69]);
  });

  test("wakes a given thread only if it sleeps", () => {
    const parking = places();
    parking.prepareSleep(40);
    assert.deepEqual([parking.wake(41), parking.wake(40), parking.wake(40)], [false, true, false]);
    assert.equal(parking.isAsleep(40), false);
  });

  test("wakes nobody for work while somebody looks for it", () => {
    for (const parking of [places(), new Parking(new ModelHeap(), 0, 8)]) {
      assert.equal(parking.wakeForWork(), false);
      parking.prepareSleep(3);
      parking.tryStartSpinning(5, 2);
      assert.equal(parking.wakeForWork(), false);
      parking.stopSpinning(5);
      assert.equal(parking.wakeForWork(), true);
      assert.equal(parking.wakeForWork(), false);
    }
  });

  test("lets no more look for work than allowed", () => {
    const parking = places();
    assert.deepEqual(
      [1, 33, 65].map((thread) => parking.tryStartSpinning(thread, 2)),
      [true, true, false],
    );
    assert.equal(parking.spinningCount, 2);
    assert.deepEqual([parking.isSpinning(33), parking.isSpinning(65)], [true, false]);
    parking.stopSpinning(33);
    assert.equal(parking.tryStartSpinning(65, 2), true);
  });

  test("wakes nobody who has decided to stay awake", () => {
    const parking = places();
    parking.prepareSleep(6);
    parking.cancelSleep(6);
    assert.equal(parking.wakeOne(), false);
  });

  test("ends a wait at once when the wake came before it, and otherwise when it comes", async () => {
    const heap = threadHeap();
    const address = heap.allocate(Parking.sizeBytes(2));
    for (let offset = 0; offset < Parking.sizeBytes(2); offset += 4) heap.poke(address + offset, 0);
    const parking = new Parking(heap, address, 2);
    const early = parking.prepareSleep(1);
    parking.wake(1);
    assert.equal(parking.waitAsync(1, early), "not-equal");
    const woken = parking.waitAsync(1, parking.prepareSleep(1));
    parking.wake(1);
    assert.equal(await woken, "ok");
  });

  test("forgets a thread that ended, and lets all others look for work", () => {
    const parking = places();
    const ticket = parking.prepareSleep(7);
    parking.tryStartSpinning(8, 1);
    parking.forget(8);
    assert.equal(parking.spinningCount, 0);
    assert.equal(parking.isAsleep(7), false);
    assert.equal(parking.waitAsync(7, ticket), "not-equal");
  });
});
