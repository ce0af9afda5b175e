import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { TestWire } from "../fixture.test.ts";

/** So often an object of a shape is written before it has a writer of its own; and some more. */
const OFTEN = 120;

const wire = new TestWire();

/** Objects with three fields have been written so often that code was made for that. */
function learn(keys: readonly [string, string, string]): (values: readonly unknown[]) => object {
  const make = (values: readonly unknown[]): object =>
    Object.fromEntries(keys.map((key, index) => [key, values[index]]));
  for (let i = 0; i < OFTEN; i++) wire.send(make([i, "x", null]));
  return make;
}

describe("objects of a shape that comes often", () => {
  test("arrive as they were, whatever is in them", () => {
    const make = learn(["first", "__second", 'quo"ted\n']);
    const value = fc.oneof(
      fc.integer(),
      fc.double(),
      fc.constantFrom(0, -0, -32, -33, 95, 96, NaN, Infinity, undefined, null, true, false, 12n),
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.string({ maxLength: 50 }),
      fc.integer({ min: 0, max: 300 }).map((length) => "y".repeat(length)),
      fc.array(fc.string(), { maxLength: 9 }),
      fc.dictionary(fc.string(), fc.double(), { noNullPrototype: true }),
      fc.date(),
    );
    fc.assert(
      fc.property(fc.array(value, { minLength: 3, maxLength: 3 }), (values) => {
        const object = make([...values.slice(0, 2), [make(values), make(values.toReversed())]]);
        assert.deepEqual(wire.send(object), structuredClone(object));
        const fields: unknown[] = Object.values(wire.send(object));
        for (const [index, got] of fields.slice(0, 2).entries()) {
          if (typeof got !== "object") assert.ok(Object.is(got, values[index]));
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("may hold as much text as there is, narrow or wide", () => {
    const make = learn(["a", "b", "c"]);
    for (const mark of ["", "ÿ", "€", "\ud800"]) {
      const list = Array.from({ length: 3000 }, (_, i) => make([`number ${i}`, mark, "z".repeat(i % 40)]));
      assert.deepStrictEqual(wire.send(list), list);
    }
  });

  test("that change while they are written arrive with what they have then", () => {
    const make = learn(["one", "two", "three"]);
    const losing = (lost: string): object => {
      const object = make([0, { deep: 1 }, "last"]);
      Object.defineProperty(object, "one", {
        enumerable: true,
        get() {
          Reflect.deleteProperty(object, lost);
          return "first";
        },
      });
      return object;
    };
    assert.deepStrictEqual(wire.send(losing("three")), { one: "first", two: { deep: 1 } });
    assert.deepStrictEqual(wire.send(losing("two")), { one: "first", three: "last" });
    assert.deepStrictEqual(wire.send(make([1, undefined, 3])), make([1, undefined, 3]));
  });

  test("that lose a key which all objects have a method for, too", () => {
    const make = learn(["a", "toString", "z"]);
    const object = make([1, 2, 3]);
    Object.defineProperty(object, "a", {
      enumerable: true,
      get() {
        Reflect.deleteProperty(object, "toString");
        return 1;
      },
    });
    assert.deepStrictEqual(wire.send(object), { a: 1, z: 3 });
  });

  test("say where in them something stands that cannot travel", () => {
    const make = learn(["here", "there", "where"]);
    const bad = make([1, "x", [make(["y", 2, { deep: new WeakMap() }])]]);
    assert.throws(() => wire.send(bad), { name: "WireError", message: /args\.where\[0\]\.where\.deep/ });
    assert.deepStrictEqual(wire.send(make([1, 2, 3])), make([1, 2, 3]));
  });
});

describe("what stands where objects of one shape have stood often", () => {
  interface Holder {
    readonly held: unknown;
    readonly list: readonly unknown[];
  }
  const usual = { x: 1, y: "two" };
  /** All that can stand in a field arrives in the field, alone in a list, and among objects of the usual shape. */
  const around = (value: unknown): Holder[] => [
    { held: usual, list: [usual] },
    { held: value, list: [value] },
    { held: { ...usual }, list: [{ ...usual }, value, { ...usual }, [[value, { ...usual }]]] },
  ];
  for (let i = 0; i < OFTEN; i++) wire.send(around({ x: i, y: "-" }));

  class Point {
    x = 1;
    y = 2;
  }
  const cases: Record<string, unknown> = {
    "of the same shape": { x: -0, y: null },
    "with a key more": { x: 1, y: 2, z: 3 },
    "with a key less": { x: 1 },
    "with the keys in another order": { y: 1, x: 2 },
    "with no keys": {},
    "a list": [{ x: 1, y: 2 }],
    "an empty list, and one with a hole": [[], [, { x: 1, y: 2 }]],
    "a list by way of another": [usual, [usual], [[usual]]],
    "a list with a name": Object.assign([{ x: 1, y: 2 }], { name: "n" }),
    "a date": new Date(0),
    nothing: null,
  };
  for (const [name, value] of Object.entries(cases)) {
    test(`arrives as it was: ${name}`, () => {
      for (let i = 0; i < 3; i++)
        assert.deepStrictEqual(wire.send(around(value)), structuredClone(around(value)));
    });
  }

  test("arrives as it was: an object without prototype, and an instance of a class", () => {
    const bare = Object.assign(Object.create(null) as object, usual);
    assert.deepStrictEqual(wire.send(around(bare)), around(bare));
    assert.ok((wire.send(around(new Point()))[1]!.held as object) instanceof Point);
  });

  test("arrives as it was: a list of another kind", () => {
    class Row extends Array<unknown> {}
    assert.ok(wire.send(around(Row.of(usual)))[1]!.held instanceof Row);
    const bare: unknown[] = Object.setPrototypeOf([usual], null);
    assert.deepStrictEqual(wire.send(around(bare))[1]!.held, [usual]);
  });

  test("is not asked if it is a Proxy", () => {
    const fail = (): never => assert.fail("its handler ran");
    const handler = { get: fail, has: fail, ownKeys: fail, getPrototypeOf: fail };
    for (const target of [usual, [usual]]) {
      const proxy = new Proxy<object>(target, handler);
      const refusal = { name: "WireError", message: /args\[1\]\.held.*Proxy/ };
      assert.throws(() => wire.send(around(proxy)), refusal);
    }
  });

  test("is one object there, where it was one here", () => {
    const cyclic: Record<string, unknown> = { x: 1, y: undefined };
    cyclic["y"] = cyclic;
    const many = Array.from({ length: 30 }, (_, i) => ({ x: i, y: i }));
    for (const values of [
      [usual, cyclic, usual],
      [...many, ...many, usual],
    ]) {
      const [first, , last] = around(values);
      const got = wire.send({ held: values, list: [first, last, values] });
      assert.deepStrictEqual(got, { held: values, list: [first, last, values] });
      assert.equal(got.list[2], got.held);
      assert.equal((got.held as unknown[])[0], (got.list[2] as unknown[])[0]);
    }
  });

  test("is read through its getters once, whatever its shape turns out to be", () => {
    let reads = 0;
    const counting = (rest: object): object =>
      Object.defineProperties(
        {},
        {
          x: { enumerable: true, get: () => ++reads },
          ...Object.getOwnPropertyDescriptors(rest),
        },
      );
    assert.deepStrictEqual(wire.send([{ held: counting({ y: 1 }), list: [] }]), [
      { held: { x: 1, y: 1 }, list: [] },
    ]);
    assert.deepStrictEqual(wire.send([{ held: counting({ z: 1 }), list: [] }]), [
      { held: { x: 2, z: 1 }, list: [] },
    ]);
  });
});
