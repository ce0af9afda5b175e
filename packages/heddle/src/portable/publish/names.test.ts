/* oxlint-disable typescript/unbound-method -- functions are named without their objects */
import assert from "node:assert/strict";
import fs from "node:fs";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { declaredName, declareEverywhere } from "./declared.ts";
import { builtinName, builtinObjectName, thingNamed } from "./names.ts";
import { RecentMap } from "./recent-map.ts";

describe("a built-in function", () => {
  const table: [fn: Function, name: string][] = [
    [Math.max, ".Math.max"],
    [JSON.parse, ".JSON.parse"],
    [structuredClone, ".structuredClone"],
    [Map, ".Map"],
    [Array.isArray, ".Array.isArray"],
    [String.prototype.trim, ".String.prototype.trim"],
    [Buffer.from, ".Buffer.from"],
    [fetch, ".fetch"],
    [fs.readFileSync, "node:fs.readFileSync"],
    [wait, "node:timers/promises.setTimeout"],
  ];
  for (const [fn, name] of table) {
    test(`has a name that means it in every thread: ${name}`, () => {
      const found = builtinName(fn)!;
      assert.equal(found.join("."), name);
      assert.equal(thingNamed(found), fn);
    });
  }

  test("that nobody can reach has no name", () => {
    assert.equal(builtinName(Promise.withResolvers().resolve), undefined);
    assert.equal(
      builtinName(() => 1),
      undefined,
    );
  });
});

test("global objects and built-in modules have names, other objects have none", () => {
  assert.deepEqual(builtinObjectName(Math), ["", "Math"]);
  assert.deepEqual(builtinObjectName(process), ["", "process"]);
  assert.deepEqual(builtinObjectName(globalThis), ["", "globalThis"]);
  assert.deepEqual(builtinObjectName(fs), ["node:fs"]);
  assert.equal(builtinObjectName({}), undefined);
});

test("declareEverywhere() gives a thing a name of Heddle's own", () => {
  class Declared {
    x = 1;
  }
  assert.equal(declaredName(Declared), undefined);
  declareEverywhere("test.Declared", Declared);
  assert.equal(thingNamed(declaredName(Declared)!), Declared);
});

describe("RecentMap", () => {
  test("remembers what was used last, and forgets the rest", () => {
    const forgotten: number[] = [];
    const map = new RecentMap<number, string>(3, (key) => forgotten.push(key));
    for (let i = 0; i < 10; i++) {
      map.set(i, String(i));
      map.get(0);
    }
    assert.equal(map.get(0), "0");
    assert.equal(map.get(9), "9");
    assert.equal(map.get(1), undefined);
    assert.ok(forgotten.includes(1) && !forgotten.includes(0));
  });

  test("never holds more than twice its limit", () => {
    const map = new RecentMap<number, number>(10);
    let held = 0;
    for (let i = 0; i < 1000; i++) map.set(i, i);
    for (let i = 0; i < 1000; i++) if (map.has(i)) held++;
    assert.ok(held >= 10 && held <= 21, `${held} are held`);
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
