import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { isMainThread, Worker } from "node:worker_threads";
import { isWorkerThread } from "./worker-threads.ts";

describe("isWorkerThread", () => {
  test("is false in the main thread", { skip: !isMainThread && "this test runs in a worker" }, () => {
    assert.equal(isWorkerThread, false);
  });

  test("is true in a worker", async () => {
    const url = JSON.stringify(new URL("./worker-threads.ts", import.meta.url));
    const worker = new Worker(
      `import(${url}).then((m) => require("node:worker_threads").parentPort.postMessage(m.isWorkerThread));`,
      { eval: true },
    );
    const [answer] = (await once(worker, "message")) as [unknown];
    assert.equal(answer, true);
    await worker.terminate();
  });
});
