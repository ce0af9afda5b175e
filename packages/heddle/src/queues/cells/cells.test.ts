import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { threadHeap } from "#heap";
import { CellCoder } from "./cells.ts";

const throughACell = (value: unknown): unknown => {
  const cell = new CellCoder(threadHeap());
  cell.write(value, "item");
  return cell.take();
};

describe("a cell", () => {
  test("holds numbers, texts and the like themselves", () => {
    const values = [
      undefined,
      null,
      true,
      false,
      0,
      -0,
      1,
      -1,
      2 ** 31 - 1,
      2 ** 31,
      -(2 ** 31),
      0.1,
      NaN,
      -Infinity,
      Number.MIN_VALUE,
      0n,
      -(2n ** 63n),
      2n ** 63n - 1n,
      "",
      "a",
      "\u0000\u00ff",
      "twelve chars",
    ];
    for (const value of values) {
      const cell = new CellCoder(threadHeap());
      cell.write(value, "item");
      assert.equal(cell.isStored, false, String(value));
      assert.ok(Object.is(cell.take(), value), String(value));
    }
  });

  test("leads to what does not fit", () => {
    for (const value of [2n ** 63n, "thirteen char", "€", { a: [1] }, new Map([[1, 2]])]) {
      const cell = new CellCoder(threadHeap());
      cell.write(value, "item");
      assert.equal(cell.isStored, true);
      assert.deepEqual(cell.take(), value);
    }
  });

  test("gives back any number and any text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.double(), fc.integer(), fc.string({ unit: "binary" })), (value) => {
        assert.ok(Object.is(throughACell(value), value));
      }),
    );
  });

  test("refuses what cannot travel, by the name of where it would go", () => {
    assert.throws(() => new CellCoder(threadHeap()).write({ deep: new WeakMap() }, "item"), {
      code: "ERR_HEDDLE_NOT_CLONEABLE",
      message: /item\.deep/,
    });
  });

  test("may be used while a value is stored, by a getter of that value", () => {
    const cell = new CellCoder(threadHeap());
    const value = {
      get number() {
        cell.write(5, "inner");
        return cell.take();
      },
    };
    cell.write(value, "item");
    assert.deepEqual(cell.take(), { number: 5 });
  });
});
