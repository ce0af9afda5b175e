/** Plain values as text: what comes back is what a message would give, or nothing. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { TestWire } from "../fixture.test.ts";
import { fromPlainText, plainText } from "./plain-text.ts";

const there = (value: unknown): unknown => fromPlainText(plainText(value)!);

describe("plainText()", () => {
  const values: readonly unknown[] = [
    0,
    -0,
    1.5,
    NaN,
    Infinity,
    -Infinity,
    "",
    '{"":"-0"}',
    "\ud800 ä 経糸",
    true,
    null,
    undefined,
    0n,
    -(2n ** 70n),
    [],
    [undefined, [1, [-0]], {}],
    [new Date(0), new Date(NaN), new Set(), new Map()],
    new Map<unknown, unknown>([
      [-0, new Set([undefined, [new Date(1)]])],
      [{ key: NaN }, new Map([["", { a: 1n }]])],
    ]),
    { z: undefined, a: { b: [null] }, constructor: 1, toString: 2, n: 12n },
  ];
  for (const value of values) {
    test(`gives a text that is the same value again: ${typeof value} ${plainText(value)}`, () => {
      assert.deepEqual(there(value), value);
    });
  }

  test("keeps the order of keys", () => {
    assert.deepEqual(Object.keys(there({ z: 1, a: -0, 2: 3, 1: 4 }) as object), ["1", "2", "z", "a"]);
  });

  const shared = {};
  const circle: unknown[] = [];
  circle.push(circle);
  const others: Record<string, unknown> = {
    "a function": () => 1,
    "a symbol": Symbol.iterator,
    "a date with a field": Object.assign(new Date(0), { zone: "UTC" }),
    "a map with a symbol in it": new Map([[1, Symbol.iterator]]),
    "a set of another class": new (class extends Set {})(),
    "what looks like a map": Object.create(Map.prototype),
    "a pattern": /warp/g,
    "an error": new Error("knot"),
    "an error that looks like an object": Object.setPrototypeOf(new Error("knot"), Object.prototype),
    "an instance": new (class Warp {
      thread = 1;
    })(),
    "an array of another class": new (class extends Array {})(),
    "an object without a prototype": { __proto__: null },
    "a proxy": new Proxy({}, {}),
    "an object that stands in two places": [shared, shared],
    "an object that holds itself": circle,
    "an array with a hole": Array(1),
    "an array with a hole, and a name": Object.assign(Array(1), { name: 1 }),
    "an array with a name": Object.assign([1], { name: 1 }),
    "an empty key": { "": 1 },
    "a field called __proto__": JSON.parse('{"__proto__":1}'),
    "a symbol for a key": { [Symbol.iterator]: 1 },
    arguments: (function (): unknown {
      return arguments;
    })(),
    "what says itself how it is written": { toJSON: () => 1 },
    "a getter that throws": {
      get thread(): never {
        throw new Error("torn");
      },
    },
    bytes: new Uint8Array(1),
    Math: Math,
    "more than it is good for": Array(10_001).fill(0),
    "nested deeper than it is good for": Array.from({ length: 65 }).reduce((inner) => [inner], 1),
  };
  for (const [what, value] of Object.entries(others)) {
    test(`leaves to a message: ${what}`, () => {
      assert.equal(plainText(value), undefined);
      assert.equal(plainText({ within: value }), undefined);
    });
  }

  test("leaves all to messages where objects have a way of their own to be written", () => {
    try {
      // oxlint-disable-next-line no-extend-native -- what somebody has done is the point
      Object.defineProperty(Object.prototype, "toJSON", { value: () => 1, configurable: true });
      assert.equal(plainText([1]), undefined);
    } finally {
      Reflect.deleteProperty(Object.prototype, "toJSON");
    }
  });

  test("gives, if anything, what a message would", () => {
    const wire = new TestWire();
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withNullPrototype: true,
          withSparseArray: true,
          withUnicodeString: true,
          maxDepth: 4,
        }),
        (value) => {
          const text = plainText(value);
          if (text !== undefined) assert.deepEqual(fromPlainText(text), wire.send(value));
        },
      ),
      { numRuns: 400 },
    );
  });
});
