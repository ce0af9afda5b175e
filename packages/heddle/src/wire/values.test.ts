import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { TestWire } from "./fixture.test.ts";

const wire = new TestWire();

/** Three times: the third message uses what the first two have taught both sides. */
function comesBackEqual(value: unknown): void {
  for (let i = 0; i < 3; i++) assert.deepStrictEqual(wire.send(value), value);
}

describe("primitives", () => {
  const values: unknown[] = [
    undefined,
    null,
    true,
    false,
    0,
    -0,
    1,
    -1,
    95,
    96,
    -32,
    -33,
    2 ** 31 - 1,
    -(2 ** 31),
    2 ** 31,
    2 ** 53,
    0.1,
    -1e300,
    Number.MIN_VALUE,
    NaN,
    Infinity,
    -Infinity,
    0n,
    1n,
    -1n,
    2n ** 63n,
    2n ** 64n - 1n,
    2n ** 64n,
    -(2n ** 200n) + 12345678901234567890n,
    Symbol.iterator,
    Symbol.asyncDispose,
    Symbol.for("heddle"),
    Symbol.for(""),
  ];
  for (const value of values)
    test(`${typeof value === "bigint" ? `${value}n` : Object.is(value, -0) ? "-0" : String(value)} comes back`, () => {
      assert.ok(Object.is(wire.send(value), value));
      comesBackEqual([value, { value }]);
    });

  test("big integers of every length come back, of either sign", () => {
    let value = 1n;
    for (let n = 1n; n <= 400n; n++) {
      value *= n;
      comesBackEqual([value, -value, value - 1n]);
    }
    for (let bits = 0n; bits < 260n; bits++) comesBackEqual([1n << bits, -(1n << bits), (1n << bits) - 1n]);
  });

  test("a symbol that exists in one thread only is refused", () => {
    assert.throws(() => wire.send({ mine: Symbol("mine") }), {
      name: "WireError",
      code: "ERR_HEDDLE_NOT_CLONEABLE",
      path: "args.mine",
      message:
        "Cannot send args.mine: it is Symbol(mine), and a symbol of its own exists in one thread only; make it by Symbol.for(), or send a string",
    });
  });
});

describe("strings", () => {
  const units = ["a", "é", "ÿ", "Ā", "日", "\u{1f9f5}", "\ud800", "\udc00", "\0"];
  for (const unit of units)
    test(`of any length made of ${JSON.stringify(unit)} come back`, () => {
      for (const count of [1, 7, 19, 20, 21, 22, 23, 24, 39, 40, 41, 255, 256, 1000, 70_000]) {
        const text = unit.repeat(count);
        assert.equal(wire.send(text), text);
        assert.equal(wire.send(`${text.slice(1)}z`), `${text.slice(1)}z`);
      }
    });

  test("made of parts, sliced, or with one wide character at the end, come back", () => {
    for (const count of [5, 15, 30, 300]) {
      const text = "x".repeat(count);
      const values = [text + count + text, (text + "y").slice(2), `${text}Ā`, "Ā".concat(text).slice(1)];
      for (const value of values) assert.equal(wire.send(value), value);
    }
  });
});

describe("many strings in one message", () => {
  const letters = String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code)).repeat(3);

  test("come back whatever their lengths, side by side", () => {
    for (let longest = 0; longest <= 300; longest += 7)
      comesBackEqual(Array.from({ length: 60 }, (_, i) => letters.slice(i, i + ((i * 31) % (longest + 1)))));
  });

  test("come back whatever stands between them", () => {
    for (const gap of [1, 3, 10, 30, 31, 32, 33, 200, 256, 300]) {
      const between = new Uint8Array(gap).fill(65);
      comesBackEqual(
        Array.from({ length: 20 }, (_, i) => [letters.slice(i, i + 14), between, i, "日本", 0.5]),
      );
    }
  });

  test("stay as they were when other messages come", () => {
    const first = wire.send(Array.from({ length: 40 }, (_, i) => `the first message, ${i}`));
    wire.send(Array.from({ length: 40 }, (_, i) => `another one than that, ${i}`));
    assert.deepEqual(
      first,
      Array.from({ length: 40 }, (_, i) => `the first message, ${i}`),
    );
  });
});

describe("plain objects", () => {
  test("come back with their keys in order", () => {
    const value = { z: 1, a: { y: [1, { b: "x" }] }, "": 0, "with space": true, 7: "seven", 3: "three" };
    comesBackEqual(value);
    assert.deepEqual(Object.keys(wire.send(value)), ["3", "7", "z", "a", "", "with space"]);
  });

  test("come back one like the other whatever key lists came before", () => {
    for (let i = 0; i < 300; i++)
      comesBackEqual({ [`k${i % 40}`]: i, b: [{ [`n${i % 3}`]: i, [`m${i % 5}`]: "x" }] });
  });

  test("come back with a hundred thousand keys, long keys, wide keys", () => {
    const many: Record<string, number> = {};
    for (let i = 0; i < 100_000; i++) many[`key${i}`] = i;
    comesBackEqual(many);
    comesBackEqual({ ["k".repeat(65)]: 1, 日本: 2, ["Ā".repeat(300)]: 3 });
  });

  test("come back with keys that mean something on the prototype", () => {
    const value = JSON.parse(
      '{"__proto__": {"x": 1}, "constructor": 2, "toString": 3, "hasOwnProperty": 4}',
    ) as object;
    comesBackEqual(value);
    assert.deepEqual(Object.keys(wire.send(value)), [
      "__proto__",
      "constructor",
      "toString",
      "hasOwnProperty",
    ]);
    comesBackEqual([
      { constructor: 1, toString: 2 },
      { constructor: 3, toString: 4 },
    ]);
  });

  test("without a prototype come back without", () => {
    const value = Object.assign(Object.create(null) as object, {
      a: 1,
      b: { c: Object.create(null) as object },
    });
    comesBackEqual(value);
    assert.equal(Object.getPrototypeOf(wire.send(value)), null);
  });

  test("come back with such keys though what all objects have was frozen meanwhile", async () => {
    const program = `
      import assert from "node:assert/strict";
      import { TestWire } from ${JSON.stringify(import.meta.resolve("./fixture.test.ts"))};
      const wire = new TestWire();
      Object.freeze(Object.prototype);
      const value = { toString: 1, list: [{ constructor: "x", __proto__: null }], valueOf: { hasOwnProperty: 2 } };
      for (let i = 0; i < 100; i++) assert.deepStrictEqual(wire.send(value), value);
      console.log("same");
    `;
    const flags = ["--conditions=@heddle/source", "--input-type=module"];
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, "-e", program], {
      timeout: 20_000,
    });
    assert.equal(stdout, "same\n");
  });

  test("keep no symbols and no hidden properties, as with structuredClone", () => {
    const value = Object.defineProperty({ a: 1, [Symbol.for("s")]: 2 }, "hidden", {
      value: 3,
      enumerable: false,
    });
    for (let i = 0; i < 3; i++) assert.deepStrictEqual(wire.send(value), { a: 1 });
  });

  test("are read through their getters, once", () => {
    let reads = 0;
    const value = {
      a: 1,
      get b() {
        return ++reads;
      },
    };
    assert.deepStrictEqual(wire.send(value), { a: 1, b: 1 });
    assert.deepStrictEqual(wire.send([value, 2]), [{ a: 1, b: 2 }, 2]);
    assert.deepStrictEqual(wire.send(value), { a: 1, b: 3 });
  });

  test("whose getter takes away what follows come back without that, as with structuredClone", () => {
    const make = (): object => ({
      get a() {
        delete (this as { b?: number }).b;
        return 1;
      },
      b: 2,
      c: 3,
    });
    for (let i = 0; i < 4; i++) {
      assert.deepStrictEqual(wire.send({ x: [make()] }), structuredClone({ x: [make()] }));
      assert.deepStrictEqual(wire.send({ a: 1, b: 2, c: 3 }), { a: 1, b: 2, c: 3 });
    }
  });

  test("come back without what somebody gave to all objects", () => {
    const everywhere = Object.prototype as { polluted?: string };
    everywhere.polluted = "yes";
    try {
      const back = wire.send({ a: 1, b: { a: 2 } });
      assert.deepEqual(Object.keys(back), ["a", "b"]);
      assert.deepEqual(Object.keys(back.b), ["a"]);
    } finally {
      delete everywhere.polluted;
    }
  });

  test("of another realm come back as this one's", async () => {
    const { runInNewContext } = await import("node:vm");
    const foreign = runInNewContext(
      "({ a: [1, { b: new Map([[1, new Date(5)]]) }], e: new TypeError('x'), r: /x/g })",
    ) as Record<string, unknown>;
    const back = wire.send(foreign);
    assert.deepStrictEqual(back["a"], [1, { b: new Map([[1, new Date(5)]]) }]);
    assert.equal((back["e"] as Error).message, "x");
    assert.deepStrictEqual(back["r"], /x/g);
  });
});

describe("arrays", () => {
  const arrays: Record<string, unknown[]> = {
    "of nothing": [],
    "of integers": [1, 2],
    "of many integers": Array.from({ length: 1000 }, (_, i) => i * 7 - 3000),
    "of numbers": Array.from({ length: 1000 }, (_, i) => i / 3),
    "of -0 and NaN": [-0, NaN, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    "of big integers": Array.from({ length: 10 }, (_, i) => 2 ** 31 + i),
    "of this and that": [1, "a", null, undefined, [[]], {}, true],
    "that begin with numbers": [...Array.from({ length: 100 }, (_, i) => i), "end"],
    "of undefined": Array.from({ length: 200 }, () => undefined),
    "with a hole": [1, , 3],
    "with a hole among many": Object.assign(
      Array.from({ length: 500 }, (_, i) => i),
      { length: 501 },
    ),
    "of holes": new Array<unknown>(5),
    "of a hundred holes": new Array<unknown>(100),
    "with other keys": Object.assign([1, 2], { index: 3, "-1": 4, "01": 5 }),
    "of many with other keys": Object.assign(
      Array.from({ length: 100 }, (_, i) => i),
      { label: "x" },
    ),
    "with a hole and another key": Object.assign([1, , 3], { x: 1 }),
    "of records": Array.from({ length: 100 }, (_, i) => ({
      id: i,
      name: `n${i}`,
      nested: { ok: i % 2 === 0 },
    })),
  };
  for (const [name, array] of Object.entries(arrays))
    test(`${name} come back`, () => {
      comesBackEqual(array);
      assert.deepStrictEqual(wire.send({ array, again: array }), { array, again: array });
    });

  test("of four thousand million holes come back without taking that much room", () => {
    const value = new Array<unknown>(2 ** 32 - 1);
    value[77] = "x";
    const back = wire.send(value);
    assert.equal(back.length, 2 ** 32 - 1);
    assert.deepEqual(Object.keys(back), ["77"]);
  });

  test("of a million numbers come back", () => {
    const integers = Array.from({ length: 1_000_000 }, (_, i) => i - 500_000);
    const numbers = integers.map((integer) => integer / 7);
    assert.deepStrictEqual(wire.send(integers), integers);
    assert.deepStrictEqual(wire.send(numbers), numbers);
  });

  test("that match() gave come back with index, input and groups", () => {
    comesBackEqual("2026-11".match(/(?<year>\d+)-(?<month>\d+)/));
  });
});

describe("built-in objects", () => {
  const values: Record<string, unknown> = {
    "an empty map": new Map(),
    "a map": new Map<unknown, unknown>([
      ["a", 1],
      [{ k: 1 }, [2]],
      [NaN, NaN],
      [new Map(), new Set()],
    ]),
    "a set": new Set<unknown>([1, "a", { x: new Set([1]) }]),
    "a date": new Date(1_700_000_000_123),
    "no date": new Date(NaN),
    "an expression": /a(?<n>b)[\u{1f600}]\//dgimsu,
    "an expression by sets": /[\p{L}--[a-z]]/v,
    "an empty expression": new RegExp(""),
    "a boxed number": Object(-0),
    "a boxed string": Object("日"),
    "a boxed boolean": Object(false),
    "a boxed bigint": Object(5n),
    "a boxed symbol": Object(Symbol.iterator),
    "a URL": new URL("https://user:pw@example.com:8080/p?q=1#h"),
    parameters: new URLSearchParams("a=1&a=2&b=%20x"),
  };
  for (const [name, value] of Object.entries(values))
    test(`${name} comes back`, () => {
      comesBackEqual(value);
      comesBackEqual([value, { value }]);
    });

  test("an expression comes back with its place", () => {
    const expression = /x/g;
    expression.lastIndex = 7;
    assert.equal(wire.send(expression).lastIndex, 7);
  });

  test("come back as they are, whatever somebody has put in place of what says so", () => {
    const expression = Object.defineProperties(/x/g, { source: { value: 3 }, flags: { value: "" } });
    const url = Object.defineProperty(new URL("https://example.com/"), "href", { value: 5 });
    const [source, href, last] = wire.send([expression, url, "last"] as const);
    assert.deepEqual([String(source), href.href, last], ["/x/g", "https://example.com/", "last"]);
  });

  test("headers come back, cookies one by one", () => {
    const back = wire.send(
      new Headers([
        ["a", "1"],
        ["set-cookie", "x"],
        ["set-cookie", "y"],
      ]),
    );
    assert.ok(back instanceof Headers);
    assert.deepEqual(back.getSetCookie(), ["x", "y"]);
  });

  test("an object that only has the prototype of one is refused", () => {
    for (const type of [
      Map,
      Set,
      Date,
      RegExp,
      ArrayBuffer,
      SharedArrayBuffer,
      Uint8Array,
      DataView,
      Number,
      Buffer,
      URL,
      URLSearchParams,
      Headers,
      AbortSignal,
      MessagePort,
    ]) {
      assert.throws(() => wire.send([Object.create(type.prototype as object)]), {
        code: "ERR_HEDDLE_NOT_CLONEABLE",
        path: "args[0]",
      });
    }
  });
});
