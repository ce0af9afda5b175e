import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest } from "./nearest.ts";

test("the word that was meant is found behind a slip of the keys, a pair in the wrong order too, and not behind another word", () => {
  const commands = ["map", "advise", "bench", "completion", "help"];
  assert.equal(nearest("mpa", commands), "map");
  assert.equal(nearest("ma", commands), "map");
  assert.equal(nearest("advice", commands), "advise");
  assert.equal(nearest("bnech", commands), "bench");
  assert.equal(nearest("top", commands), undefined);
  assert.equal(nearest("laod", ["load", "slow", "spin"]), "load");
});
