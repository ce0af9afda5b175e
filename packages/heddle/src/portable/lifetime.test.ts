import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

interface Left {
  readonly heapBytes: number;
  readonly published: number;
  readonly revived: number;
}

/** What stays although it is not used any more: the newest records, and the functions used last. */
const KEPT_AT_MOST = 5000;

describe("closures that are sent once, and functions whose variables change", () => {
  test("leave nothing behind: neither in the heap, nor in the tables of sender and receiver", () => {
    const program = fileURLToPath(new URL("./fixtures/closures-for-ever.ts", import.meta.url));
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ["--expose-gc", "--conditions=@heddle/source", program],
      { encoding: "utf8" },
    );
    const rounds = stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Left);
    assert.equal(rounds.length, 8, stderr);
    const [middle, last] = [rounds[3]!, rounds[7]!];
    assert.ok(last.published < KEPT_AT_MOST, `${last.published} records are still known`);
    assert.ok(last.revived < 2 * KEPT_AT_MOST, `${last.revived} functions and values are still held`);
    assert.equal(last.heapBytes, middle.heapBytes, "the heap still grows");
  });
});

test("an object at the top of a module stays one object in the other thread, whatever is sent meanwhile", () => {
  const program = fileURLToPath(new URL("./fixtures/state-that-stays.ts", import.meta.url));
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--expose-gc", "--conditions=@heddle/source", program],
    { encoding: "utf8" },
  );
  assert.equal(stdout.trim(), '["first","second"]', stderr);
});

for (const [makers, limit] of [
  ["processes", 1000],
  ["threads", 2500],
] as const) {
  test(`of the functions of many ${makers}, one after the other, those used last are held`, () => {
    const program = fileURLToPath(new URL(`./fixtures/functions-of-many-${makers}.ts`, import.meta.url));
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ["--expose-gc", "--conditions=@heddle/source", program],
      { encoding: "utf8" },
    );
    assert.match(stdout, /^\d+$/m, stderr);
    assert.ok(Number(stdout) < limit, `${stdout} functions and values are held`);
  });
}
