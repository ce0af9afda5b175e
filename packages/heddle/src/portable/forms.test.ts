/* oxlint-disable typescript/unbound-method, typescript/await-thenable, no-useless-concat -- odd forms are the subject */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { send } from "./fixtures/two-tables.ts";

const rate = 1.5;
let counter = 7;
const table = { a: [1, 2, 3], nested: { deep: "x" } };

function twice(n: number): number {
  return n * 2;
}
const half = (n: number): number => n / 2;
const viaHelpers = (n: number): number => twice(n) + half(n) + rate;
function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}
const isEven = (n: number): boolean => n === 0 || isOdd(n - 1);
const isOdd = (n: number): boolean => n !== 0 && isEven(n - 1);
const object = {
  method(n: number): number {
    return n * rate;
  },
  get size(): number {
    return rate;
  },
  async *[Symbol.asyncIterator](): AsyncGenerator<number> {
    yield rate;
  },
  "quoted name"(): number {
    return rate;
  },
  ["comp" + "uted"](): number {
    return rate;
  },
  async /* a comment */ commented(): Promise<number> {
    return rate;
  },
  [/* [ */ "bracketed"](): number {
    return rate;
  },
  async(): number {
    return rate;
  },
  arrow: (): number => rate,
};
class Shapes {
  static area(n: number): number {
    return n * n * rate;
  }
  static readonly field = (n: number): number => n + rate;
  perimeter(n: number): number {
    return n * 4 * rate;
  }
}

type Case = [name: string, fn: (...args: never[]) => unknown, args: unknown[], result: unknown];

const cases: Case[] = [
  ["an arrow with an expression", (x: number) => x + rate, [1], 2.5],
  [
    "an arrow with a body",
    (x: number) => {
      const y = x * 2;
      return y + rate;
    },
    [1],
    3.5,
  ],
  [
    "a function expression",
    function (x: number) {
      return x + rate;
    },
    [1],
    2.5,
  ],
  ["a function declaration", twice, [4], 8],
  ["an async arrow", async (x: number) => (await Promise.resolve(x)) + rate, [1], 2.5],
  [
    "an async function",
    async function (x: number) {
      return (await x) + rate;
    },
    [1],
    2.5,
  ],
  ["a method", object.method, [2], 3],
  ["a static method", Shapes.area, [2], 6],
  ["a method of a class", Shapes.prototype.perimeter, [1], 6],
  ["an arrow in a static field", Shapes.field, [1], 2.5],
  ["an arrow in an object", object.arrow, [], 1.5],
  ["a getter", Object.getOwnPropertyDescriptor(object, "size")!.get!, [], 1.5],
  ["a method with a quoted name", object["quoted name"], [], 1.5],
  ["a method with a computed name", object["computed"] as () => number, [], 1.5],
  ["a method with comments around its name", object.commented, [], 1.5],
  ["a method with a bracket in a comment before its name", object.bracketed, [], 1.5],
  ["a method called async", object.async, [], 1.5],
  ["a helper that uses helpers", viaHelpers, [4], 11.5],
  ["recursion", factorial, [5], 120],
  ["mutual recursion", isEven, [10], true],
  ["a module-scope let", () => counter, [], 7],
  [
    "default parameters with captured names",
    (x: number = rate, { y = twice(x) }: { y?: number } = {}) => x + y,
    [],
    4.5,
  ],
  ["destructuring", ({ a: [first, ...rest] }: typeof table) => [first, rest], [table], [1, [2, 3]]],
  [
    "labels",
    () => {
      outer: for (let i = 0; ; i++) for (let j = 0; j < 3; j++) if (i * j === 4) break outer;
      return "done";
    },
    [],
    "done",
  ],
  [
    "template literals",
    (name: string) => `${name}: ${table.nested.deep} ${`(${rate})`.trim()}`,
    ["n"],
    "n: x (1.5)",
  ],
  ["a tagged template", () => String.raw`a\n${rate}`, [], "a\\n1.5"],
  ["optional chaining", (x?: { y?: () => number }) => x?.y?.() ?? table?.nested?.deep, [undefined], "x"],
  ["a regular expression with slashes", (s: string) => s.replace(/[/"'`]/g, "-"), ['a/"b'], "a--b"],
  ["comments", (/* first */ x: number) => /* 1 */ x /* 2 */ + rate /* } */, [1], 2.5],
  ["nothing captured", (a: number, b: number) => a + b, [1, 2], 3],
  ["a captured undefined", () => typeof neverSet, [], "undefined"],
  ["a name that does not exist", () => typeof notDeclaredAnywhere, [], "undefined"],
];
const neverSet: unknown = undefined;
declare const notDeclaredAnywhere: unknown;

describe("a function in another thread", () => {
  for (const [name, fn, args, result] of cases) {
    test(`works as here: ${name}`, async () => {
      const sent = await send(fn as (...args: unknown[]) => unknown);
      assert.notEqual(sent, fn);
      assert.deepEqual(await sent(...args), result);
    });
  }

  test("works as here: a generator", async () => {
    const sent = await send(function* (n: number) {
      for (let i = 0; i < n; i++) yield i * rate;
    });
    assert.deepEqual([...sent(3)], [0, 1.5, 3]);
  });

  test("works as here: an async generator", async () => {
    const sent = await send(object[Symbol.asyncIterator]);
    assert.deepEqual(await Array.fromAsync(sent()), [1.5]);
  });

  test("works as here: nested closures", async () => {
    const outer = (a: number) => {
      const b = a * 10;
      return (c: number) => (d: number) => [a, b, c, d, rate];
    };
    assert.deepEqual((await send(outer))(1)(2)(3), [1, 10, 2, 3, 1.5]);
    assert.deepEqual((await send(outer(1)))(2)(3), [1, 10, 2, 3, 1.5]);
    assert.deepEqual((await send(outer(1)(2)))(3), [1, 10, 2, 3, 1.5]);
  });

  test("works as here: variables of a block, a catch, a switch and a named function expression", async () => {
    const made: (() => unknown)[] = [];
    {
      const block = "block";
      made.push(() => block);
    }
    try {
      throw new Error("caught");
    } catch (error) {
      made.push(() => (error as Error).message);
    }
    switch (rate as number) {
      default: {
        const inSwitch = "switch";
        made.push(() => inSwitch);
      }
    }
    made.push(function self() {
      return typeof self;
    });
    const results = [];
    for (const fn of made) results.push((await send(fn))());
    assert.deepEqual(results, ["block", "caught", "switch", "function"]);
  });

  test("has the variable of its own round of the loop", async () => {
    const made: (() => number)[] = [];
    for (let i = 0; i < 3; i++) made.push(() => i);
    const sent = await Promise.all(made.map((fn) => send(fn)));
    assert.deepEqual(
      sent.map((fn) => fn()),
      [0, 1, 2],
    );
  });

  test("keeps its name, its length and its text", async () => {
    const sent = await send(viaHelpers);
    assert.equal(sent.name, "viaHelpers");
    assert.equal(sent.length, 1);
    assert.equal(sent.toString(), viaHelpers.toString());
    assert.equal((await send(factorial)).name, "factorial");
    assert.equal((await send(object.method)).name, "method");
    assert.equal((await send(object["quoted name"])).name, "quoted name");
    assert.equal((await send(object[Symbol.asyncIterator])).name, "[Symbol.asyncIterator]");
    assert.equal((await send(Object.getOwnPropertyDescriptor(object, "size")!.get!)).name, "get size");
    assert.equal((await send(() => 1)).name, "");
  });

  test("shadows globals as here", async () => {
    const Math = { max: () => "mine" };
    const undefined_ = "not undefined";
    const sent = await send(() => [Math.max(), undefined_]);
    assert.deepEqual(sent(), ["mine", "not undefined"]);
  });

  test("means by a name what it means where it stands, though its text stands elsewhere too", async () => {
    const plain = (() => {
      const read = (n: number) => Math.abs(n);
      return read;
    })();
    const shadowed = (() => {
      const Math = { abs: (_n: number) => "mine" };
      const read = (n: number) => Math.abs(n);
      return read;
    })();
    assert.equal(plain.toString(), shadowed.toString());
    assert.equal((await send(plain))(-1), 1);
    assert.equal((await send(shadowed))(-1), "mine");
  });

  test("is strict where it was strict", async () => {
    assert.equal(
      (
        await send(function (this: unknown) {
          return this;
        })
      )(),
      undefined,
    );
  });

  test("is sloppy where it was sloppy, also where another with the same text is strict", async () => {
    const make = (directive: string): (() => string) =>
      // oxlint-disable-next-line typescript/no-implied-eval -- there is no sloppy code in a module
      (new Function(`${directive} return function () { return typeof this; }`) as () => () => string)();
    assert.equal((await send(make("'use strict';")))(), "undefined");
    assert.equal((await send(make("")))(), "object");
    assert.equal((await send(make("'use strict';")))(), "undefined");
  });

  test("has stack traces that name its own file, line and column", async () => {
    const fail = (): never => {
      throw new Error("where");
    };
    const frame = (fn: () => never): string => {
      try {
        return fn();
      } catch (error) {
        return /at fail \((.*)\)/.exec((error as Error).stack!)![1]!;
      }
    };
    assert.equal(frame(await send(fail)), frame(fail));
    assert.match(frame(fail), /forms\.test\.ts:\d+:\d+$/);
  });

  test("that assigns over its own name calls what the name means then", async () => {
    let visit: (n: number) => number;
    function plain(n: number): number {
      return n === 0 ? 0 : 1 + visit(n - 1);
    }
    visit = plain;
    assert.equal((await send(plain))(3), 3);
    visit = () => 100;
    assert.equal((await send(plain))(3), 101);
  });

  test("changes nothing here", () => {
    counter += 0;
    assert.equal(counter, 7);
  });
});
