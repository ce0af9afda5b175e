import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { virtualTime } from "@heddle/testing";
import { main as coroutine } from "./primer/coroutine.ts";
import { main as hash } from "./primer/hash.ts";
import { main as lock } from "./primer/lock.ts";
import { main as queue } from "./primer/queue.ts";

describe("the primer", () => {
  test("lock: two threads lose no count", async () => {
    assert.deepEqual(await lock(), ["first is done", "second is done", "together they counted to 200000"]);
  });

  test("queue: the consumer serves everything, in order, and ends", async () => {
    assert.deepEqual(await queue(), [
      "soup for table 0",
      "bread for table 1",
      "fish for table 2",
      "pear for table 3",
    ]);
  });

  test("hash: a process and a pool give the sums that this thread does", async () => {
    const sum = (text: string): string => createHash("sha384").update(text).digest("hex");
    assert.deepEqual(await hash(["a", "b"]), [
      `in a process: ${sum("a")}`,
      `a: ${sum("a")}`,
      `b: ${sum("b")}`,
    ]);
  });

  test("coroutine: both sleep at once, and say their words when they wake", async () => {
    const said: string[] = [];
    using clock = virtualTime();
    await clock.run(() => coroutine((words) => said.push(words)));
    assert.deepEqual(said, ["both sleep", "hello", "world", "both are done"]);
  });
});
