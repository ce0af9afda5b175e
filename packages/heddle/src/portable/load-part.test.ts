import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

test("a program that forbids code from text is told that functions cannot travel in it", () => {
  const program = `
    import { ThreadPoolExecutor } from "heddle";
    new ThreadPoolExecutor();
  `;
  const flags = [
    "--disallow-code-generation-from-strings",
    "--conditions=@heddle/source",
    "--input-type=module",
  ];
  const { stderr, status } = spawnSync(process.execPath, [...flags, "-e", program], { encoding: "utf8" });
  assert.match(stderr, /this program forbids code from text; run it without --disallow-code-generation/);
  assert.equal(status, 1);
});
