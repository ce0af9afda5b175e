/** Functions as plain values: those that are no more come to life by them, others are left to records. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import * as path from "node:path";
import { join } from "node:path";
import * as toolkit from "heddle/queues";
import { describe, test } from "node:test";
import { fromPlainText, plainText } from "../../wire/plain/index.ts";
import { PortabilityError } from "../errors.ts";
import { functionTable } from "../function-tables.ts";
import { Queue } from "../queue.ts";
import { pathOf } from "../text/script-path.ts";
import { type PlainFunctions, type PlainModule, Rebuilt } from "./index.ts";

const around = {
  importFrom: (from: string) => (name: string) => [from, name],
  requireFrom: (from: string) => (name: string) => [from, name],
  load: async ({ module, parent }: PlainModule) =>
    (await import(new URL(module, parent === "" ? undefined : parent).href)) as object,
};

/** As it goes from one process to another. */
async function there(fn: Function): Promise<Function> {
  const text = plainText(functionTable().describePlainly(fn, "fn"));
  return (await Rebuilt.from(fromPlainText(text!) as PlainFunctions, around)).target;
}

const nameOf = (cls: Function): string => `${cls.name}${suffix()}`;
const suffix = (): string => " Weft";
class Thread {
  #length = 2;
  length(): number {
    return this.#length;
  }
}
class Weft extends Thread {
  static readonly #made: string = nameOf(Thread);
  static made(): string {
    return Weft.#made;
  }
  override length(): number {
    return 2 * super.length();
  }
}
class Torn extends RangeError {
  override readonly name = "Torn";
  constructor() {
    super(`by ${Weft.name}`);
  }
}
class Left {
  other(): Function {
    return Right;
  }
}
class Right {
  other(): Function {
    return Left;
  }
}
const left = (): Left => new Left();

describe("a function of text and data", () => {
  const step = 2;
  const list = [1, 2];
  const add = (n: number): number => n + step;
  const push = (n: number): number => list.push(n);
  let moment = 0;
  const local = createRequire(import.meta.url);

  const functions: Record<string, [fn: (...args: never[]) => unknown, args: unknown[], result: unknown]> = {
    "with an argument": [(n: number) => n * 2, [21], 42],
    "with a name of its own": [
      function fact(n: number): number {
        return n < 2 ? 1 : n * fact(n - 1);
      },
      [5],
      120,
    ],
    "that calls another": [(n: number) => add(add(n)), [1], 5],
    "that shares data with another": [(n: number) => [push(n), list], [3], [3, [1, 2, 3]]],
    "that is a method": [{ twice: (n: number) => [n, n] }.twice, [1], [1, 1]],
    "that uses a global": [() => Math.max(...list), [], 2],
    "that uses a module of Node, and a part of one": [() => [path.sep, join("a", "b")], [], ["/", "a/b"]],
    "that uses a module": [() => [Queue.name, new Queue().shift()], [], ["Queue", undefined]],
    "that is exported by one": [pathOf, ["file:///a"], "/a"],
    "that knows its module": [
      () => [import.meta.url, import.meta.dirname],
      [],
      [import.meta.url, import.meta.dirname],
    ],
    "that requires": [() => local("./none.ts") as unknown, [], [import.meta.url, "./none.ts"]],
    "that imports": [() => import("./index.ts"), [], [import.meta.url, "./index.ts"]],
    "that captures what JSON has no word for": [
      ((nothing: undefined, zero: number, big: bigint) => () => [nothing, zero, big])(undefined, -0, 5n),
      [],
      [undefined, -0, 5n],
    ],
  };
  for (const [what, [fn, args, result]] of Object.entries(functions)) {
    test(`comes to life: one ${what}`, async () => {
      assert.deepEqual(((await there(fn)) as (...all: unknown[]) => unknown)(...args), result);
    });
  }

  test("may use classes, those that they extend, and what they run while they are made", async () => {
    const give = await there(() => {
      const weft = new Weft();
      return [
        weft.length(),
        weft instanceof Thread,
        Weft.name,
        Weft.made(),
        new Torn().name,
        new Torn().message,
      ];
    });
    assert.deepEqual(give(), [4, true, "Weft", "Thread Weft", "Torn", "by Weft"]);
    assert.deepEqual(new ((await there(Weft)) as typeof Weft)().length(), 4);
  });

  test("is the same for all that uses it, also where classes use each other", async () => {
    const give = await there(() => [
      left().other() === Right,
      new Right().other() === Left,
      left() instanceof Left,
    ]);
    assert.deepEqual(give(), [true, true, true]);
  });

  test("has its name, and its place in stack traces", async () => {
    const torn = await there(function torn(): never {
      throw new Error("here");
    });
    assert.equal(torn.name, "torn");
    assert.throws(torn as () => never, (error: Error) =>
      /torn \(.*plain-functions\.test\.ts:\d+/.test(error.stack!),
    );
  });

  test("is told of with what variables hold now", async () => {
    const fn = (): number => moment;
    moment = 1;
    assert.equal((await there(fn))(), 1);
    moment = 2;
    assert.equal((await there(fn))(), 2);
  });

  class Counted {
    static count = 0;
    thread = 1;
  }
  const own = Symbol("own");
  const declared = PortabilityError;
  const more: Record<string, Function> = {
    "a class that has fields of its own": Counted,
    "one that uses such a class": () => new Counted(),
    "one that uses what makes a require": () => createRequire,
    "one with a property": Object.assign(() => 1, { warp: 1 }),
    "a bound one": add.bind(undefined, 1),
    "one that captures a symbol": () => own,
    "one that uses what Heddle declares": () => declared,
    "one that imports the toolkit": () => toolkit,
  };
  for (const [what, fn] of Object.entries(more)) {
    test(`is left to records: ${what}`, () => {
      assert.equal(functionTable().describePlainly(fn, "fn"), undefined);
    });
  }

  const pattern = /warp/g;
  test("is left to records by its data: one that captures a pattern", () => {
    assert.equal(plainText(functionTable().describePlainly(() => pattern, "fn")), undefined);
  });
});
