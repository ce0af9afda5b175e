import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RecentMap } from "./recent-map.ts";

describe("RecentMap", () => {
  test("remembers what was used last, and forgets the rest", () => {
    const map = new RecentMap<number, string>(3);
    for (let i = 0; i < 10; i++) {
      map.set(i, String(i));
      map.get(0);
    }
    assert.equal(map.get(0), "0");
    assert.equal(map.get(9), "9");
    assert.equal(map.get(1), undefined);
  });

  test("never holds more than twice its limit", () => {
    const map = new RecentMap<number, number>(10);
    let held = 0;
    for (let i = 0; i < 1000; i++) map.set(i, i);
    for (let i = 0; i < 1000; i++) if (map.has(i)) held++;
    assert.ok(held >= 10 && held <= 21, `${held} are held`);
  });

  test("weighs what is used again as it did when it was new", () => {
    const map = new RecentMap<number, string>(10);
    const held = (): number => Array.from({ length: 100 }, (_, i) => map.has(i)).filter(Boolean).length;
    for (let i = 0; i < 100; i++) {
      map.set(i, "heavy", 6);
      for (let j = 0; j <= i; j++) if (map.has(j)) map.get(j);
    }
    assert.ok(held() <= 5, `${held()} are held`);
  });

  test("forgets what is deleted, and takes a new value for a key", () => {
    const map = new RecentMap<string, number>(2);
    map.set("a", 1);
    map.set("a", 2);
    assert.equal(map.get("a"), 2);
    assert.equal(map.delete("a"), true);
    assert.equal(map.has("a"), false);
    assert.equal(map.delete("a"), false);
  });
});
