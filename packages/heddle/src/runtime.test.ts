import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { refusalOf } from "./runtime.ts";

describe("heddle, where it is imported", () => {
  test("runs on Node 24 and what comes after it", () => {
    assert.equal(refusalOf({ node: "24.0.0" }), undefined);
    assert.equal(refusalOf({ node: "26.10.0" }), undefined);
  });

  test("says in one sentence what it found and what it needs, anywhere else", () => {
    for (const [versions, found] of [
      [{ node: "22.23.5" }, "Node.js 22.23.5"],
      [{ node: "24.3.0", bun: "1.4.5" }, "Bun 1.4.5"],
      [{ node: "24.3.0", deno: "2.9.6" }, "Deno 2.9.6"],
      [{}, "a runtime that is not Node.js"],
    ] as const) {
      assert.equal(refusalOf(versions), `Cannot run heddle on ${found}: it needs Node.js 24 or later`);
    }
  });
});
