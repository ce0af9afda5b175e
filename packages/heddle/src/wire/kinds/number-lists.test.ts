/** Lists of lists of numbers, which are written in a form of their own. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { TestWire } from "../fixture.test.ts";
import { POSTPONE_DEPTH } from "../write/trail.ts";

const wire = new TestWire();

const number = fc.oneof(
  fc.integer({ min: -100, max: 100 }),
  fc.integer(),
  fc.constantFrom(0, -0, 2 ** 31, -(2 ** 31), 2 ** 31 - 1, NaN, Infinity),
  fc.double(),
);
const list = fc.array(number, { maxLength: 70 });

/** What {@link list} gives, ten times and more. */
const many = (last: unknown): unknown[] => [...Array.from({ length: 10 }, (_, i) => [i, i / 2, i * i]), last];

/** A value with the number of each object that was met before in place of it. */
function graphOf(value: unknown, met: Map<unknown, number> = new Map()): unknown {
  if (typeof value !== "object" || value === null) return value;
  const number = met.get(value);
  if (number !== undefined) return `object ${number}`;
  met.set(value, met.size);
  return Object.entries(value).map(([key, element]) => [key, graphOf(element, met)]);
}

describe("a list of lists of numbers", () => {
  test("comes back as structuredClone gives it, whatever the numbers and how many there are", () => {
    fc.assert(
      fc.property(fc.array(list, { minLength: 1, maxLength: 40 }), (lists) => {
        assert.deepStrictEqual(wire.send(lists), structuredClone(lists));
      }),
    );
  });

  test("takes a byte and four bytes a number for a list of integers, and eight bytes for others", () => {
    const integers = Array.from({ length: 100 }, (_, i) => [i, -1 - i, 1000 * i]);
    const others = Array.from({ length: 100 }, (_, i) => [i, i + 0.5]);
    const sizeOf = (value: unknown): number =>
      wire.encoder.encode(value, { bytes: new Uint8Array(4096), start: 0, end: 4096 }, "value");
    const headBytes = 2 + 5;
    assert.equal(sizeOf(integers), headBytes + 100 * (1 + 3 * 4));
    assert.equal(sizeOf(others), headBytes + 100 * (1 + 2 * 8));
  });

  const oddities: Record<string, () => unknown> = {
    "a list with a property of its own": () => many(Object.assign([1, 2], { name: "odd" })),
    "a list with a hole": () => many([1, , 3]),
    "a list of something else": () => many([1, 2, "3"]),
    "a list that is longer": () => many(Array.from({ length: 64 }, (_, i) => i)),
    "no list": () => many({ 0: 1, length: 1 }),
    "a list of lists": () => many([[1], [2]]),
    "an element that is missing": () => many(undefined),
    "a property beside the lists": () => Object.assign(many([1]), { name: "odd" }),
  };
  for (const [name, make] of Object.entries(oddities)) {
    test(`comes back with ${name}`, () => {
      assert.deepStrictEqual(wire.send(make()), structuredClone(make()));
    });
  }

  test("has one list where one stands in two places, inside and outside", () => {
    const twice = [1, 2];
    const inside = wire.send([...many(twice), twice]) as number[][];
    assert.equal(inside.at(-1), inside.at(-2));
    const after = wire.send({ lists: many(twice), twice }) as { lists: number[][]; twice: number[] };
    assert.equal(after.twice, after.lists.at(-1));
    assert.deepEqual(after.twice, [1, 2]);
    const before = wire.send({ twice, lists: many(twice) }) as typeof after;
    assert.equal(before.twice, before.lists.at(-1));
  });

  test("has the same lists in the same places as structuredClone gives, however often each stands there", () => {
    const few = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 3 });
    const lists = fc.array(few, { minLength: 100, maxLength: 100 });
    const places = fc.array(fc.nat({ max: 120 }), { maxLength: 4 });
    fc.assert(
      fc.property(lists, places, fc.boolean(), (distinct, repeats, isBefore) => {
        const all = [...distinct];
        for (const place of repeats) all.splice(place, 0, distinct[place % 100]!);
        const beside = distinct.slice(0, 3);
        const value = isBefore ? { beside, all } : { all, beside };
        assert.deepEqual(graphOf(wire.send(value)), graphOf(structuredClone(value)));
      }),
    );
  });

  test("can be written by a getter of a list of lists, in the same thread", () => {
    const inner = Array.from({ length: 40 }, (_, i) => [i]);
    const other = new TestWire();
    const first = Object.defineProperty([0, 1], 1, {
      get: () => (other.send(inner) as unknown[]).length,
      enumerable: true,
    });
    const lists = [first, ...Array.from({ length: 40 }, (_, i) => [i, i])];
    assert.deepStrictEqual(wire.send([lists, lists[7]]), structuredClone([lists, lists[7]]));
  });

  test("has one list where one stands in two places that a getter changes in between, and others come after it", () => {
    const twice = [1, 2];
    const changing = Object.defineProperty([0, 0], 1, { get: () => ++twice[0]!, enumerable: true });
    const rest = Array.from({ length: 30 }, (_, i) => [i, i]);
    const value = { lists: [twice, changing, twice, ...rest], last: { rest: rest[3] } };
    const back = wire.send(value);
    assert.equal(back.lists[0], back.lists[2]);
    assert.equal(back.last.rest, back.lists[6]);
    assert.deepEqual(back.lists.slice(3), rest);
  });

  test("is written after a getter in one has thrown", () => {
    const lists: number[][] = Array.from({ length: 100 }, () => []);
    const thrown = new Error("thrown by the getter");
    const bad = Object.defineProperty([0], 0, {
      get: () => {
        throw thrown;
      },
      enumerable: true,
    });
    assert.throws(() => wire.send([...lists, bad]), thrown);
    assert.deepEqual(graphOf(wire.send(lists)), graphOf(structuredClone(lists)));
  });

  test("is itself where it is met again after one that could not be written so", () => {
    const shared = [1, 2];
    const value = { odd: many(["x", shared]), lists: many(shared), shared };
    const back = wire.send(value) as { odd: unknown[][]; lists: unknown[]; shared: unknown };
    assert.equal(back.shared, back.lists.at(-1));
    assert.equal(back.shared, back.odd.at(-1)![1]);
    assert.deepEqual(back, value);
  });

  test("comes back from however deep it is", () => {
    for (let depth = POSTPONE_DEPTH - 4; depth <= POSTPONE_DEPTH + 4; depth++) {
      let value: unknown = many([7]);
      for (let i = 0; i < depth; i++) value = [value];
      let back = wire.send(value);
      for (let i = 0; i < depth; i++) back = (back as unknown[])[0];
      assert.deepStrictEqual(back, many([7]));
    }
  });

  test("runs no trap of a Proxy among the lists", () => {
    const asked: PropertyKey[] = [];
    const proxy = new Proxy([1, 2], {
      get(target, key): unknown {
        asked.push(key);
        return Reflect.get(target, key);
      },
    });
    const refused = { code: "ERR_HEDDLE_NOT_CLONEABLE" };
    assert.throws(() => wire.send(many(proxy)), refused);
    assert.throws(() => wire.send(many([1]).with(0, proxy)), refused);
    assert.deepEqual(asked, []);
  });
});
