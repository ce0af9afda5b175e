/** What a program that starts one thread after another keeps of those that have ended: nothing. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { queryObjects } from "node:v8";
import { Worker } from "node:worker_threads";
import { Thread } from "../index.ts";

const count = (kind: Function): number => queryObjects(kind, { format: "count" });
const kept = (): number => count(Thread) + count(Worker);

const runSome = async (times: number): Promise<void> => {
  for (let i = 0; i < times; i++) await new Thread(() => 1).start().result;
};

describe("a Thread that has ended", () => {
  test("is collected, and its Worker with it, when nobody has its handle", async () => {
    await runSome(1);
    const before = kept();
    await runSome(3);
    // The last one's Worker may yet be about to exit.
    for (let tries = 0; tries < 40 && kept() > before + 2; tries++) await delay(50);
    assert.ok(kept() <= before + 2, `${kept() - before} of 6 objects are kept`);
  });
});
