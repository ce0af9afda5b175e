import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { settleThread, threadHeap } from "#heap";
import { addressOf, existing } from "../index.ts";
import { Box, claimsAt } from "./fixtures/box.ts";
import { collectUntil } from "../../heap/fixtures/collect.ts";

threadHeap();

/** A thread that runs `body`, with `Box`, `existing`, `addressOf` and the `port` to this thread in reach. */
function thread(body: string): { worker: Worker; next: () => Promise<unknown> } {
  const from = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const program = `
    import { parentPort as port } from "node:worker_threads";
    import { addressOf, existing } from ${from("../index.ts")};
    import { Box } from ${from("./fixtures/box.ts")};
    ${body}`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
  const next = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
  return { worker, next };
}

/** A box that holds another, for which nobody has a handle. */
function nested(): { outer: Box; address: number } {
  const inner = new Box(4);
  return { outer: new Box(1, {}, inner), address: addressOf(inner) };
}

describe("a handle", () => {
  test("is one for each object and thread, and a claim for as long as it lives", async () => {
    const address = (() => addressOf(new Box(3)))();
    assert.equal(claimsAt(address), 1);
    await collectUntil(() => claimsAt(address) === 0);
  });

  test("comes again after it was collected, for as long as somebody holds the object", async () => {
    const { outer, address } = nested();
    assert.equal(claimsAt(address), 2);
    await collectUntil(() => claimsAt(address) === 1);
    assert.equal(outer.inner!.value, 4);
    assert.equal(outer.inner, outer.inner);
  });

  test("in another thread is a claim of that thread", async () => {
    const box = new Box(1);
    const { worker, next } = thread(`
      port.on("message", (address) => {
        globalThis.box = existing(Box, address);
        globalThis.box.value++;
        port.postMessage(existing(Box, address) === globalThis.box);
      });`);
    worker.postMessage(addressOf(box));
    assert.equal(await next(), true);
    assert.deepEqual([box.value, box.claims], [2, 2]);
    const { threadId } = worker;
    await worker.terminate();
    assert.equal(box.claims, 2);
    settleThread(threadId);
    assert.equal(box.claims, 1);
    settleThread(threadId);
    assert.equal(box.claims, 1);
  });

  test("of a thread that ended is given up with hundreds of others, and what nobody else has is freed", async () => {
    const { worker, next } = thread(`
      globalThis.boxes = Array.from({ length: 3000 }, (_, i) => new Box(i));
      port.postMessage(globalThis.boxes.map(addressOf));
      setInterval(() => {}, 1000);`);
    const addresses = (await next()) as number[];
    const { threadId } = worker;
    const kept = existing(Box, addresses[2000]!);
    await worker.terminate();
    settleThread(threadId);
    assert.deepEqual(
      addresses.filter((address) => claimsAt(address) === 1),
      [addressOf(kept)],
    );
    assert.equal(kept.value, 2000);
  });
});

test("a million objects, made and dropped, leave the heap as large as a few thousand", () => {
  const program = fileURLToPath(new URL("./fixtures/make-and-drop.ts", import.meta.url));
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--expose-gc", "--conditions=@heddle/source", program, "1000000"],
    { encoding: "utf8" },
  );
  const [early, late] = JSON.parse(stdout || "[]") as [number, number];
  assert.equal(late, early, stderr);
});
