import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { HomeEnd } from "./home-end.ts";

test("pipes that nobody closed give their memory back when they are dropped", () => {
  const program = fileURLToPath(new URL("./fixtures/drop-pipes.ts", import.meta.url));
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--expose-gc", "--conditions=@heddle/source", program, "4000"],
    { encoding: "utf8" },
  );
  const sizeBytes = Number(stdout);
  assert.ok(sizeBytes > 0, stderr);
  // What was left in them is 40 MB.
  assert.ok(sizeBytes < 16_000_000, `${sizeBytes} bytes`);
});

describe("An end of a pipe that its thread has no more", () => {
  const waiter = { resolve: (): void => {}, reject: (): void => {} };

  function ends(): [HomeEnd, HomeEnd] {
    const [one, two] = [new HomeEnd("one", () => {}), new HomeEnd("two", () => {})];
    [one.other, two.other] = [two, one];
    return [one, two];
  }

  test("closes with the other one, when that is dropped or closed", () => {
    for (const end of ["drop", "close"] as const) {
      const [one, two] = ends();
      one.drop();
      assert.deepEqual([one.isClosed, two.isClosed], [false, false]);
      two[end]();
      assert.deepEqual([one.isClosed, two.isClosed], [true, true]);
    }
    const [one, two] = ends();
    one.close();
    two.drop();
    assert.equal(two.isClosed, true);
  });

  test("stays open for those who may have it elsewhere", () => {
    const [one, two] = ends();
    one.issue();
    one.drop();
    two.drop();
    assert.deepEqual([one.isClosed, two.isClosed], [false, false]);
  });

  test("stays open while somebody waits at it", () => {
    const [one, two] = ends();
    one.receive(waiter);
    one.drop();
    two.drop();
    assert.deepEqual([one.isClosed, two.isClosed], [false, false]);
  });
});
