import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { threadHeap } from "#heap";
import { blockingForBuffers, findSharedBuffer, nameSharedBuffer } from "./shared-buffers.ts";

const module = JSON.stringify(new URL("./shared-buffers.ts", import.meta.url).href);

/** A thread that runs `body`, with `find`, `name` and the `port` to this thread in reach. */
async function thread(body: string): Promise<{ worker: Worker; answer: () => Promise<unknown> }> {
  threadHeap();
  const program = `
    import { parentPort as port } from "node:worker_threads";
    import { findSharedBuffer as find, nameSharedBuffer as name } from ${module};
    ${body}`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
  const answers: unknown[] = [];
  let wake = (): void => {};
  worker.on("message", (answer) => {
    answers.push(answer);
    wake();
  });
  const answer = async (): Promise<unknown> => {
    while (answers.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return answers.shift();
  };
  return { worker, answer };
}

const FIND = `
  const get = async (id) => { try { return find(id); } catch (error) { await error.ready; return get(id); } };
  port.on("message", async (id) => { const words = new Int32Array(await get(id)); words[0] += 1; port.postMessage(words[0]); });`;

test("a thread finds a buffer that was named before it started, by asking for it", async () => {
  const buffer = new SharedArrayBuffer(8);
  const id = nameSharedBuffer(buffer);
  const { worker, answer } = await thread(FIND);
  worker.postMessage(id);
  assert.equal(await answer(), 1);
  assert.equal(new Int32Array(buffer)[0], 1);
  worker.postMessage(id);
  assert.equal(await answer(), 2);
  await worker.terminate();
});

test("a thread that blocks looks for a buffer for two seconds, and says then what to do", (context) => {
  let now = 0;
  context.mock.method(performance, "now", () => (now += 400));
  assert.throws(() => blockingForBuffers(() => findSharedBuffer(threadHeap().nextSerial())), {
    name: "NotLoadedError",
    message: /the thread that has the SharedArrayBuffer in it does not come to answer; await the value/,
  });
  assert.ok(now > 2000 && now < 4000);
});

test("a buffer keeps its number, and comes home as itself", async () => {
  const buffer = new SharedArrayBuffer(8);
  const id = nameSharedBuffer(buffer);
  assert.equal(nameSharedBuffer(buffer), id);
  assert.equal(findSharedBuffer(id), buffer);
});

test("a buffer that a worker made is known here when its number arrives", async () => {
  const { worker, answer } = await thread(`
    globalThis.kept = new SharedArrayBuffer(8);
    new Int32Array(kept)[1] = 7;
    port.postMessage(name(kept));
    port.on("message", () => {});`);
  const id = (await answer()) as number;
  assert.equal(new Int32Array(findSharedBuffer(id))[1], 7);
  assert.equal(findSharedBuffer(id), findSharedBuffer(id));
  await worker.terminate();
});
