import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Lookout } from "./lookout.ts";

const LOOKS = 20;

/** A side that looks, and what it finds: its pauses are counted. */
class Side {
  pauses = 0;
  readonly #lookout: Lookout;

  constructor(most: number) {
    const heap = { pause: () => void this.pauses++, load: () => 0, wait: () => "timed-out" as const };
    this.#lookout = new Lookout(heap, 0, most, LOOKS);
  }

  /** Finds something at its first look, and so much beside it. Gives the pauses before that. */
  find(left: number): number {
    this.pauses = 0;
    const isFound = this.#lookout.tryAgain(
      () => true,
      () => true,
      () => left,
    );
    assert.ok(isFound);
    return this.pauses;
  }

  /** Finds nothing until it stands in line. */
  findNothing(): { looks: number; pauses: number } {
    this.pauses = 0;
    let looks = 0;
    const isFound = this.#lookout.tryAgain(
      () => ++looks < 0,
      () => false,
      () => 0,
    );
    assert.ok(!isFound);
    return { looks, pauses: this.pauses };
  }
}

describe("a side that looks before it stands in line", () => {
  test("looks as often as it can while what it waits for comes one by one", () => {
    const side = new Side(1024);
    const often = side.find(0);
    for (let i = 0; i < 10; i++) assert.equal(side.find(0), often);
  });

  test("looks less often, within bounds, while several come between two looks, and soon as often as before", () => {
    const side = new Side(1024);
    const often = side.find(5);
    assert.ok(side.find(5) > often);
    for (let i = 0; i < 20; i++) side.find(5);
    assert.equal(side.find(5), 10 * often);
    for (let i = 0; i < 4; i++) side.find(0);
    assert.equal(side.find(0), often);
  });

  test("looks no less often where half of what there is room for comes between two looks", () => {
    for (const most of [1, 2, 4]) {
      const side = new Side(most);
      const often = side.find(most - 1);
      for (let i = 0; i < 10; i++) side.find(most - 1);
      assert.equal(side.find(most - 1), often);
    }
  });

  test("gives up after the same time, however often it has looked", () => {
    const often = new Side(1024).findNothing();
    const side = new Side(1024);
    for (let i = 0; i < 20; i++) side.find(5);
    const seldom = side.findNothing();
    assert.equal(seldom.pauses, often.pauses);
    assert.ok(seldom.looks < often.looks);
  });
});
