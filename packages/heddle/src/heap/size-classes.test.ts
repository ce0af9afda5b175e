import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CLASS_BYTES, classFor, LARGEST_CLASS_BYTES } from "./size-classes.ts";

describe("classFor()", () => {
  test("gives the smallest class that holds the size, for every size", () => {
    for (let size = 0; size <= LARGEST_CLASS_BYTES; size++) {
      const sizeClass = classFor(size);
      assert.ok(CLASS_BYTES[sizeClass]! >= size, `${size} bytes in a block of ${CLASS_BYTES[sizeClass]}`);
      assert.ok(sizeClass === 0 || CLASS_BYTES[sizeClass - 1]! < size, `${size} bytes fit a smaller class`);
    }
  });
});

describe("CLASS_BYTES", () => {
  test("ascends in multiples of 16 up to the largest class", () => {
    assert.ok(CLASS_BYTES.every((bytes, index) => bytes % 16 === 0 && bytes > (CLASS_BYTES[index - 1] ?? 0)));
    assert.equal(CLASS_BYTES.at(-1), LARGEST_CLASS_BYTES);
  });

  test("wastes at most 15 bytes of a block up to 128, and less than a fifth of a larger one", () => {
    for (let size = 1; size <= LARGEST_CLASS_BYTES; size++) {
      const bytes = CLASS_BYTES[classFor(size)]!;
      assert.ok(size <= 128 ? bytes - size < 16 : (bytes - size) / bytes < 0.2, `${size} in ${bytes}`);
    }
  });
});
