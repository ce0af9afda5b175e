/** The first bytes of values. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tags from "./tags.ts";

test("no two kinds of values begin with the same byte", () => {
  const numbers = Object.entries(tags).filter(
    ([name, tag]) => tag >= tags.UNDEFINED && tag <= 0xff && !/_(MAX|END|BYTES|VERSION)$/.test(name),
  );
  for (const [name, tag] of numbers) {
    assert.deepEqual(
      numbers.filter(([, other]) => other === tag),
      [[name, tag]],
    );
  }
});
