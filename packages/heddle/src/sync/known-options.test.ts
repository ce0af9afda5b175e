import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkKnown } from "./known-options.ts";

const KNOWN = ["timeoutMs", "signal", "maxWorkers"];

describe("checkKnown()", () => {
  test("lets pass what is known", () => {
    checkKnown({}, KNOWN, "it");
    checkKnown({ timeoutMs: undefined, signal: 1 }, KNOWN, "it");
  });

  test("says which option was meant by a part of its name, another way to write it, or a slip", () => {
    for (const [key, meant] of [
      ["timeout", "timeoutMs"],
      ["timeout_ms", "timeoutMs"],
      ["max-workers", "maxWorkers"],
      ["maxwokrers", "maxWorkers"],
      ["Signal", "signal"],
    ]) {
      assert.throws(() => checkKnown({ [key!]: 1 }, KNOWN, "it"), {
        name: "TypeError",
        message: `Cannot take the option ${key} of it: write ${meant}; this release knows timeoutMs, signal, maxWorkers`,
      });
    }
  });

  test("names all where none is like it", () => {
    assert.throws(() => checkKnown({ colour: 1 }, KNOWN, "it"), {
      message: "Cannot take the option colour of it: this release knows timeoutMs, signal, maxWorkers",
    });
  });
});
