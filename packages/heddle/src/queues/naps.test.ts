import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Naps } from "./naps.ts";

const BED = 8;

/** A side that waits, in a heap where time does not pass. */
class Side {
  naps = 0;
  readonly #naps: Naps;

  constructor(most: number) {
    const wait = (address: number, expected: number, timeoutMs?: number): "timed-out" => {
      assert.deepEqual([address, expected], [BED, 7]);
      assert.ok(timeoutMs! > 0 && timeoutMs! < 1);
      this.naps++;
      return "timed-out";
    };
    this.#naps = new Naps({ load: () => 7, wait }, BED, most);
  }

  /** Waits so often, each time until it stands in line or not, and finds so much after each nap. Gives how many naps there were. */
  wait(times: number, found: number, isInLine = false): number {
    const before = this.naps;
    for (let i = 0; i < times; i++) {
      if (this.#naps.tryNap()) this.#naps.learn(found);
      if (isInLine) this.#naps.stands();
    }
    return this.naps - before;
  }
}

describe("a side that is quicker than the other one", () => {
  test("naps at each wait while it finds several values after it", () => {
    const side = new Side(1024);
    assert.equal(side.wait(31, 10), 0);
    assert.equal(side.wait(100, 10), 100);
  });

  test("naps less and less often, but not never, where that finds little", () => {
    const side = new Side(1024);
    assert.equal(side.wait(31 + 1, 1), 1);
    assert.equal(side.wait(63, 1), 0);
    assert.equal(side.wait(1, 1), 1);
    const naps = side.wait(1_000_000, 1);
    assert.ok(naps > 200 && naps < 300, `${naps}`);
    assert.ok(side.wait(5000, 10) > 100);
  });

  test("tries a nap the sooner where each wait has ended in line", () => {
    const side = new Side(1024);
    assert.ok(side.wait(1_000_000, 1, true) > 3000);
    assert.ok(side.wait(1000, 10, true) > 700);
  });

  test("wakes up for good when it finds little after a nap", () => {
    const side = new Side(1024);
    side.wait(100, 10);
    assert.equal(side.wait(1, 3), 1);
    assert.equal(side.wait(31, 10), 0);
  });

  test("does not nap so long that the other side might have to wait", () => {
    for (const most of [0, 1, 2, 16, 40]) {
      const side = new Side(most);
      assert.ok(side.wait(1000, 10) < 10);
    }
  });
});
