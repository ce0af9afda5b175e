import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { functionTable, type HeapRecord } from "./index.ts";

/** Sends a function as to another process: what comes is not known to be from here. */
function throughAnotherProcess<F extends Function>(fn: F, mark: string): { image: F; back: Function } {
  const table = functionTable();
  const record = table.publishFunction(fn, "fn") as HeapRecord;
  const parcels = table.parcels.pack([record], "fn");
  const foreign = parcels.map((parcel) => ({ ...parcel, origin: `${parcel.origin}${mark}` }));
  const [arrived] = table.parcels.unpack(foreign);
  const image = table.resolveFunction(arrived!.address, arrived!.serial) as F;
  const returned = table.parcels.pack([table.publishFunction(image, "fn") as HeapRecord], "fn");
  const [home] = table.parcels.unpack(
    returned.map((parcel) => ({ ...parcel, origin: parcel.origin.replace(mark, "") })),
  );
  return { image, back: table.resolveFunction(home!.address, home!.serial) };
}

describe("RecordParcels", () => {
  test("carry a function with what it captures, and the functions that it calls", () => {
    const factors = { by: 3 };
    const times = (n: number): number => n * factors.by;
    const { image } = throughAnotherProcess((n: number) => [times(n), times(n + 1)], "#1");
    assert.deepEqual(image(2), [6, 9]);
  });

  test("carry functions that refer to each other in a circle", () => {
    const isEven = (n: number): boolean => n === 0 || isOdd(n - 1);
    const isOdd = (n: number): boolean => n !== 0 && isEven(n - 1);
    const { image } = throughAnotherProcess(isEven, "#2");
    assert.deepEqual([image(10), image(7)], [true, false]);
  });

  test("carry classes with their bases, private names and static fields", () => {
    class Base {
      name(): string {
        return "base";
      }
    }
    class Derived extends Base {
      static made = 7;
      #secret = 1;
      override name(): string {
        return `${super.name()} ${this.#secret} ${Derived.made}`;
      }
    }
    const { image } = throughAnotherProcess(Derived, "#3");
    assert.notEqual(image, Derived);
    assert.equal(new image().name(), "base 1 7");
  });

  test("carry captured instances of classes", () => {
    class Point {
      x: number;
      constructor(x: number) {
        this.x = x;
      }
      doubled(): number {
        return 2 * this.x;
      }
    }
    const points = [new Point(2), new Point(3)];
    const { image } = throughAnotherProcess(() => points.map((point) => point.doubled()), "#4");
    assert.deepEqual(image(), [4, 6]);
  });

  test("bring the same function for the same record, and the original when it comes home", () => {
    class Token {
      mark = 1;
    }
    const first = throughAnotherProcess(Token, "#5");
    const second = throughAnotherProcess(Token, "#5");
    assert.equal(first.image, second.image);
    assert.equal(first.back, Token);
  });

  test("refuse shared memory and handles that a function captures", () => {
    const shared = new Int32Array(new SharedArrayBuffer(8));
    const table = functionTable();
    const record = table.publishFunction(() => shared[0], "fn") as HeapRecord;
    assert.throws(() => table.parcels.pack([record], "args[0]"), { name: "WireError", path: "args[0]" });
  });

  test("refuse parcels that cannot be", () => {
    const table = functionTable();
    const [good] = table.parcels.pack([table.publishFunction(() => 1 + 1, "fn") as HeapRecord], "fn");
    const foreign = { ...good!, origin: "elsewhere" };
    const bad = [
      { ...foreign, wordLinks: [0, 1] },
      { ...foreign, wordLinks: [foreign.words.length - 1, 0] },
      { ...foreign, tailLinks: [foreign.tail.length - 7, 0] },
      { ...foreign, tailLinks: [0] },
      { ...foreign, words: [-1] },
      { ...foreign, kind: 99 },
      { ...foreign, origin: undefined as never },
      { ...foreign, tail: "text" as never },
    ];
    for (const parcel of bad) {
      assert.throws(() => table.parcels.unpack([parcel]), { code: "ERR_HEDDLE_CORRUPT_MESSAGE" });
    }
  });
});
