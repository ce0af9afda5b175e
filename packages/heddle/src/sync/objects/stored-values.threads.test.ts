import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Worker } from "node:worker_threads";
import { settleThread, threadHeap } from "#heap";
import { storedValuesIn } from "../index.ts";
import { Box, claimsAt } from "./fixtures/box.ts";

threadHeap();

/** Runs `body` in a thread that ends after it has posted something, and gives that. */
async function fromThread(body: string): Promise<unknown> {
  const from = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const program = `
    import { parentPort as port } from "node:worker_threads";
    import { addressOf, existing, storedValuesIn } from ${from("../index.ts")};
    import { Box } from ${from("./fixtures/box.ts")};
    import { threadHeap } from ${from("../../heap/index.ts")};
    const [heap, stored] = [threadHeap(), storedValuesIn(threadHeap())];
    ${body}
    setInterval(() => {}, 1000);`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
  const { threadId } = worker;
  const posted = await new Promise<unknown>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  await worker.terminate();
  settleThread(threadId);
  return posted;
}

const PUT = `
  const box = new Box(9, { name: "captured" });
  const shared = { list: [box], deep: () => shared.list[0].value };
  const twice = () => 2 * shared.deep();`;

describe("a value that was stored by a thread which has ended", () => {
  test("can be taken: handles, functions, what they capture and the handles in that", async () => {
    const [item, address] = (await fromThread(`${PUT}
      port.postMessage([stored.store({ twice, box }, "item"), addressOf(box)]);`)) as [number, number];
    assert.equal(claimsAt(address), 1);
    const { twice, box } = (await storedValuesIn(threadHeap()).takeAsync(item)) as {
      twice: () => number;
      box: Box;
    };
    assert.deepEqual([twice(), box.value, box.name, box.claims], [18, 9, "captured", 1]);
    box.value = 10;
    assert.equal(twice(), 20);
  });

  test("keeps what its functions refer to, when they are passed on by a thread that got them", async () => {
    const [item] = (await fromThread(`${PUT}
      port.postMessage([stored.store(twice, "item")]);`)) as [number];
    const next = await fromThread(`
      port.postMessage(stored.store({ fn: await stored.takeAsync(${item}) }, "item"));`);
    const { fn } = (await storedValuesIn(threadHeap()).takeAsync(next as number)) as { fn: () => number };
    assert.equal(fn(), 18);
  });

  test("lets go of all that when it is dropped", async () => {
    const [item, address] = (await fromThread(`${PUT}
      port.postMessage([stored.store([twice], "item"), addressOf(box)]);`)) as [number, number];
    assert.equal(claimsAt(address), 1);
    storedValuesIn(threadHeap()).drop(item);
    assert.equal(claimsAt(address), 0);
  });
});

test("values that two threads exchange by the ten thousand arrive whole", async () => {
  const heap = threadHeap();
  const COUNT = 10_000;
  const slots = heap.allocate(4 * COUNT);
  for (let i = 0; i < COUNT; i++) heap.poke(slots + 4 * i, 0);
  const stored = storedValuesIn(threadHeap());
  const sum = fromThread(`
    let sum = 0;
    for (let i = 0; i < ${COUNT}; i++) {
      const slot = ${slots} + 4 * i;
      while (heap.load(slot) === 0) heap.wait(slot, 0, 30_000);
      const { n, box, text } = stored.take(heap.load(slot) >>> 0);
      if (text.length !== n % 1000) throw new Error("cut short");
      sum += n + box.value;
    }
    port.postMessage(sum);`);
  const box = new Box(1);
  for (let i = 0; i < COUNT; i++) {
    heap.store(slots + 4 * i, stored.store({ n: i, box, text: "t".repeat(i % 1000) }, "item") | 0);
    heap.notify(slots + 4 * i);
  }
  assert.equal(await sum, (COUNT * (COUNT - 1)) / 2 + COUNT);
  assert.equal(box.claims, 1);
  heap.free(slots);
});
