import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Patience } from "./patience.ts";

/** How often it looks in so many waits, none of which pays. */
const inVain = (patience: Patience, waits: number): number[] =>
  Array.from({ length: waits }, () => {
    const { looks } = patience;
    patience.learn(false);
    return looks;
  });

describe("patience", () => {
  test("is spent where looking does not pay, but for a trial now and then", () => {
    const patience = new Patience(20);
    assert.deepEqual(inVain(patience, 6), [20, 10, 5, 2, 1, 0]);
    const later = inVain(patience, 320);
    assert.equal(later.filter((looks) => looks === 20).length, 10);
    assert.equal(later.filter((looks) => looks === 0).length, 310);
  });

  test("is whole again once looking has paid", () => {
    const patience = new Patience(20);
    inVain(patience, 50);
    patience.learn(true);
    assert.equal(patience.looks, 20);
  });

  test("of nothing never looks", () => {
    assert.deepEqual(new Set(inVain(new Patience(0), 100)), new Set([0]));
  });
});
