/* oxlint-disable typescript/unbound-method -- functions are named without their objects */
import assert from "node:assert/strict";
import fs from "node:fs";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { declaredName, declareEverywhere } from "./declared.ts";
import { builtinName, builtinObjectName, thingNamed } from "./names.ts";

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

  test("that Node exports behind a warning has the name of what warns, with which it shares its instances", () => {
    const stats = fs.statSync(".");
    const name = builtinName(stats.constructor)!;
    assert.deepEqual(name, ["node:fs", "Stats"]);
    assert.equal((thingNamed(name) as Function).prototype, Object.getPrototypeOf(stats));
  });

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
