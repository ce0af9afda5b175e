import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

test("objects of all kinds, made, used and dropped again and again, leave the heap as large as a few thousand", () => {
  const program = fileURLToPath(new URL("./fixtures/use-and-drop.ts", import.meta.url));
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--expose-gc", "--conditions=@heddle/source", program, "200000"],
    { encoding: "utf8" },
  );
  const [early, late] = JSON.parse(stdout || "[]") as [number, number];
  assert.ok(early > 0, stderr);
  assert.equal(late, early);
});
