import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isHandle, registerHandle } from "./kinds/handles.ts";
import { TestWire } from "./fixture.test.ts";

const wire = new TestWire();

class Point {
  x: number;
  y: number;
  constructor(x: number, y: number) {
    if (wasMade) throw new Error("the constructor ran again");
    this.x = x;
    this.y = y;
  }
  get length(): number {
    return Math.hypot(this.x, this.y);
  }
}
let wasMade = false;

class Named extends Point {
  label: string;
  next?: Named;
  constructor(label: string) {
    super(3, 4);
    this.label = label;
  }
  /** Own fields of this name must not end up here. */
  set hidden(_: unknown) {
    throw new Error("a setter ran");
  }
}

describe("an instance of a class", () => {
  test("comes back with its fields and methods, without its constructor run", () => {
    const value = [new Point(1, 2), new Named("a"), new Named("b"), new Named("c")];
    wasMade = true;
    try {
      for (let i = 0; i < 3; i++) {
        const back = wire.send(value);
        assert.deepStrictEqual(back, value);
        assert.equal(back[1]!.length, 5);
        assert.ok(back[1] instanceof Named);
      }
    } finally {
      wasMade = false;
    }
  });

  test("comes back past setters and read-only names of its class", () => {
    class Guarded {
      get length(): number {
        return 0;
      }
      set width(_: number) {
        throw new Error("a setter ran");
      }
    }
    for (const names of [
      ["width", "length"],
      ["constructor", "__proto__"],
    ]) {
      const value = new Guarded();
      for (const name of names)
        Object.defineProperty(value, name, {
          value: 5,
          enumerable: true,
          writable: true,
          configurable: true,
        });
      for (let i = 0; i < 3; i++) {
        const back = wire.send([value])[0]!;
        assert.deepEqual(
          Object.entries(back),
          names.map((name) => [name, 5]),
        );
        assert.equal(Object.getPrototypeOf(back), Guarded.prototype);
      }
    }
  });

  test("of an old-style class that inherits from arrays or errors comes back with its fields", () => {
    function List(this: { length: number }) {
      this.length = 2;
    }
    List.prototype = Object.create(Array.prototype, { constructor: { value: List } });
    function Failure(this: { message: string }) {
      this.message = "no";
    }
    Failure.prototype = Object.create(Error.prototype, { constructor: { value: Failure } });
    const [list, failure] = [List, Failure].map((make) => new (make as unknown as new () => object)());
    assert.deepEqual(Object.entries(wire.send(list!)), [["length", 2]]);
    const back = wire.send(failure!) as Error;
    assert.deepEqual([back instanceof Error, back.message], [true, "no"]);
  });

  test("made by an old-style constructor comes back without what it inherits", () => {
    function Old(this: { own: number }): void {
      this.own = 1;
    }
    (Old.prototype as { shared: number }).shared = 2;
    const value = Reflect.construct(Old, []) as { own: number; shared: number };
    for (let i = 0; i < 3; i++) {
      const back = wire.send(value);
      assert.deepEqual(Object.keys(back), ["own"]);
      assert.equal(back.shared, 2);
    }
  });

  test("in a circle comes back in one", () => {
    const value = new Named("a");
    value.next = new Named("b");
    value.next.next = value;
    const back = wire.send(value);
    assert.equal(back.next!.next, back);
  });

  test("with private fields is refused by its path, and so is one whose prototype is no class", () => {
    class Secretive {
      #secret = 1;
      get secret(): number {
        return this.#secret;
      }
    }
    assert.throws(() => wire.send({ a: [1, new Secretive()] }), {
      code: "ERR_HEDDLE_NOT_CLONEABLE",
      path: "args.a[1]",
    });
    assert.throws(() => wire.send([Object.create({ a: 1 })]), {
      path: "args[0]",
      message:
        "Cannot send args[0]: it is an Object whose prototype belongs to no class; send a plain copy, as by { ...it }",
    });
  });

  test("whose getter takes away a later field comes back without it", () => {
    class Shrinking {
      b = 2;
    }
    const make = (): Shrinking => {
      const value = Object.defineProperty({}, "a", {
        enumerable: true,
        get(this: { b?: number }) {
          delete this.b;
          return 1;
        },
      });
      return Object.assign(Object.setPrototypeOf(value, Shrinking.prototype) as Shrinking, { b: 2 });
    };
    for (let i = 0; i < 4; i++) assert.deepEqual(Object.entries(wire.send([make()])[0]!), [["a", 1]]);
  });
});

describe("an instance of a subclass of a built-in", () => {
  class Registry extends Map<string, unknown> {
    owner = "me";
  }
  class Bag extends Set<unknown> {
    count = 1;
  }
  class List extends Array<unknown> {
    label = "x";
    sum(): number {
      return this.reduce<number>((a, b) => a + Number(b), 0);
    }
  }
  class Day extends Date {
    zone = "UTC";
  }
  class Vector extends Float64Array {
    unit = "m";
  }
  class Pattern extends RegExp {
    note = "n";
  }
  class Bytes extends ArrayBuffer {
    origin = "disk";
  }
  class Word extends String {
    language = "en";
  }

  const values = [
    Object.assign(new Registry([["a", 1]]), { self: "s" }),
    new Bag([1, 2]),
    List.from([1, 2, 3]),
    new Day(5),
    new Vector([1, 2]),
    new Pattern("a", "g"),
    new Bytes(4),
    new Word("loom"),
  ];
  for (const value of values)
    test(`such as ${value.constructor.name} extends ${(Object.getPrototypeOf(value.constructor) as Function).name} comes back`, () => {
      for (let i = 0; i < 3; i++) {
        const back = wire.send({ value, again: value });
        assert.deepStrictEqual(back.value, value);
        assert.equal(back.value.constructor, value.constructor);
        assert.equal(back.again, back.value);
        assert.deepEqual(Object.entries(back.value), Object.entries(value));
      }
    });

  test("in a circle comes back in one", () => {
    const value = new Registry();
    value.set("me", value);
    const back = wire.send(value);
    assert.equal(back.get("me"), back);
  });
});

describe("functions and classes as values", () => {
  test("come back as the same on this side, and their path is told", () => {
    const double = (x: number): number => x * 2;
    wire.hooks.paths.length = 0;
    const back = wire.send({ list: [double, Point], double });
    assert.equal(back.list[0], double);
    assert.equal(back.list[1], Point);
    assert.equal(back.double, double);
    assert.deepEqual(wire.hooks.paths, ["args.list[0]", "args.list[1]", "args.double"]);
  });

  test("are published once for many instances", () => {
    wire.hooks.paths.length = 0;
    wire.send(Array.from({ length: 100 }, (_, i) => new Point(i, i)));
    assert.deepEqual(wire.hooks.paths, ["args[0]"]);
  });
});

describe("registerHandle()", () => {
  class Lock {
    readonly #address: number;
    constructor(address: number) {
      this.#address = address;
    }
    get address(): number {
      return this.#address;
    }
  }
  registerHandle("test.Lock/1", Lock, {
    address: (lock) => lock.address,
    revive: (address) => new Lock(address),
  });

  test("tells others what is a handle", () => {
    assert.deepEqual(
      [isHandle(new Lock(16)), isHandle({}), isHandle(Object.create(null))],
      [true, false, false],
    );
  });

  test("refuses what extends a class of handles, and says what to send instead", () => {
    class Latch extends Lock {}
    assert.equal(isHandle(new Latch(16)), false);
    for (let i = 0; i < 2; i++) {
      assert.throws(() => wire.send([new Latch(16)]), {
        code: "ERR_HEDDLE_NOT_CLONEABLE",
        message:
          "Cannot send args[0]: it is a Latch, whose class extends Lock, and no other thread would know it as that; " +
          "keep a Lock in a field of it, and send that",
      });
    }
  });

  test("makes handles cross as kind and address, each the same object throughout", () => {
    const lock = new Lock(4096);
    const back = wire.send({ lock, same: [lock], other: new Lock(0xfffffff0) });
    assert.ok(back.lock instanceof Lock);
    assert.equal(back.lock.address, 4096);
    assert.equal(back.same[0], back.lock);
    assert.equal(back.other.address, 0xfffffff0);
  });
});
