import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { TestWire } from "./fixture.test.ts";

const wire = new TestWire();
const RUNS = 400;

/** Any UTF-16, lone surrogates included. */
const anyString = fc.oneof(
  fc.string({
    unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    maxLength: 60,
  }),
  fc.string({ unit: "binary-ascii", maxLength: 60 }),
  fc.string({ unit: "grapheme", maxLength: 60 }),
);

/** What structuredClone can clone. */
const anyValue = fc.anything({
  key: fc.oneof(anyString, fc.constantFrom("id", "name", "__proto__", "constructor", "0", "17")),
  values: [
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double(),
    fc.boolean(),
    anyString,
    fc.constantFrom(null, undefined, -0, NaN),
    fc.bigInt(),
    fc.date({ noInvalidDate: false }),
    fc.array(fc.integer(), { maxLength: 100 }),
    fc.array(fc.double(), { maxLength: 100 }),
  ],
  maxDepth: 5,
  maxKeys: 8,
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withObjectString: false,
  withNullPrototype: false,
  withTypedArray: true,
  withSparseArray: true,
  withUnicodeString: true,
});

/** Objects that refer to each other at random: circles, diamonds, and oneself. */
const anyGraph = fc
  .record({
    kinds: fc.array(fc.constantFrom("object", "array", "map", "set", "error", "bytes"), {
      minLength: 1,
      maxLength: 40,
    }),
    links: fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat({ max: 5 })), { maxLength: 120 }),
  })
  .map(({ kinds, links }) => {
    const nodes = kinds.map(makeNode);
    for (const [from, to, key] of links) link(nodes[from % nodes.length]!, nodes[to % nodes.length]!, key);
    return nodes[0]!;
  });

function makeNode(kind: string): object {
  if (kind === "array") return [];
  if (kind === "map") return new Map();
  if (kind === "set") return new Set();
  if (kind === "error") return new Error("node");
  if (kind === "bytes") return new Uint8Array(3);
  return {};
}

function link(from: object, to: object, key: number): void {
  if (Array.isArray(from)) from.push(to);
  else if (from instanceof Map) from.set(key % 2 === 0 ? key : to, to);
  else if (from instanceof Set) from.add(to);
  else if (from instanceof Error) from.cause = to;
  else if (!ArrayBuffer.isView(from)) (from as Record<string, object>)[`k${key}`] = to;
}

/** Whether two graphs have the same objects in the same places: each of one stands for one of the other. */
function assertSameStructure(actual: unknown, expected: unknown): void {
  const pairs = new Map<object, object>();
  const seen = new Set<object>();
  const todo: [unknown, unknown][] = [[actual, expected]];
  for (let pair = todo.pop(); pair !== undefined; pair = todo.pop()) {
    const [a, e] = pair;
    if (typeof a !== "object" || a === null || typeof e !== "object" || e === null) {
      assert.ok(Object.is(a, e));
      continue;
    }
    if (pairs.has(e)) {
      assert.equal(pairs.get(e), a);
      continue;
    }
    assert.ok(!seen.has(a), "two objects became one");
    pairs.set(e, a);
    seen.add(a);
    todo.push(...partsOf(a).map((part, i): [unknown, unknown] => [part, partsOf(e)[i]]));
  }
}

function partsOf(object: object): unknown[] {
  if (object instanceof Map) return [...object].flat();
  if (object instanceof Set) return [...object];
  if (object instanceof Error) return [object.cause];
  if (ArrayBuffer.isView(object)) return [...(object as Uint8Array)];
  return Object.entries(object).flat();
}

describe("what is sent", () => {
  test("comes back equal to what structuredClone gives", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const back = wire.send(value);
        assert.deepStrictEqual(back, structuredClone(value));
        assert.deepStrictEqual(back, value);
      }),
      { numRuns: RUNS },
    );
  });

  test("comes back equal when the same objects stand in it more than once", () => {
    fc.assert(
      fc.property(
        fc.array(anyValue, { maxLength: 4 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        (values, picks) => {
          const value = values.length === 0 ? [] : picks.map((pick) => values[pick % values.length]);
          const back = wire.send({ value, again: value });
          assert.deepStrictEqual(back, { value, again: value });
          assert.equal(back.value, back.again);
        },
      ),
      { numRuns: RUNS },
    );
  });

  test("comes back with the same identities, as from structuredClone", () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const back = wire.send(graph);
        assertSameStructure(back, graph);
        assertSameStructure(back, structuredClone(graph));
      }),
      { numRuns: RUNS },
    );
  });

  test("comes back equal in errors of every kind", () => {
    const types = fc.constantFrom(
      Error,
      TypeError,
      RangeError,
      SyntaxError,
      ReferenceError,
      EvalError,
      URIError,
    );
    fc.assert(
      fc.property(
        types,
        anyString,
        anyValue,
        fc.dictionary(anyString, anyValue, { maxKeys: 4 }),
        (type, message, cause, fields) => {
          const value = new type(message, { cause });
          for (const [key, field] of Object.entries(fields))
            Object.defineProperty(value, key, {
              value: field,
              enumerable: true,
              writable: true,
              configurable: true,
            });
          const back = wire.send(value);
          assert.deepStrictEqual(back, value);
          assert.equal(back.stack, value.stack);
          assert.deepStrictEqual(back.cause, value.cause);
        },
      ),
      { numRuns: RUNS },
    );
  });

  test("comes back equal through an encoder and a decoder that start afresh", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        assert.deepStrictEqual(new TestWire().send(value), value);
      }),
      { numRuns: RUNS / 4 },
    );
  });
});
