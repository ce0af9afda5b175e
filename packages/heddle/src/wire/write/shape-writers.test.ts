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
