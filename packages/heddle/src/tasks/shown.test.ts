import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import { Timer } from "../workers/index.ts";
import { currentTask, taskGroup } from "./index.ts";

describe("printing", () => {
  test("a task shows its name, and what it does", async () => {
    await taskGroup(async (group) => {
      await group.spawn(async () => assert.match(inspect(currentTask()), /^Task \d+ "weave" \(running\)$/), {
        name: "weave",
      });
    });
  });

  test("a group shows how many tasks it has, and that it was cancelled", async () => {
    await taskGroup(async (group) => {
      group.spawn(async () => {});
      assert.equal(inspect(group), "TaskGroup { size: 1 }");
      group.cancel();
      assert.match(inspect(group), /^TaskGroup { size: \d, <cancelled> }$/);
    });
  });

  test("a timer shows whether it runs", () => {
    using timer = new Timer(60_000, () => {});
    assert.equal(inspect(timer), "Timer (not running)");
    assert.match(inspect(timer.start()), /^Timer \(due in \d+ ms\)$/);
  });
});
