import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import { InlineExecutor } from "./index.ts";

describe("printing", () => {
  test("a future shows its state, and what came of it, as promises do", async () => {
    await using executor = new InlineExecutor();
    let go = (): void => {};
    const future = executor.submit(() => new Promise<object>((resolve) => (go = () => resolve({ n: 1 }))));
    assert.match(inspect(future), /^Future { <(pending|running)> }$/);
    while (!future.running) await new Promise(setImmediate);
    go();
    await future;
    assert.equal(inspect(future), "Future { { n: 1 } }");
    assert.equal(inspect([[[future]]], { depth: 1 }), "[ [ [Array] ] ]");
    assert.equal(inspect([future], { depth: 0 }), "[ [Future] ]");
    const failed = executor.submit(() => {
      throw new RangeError("no luck");
    });
    await failed.exception();
    assert.match(inspect(failed), /^Future { <rejected> RangeError: no luck\n[^]* }$/);
  });

  test("a future that is printed still tells of an error that nobody has asked for", async () => {
    await using executor = new InlineExecutor();
    const failed = executor.submit(() => {
      throw new RangeError("no luck");
    });
    while (!failed.done) await new Promise(setImmediate);
    inspect(failed);
    assert.equal(failed.state, "rejected");
    await assert.rejects(failed, { message: "no luck" });
  });

  test("an executor shows its name and its figures", async () => {
    await using executor = new InlineExecutor({ name: "here" });
    assert.match(inspect(executor), /^InlineExecutor "here" {\s+workers: \d+,\s+queued: 0,/);
    assert.match(inspect(executor.with({ priority: 1 })), /^Executor "here" {/);
  });
});
