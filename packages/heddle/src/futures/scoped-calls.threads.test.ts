/** Calls in workers, within scopes. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { Scope } from "../scopes/index.ts";
import { transfer } from "../wire/index.ts";
import { ThreadPoolExecutor } from "./thread-pool-executor.ts";

describe("a call in a worker, made within a scope", () => {
  test("is cancelled with it, and holds it until the worker is rid of it", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1, concurrencyPerWorker: 1 });
    const { port1, port2 } = new MessageChannel();
    const scope = new Scope();
    const body = async (port: MessagePort): Promise<void> => {
      port.postMessage("begun");
      await once(port, "message");
      port.close();
    };
    const running = scope.run(() => pool.submit(body, transfer(port2)));
    await once(port1, "message");
    const queued = scope.run(() => pool.submit(() => {}));
    scope.cancel("stop");
    for (const future of [running, queued]) {
      await assert.rejects(future.result(), (error) => error === "stop");
      assert.ok(future.cancelled);
    }
    const drained = scope.drained();
    assert.ok(drained !== undefined);
    port1.postMessage("go on");
    await drained;
    assert.equal(pool.statistics().running, 0);
  });
});
