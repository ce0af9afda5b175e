/** Calls in workers, within scopes. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { MessageChannel, type MessagePort, threadId } from "node:worker_threads";
import { Channel, selectSync } from "../queues/index.ts";
import { ContextVar, currentContext, Scope, throwIfCancelled } from "../scopes/index.ts";
import { Lock } from "../sync/index.ts";
import { transfer, WireError } from "../wire/index.ts";
import { Process, Thread } from "../workers/index.ts";
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

  test("is told to stop while it computes, waits, or blocks its thread; its worker lives on", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const worker = await pool.submit(() => threadId);
    const lock = new Lock();
    using _guard = lock.acquireSync();
    const channel = new Channel<never>();
    const bodies = [
      (port: MessagePort): void => {
        port.postMessage("begun");
        for (;;) throwIfCancelled();
      },
      (port: MessagePort): void => {
        new Scope().run(() => {
          port.postMessage("begun");
          for (;;) throwIfCancelled();
        });
      },
      (port: MessagePort): void => {
        port.postMessage("begun");
        lock.acquireSync();
      },
      (port: MessagePort): void => {
        port.postMessage("begun");
        selectSync({ channel });
      },
      async (port: MessagePort): Promise<void> => {
        const { signal } = currentContext().scope!;
        port.postMessage("begun");
        await once(signal, "abort");
      },
    ];
    for (const body of bodies) {
      const { port1, port2 } = new MessageChannel();
      const scope = new Scope();
      const future = scope.run(() => pool.submit(body, transfer(port2)));
      await once(port1, "message");
      scope.cancel("stop");
      await assert.rejects(future.result(), (error) => error === "stop");
      await scope.drained();
      port1.close();
    }
    assert.equal(await pool.submit(() => threadId), worker);
  });

  test("that has a worker started has no part in the initializer of that", async () => {
    const told = new Int32Array(new SharedArrayBuffer(4));
    const initializer = async (): Promise<void> => {
      const user = new ContextVar("test.initializer", "nobody");
      Object.assign(globalThis, { preparedFor: user.get() });
      await new Promise<void>((resolve, reject) => {
        currentContext().scope?.onCancel(reject);
        const look = (): void => {
          if (told[0] === 1) resolve();
          else setImmediate(look);
        };
        look();
      });
    };
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1, initializer });
    const user = new ContextVar<unknown>("test.initializer", "nobody");
    const scope = new Scope();
    const left = scope.run(() => user.run("ann", () => pool.submit(() => {})));
    const others = user.run(new WeakMap(), () => assert.rejects(pool.submit(() => {}).result(), WireError));
    scope.cancel("stop");
    await assert.rejects(left.result(), (error) => error === "stop");
    told[0] = 1;
    await others;
    assert.equal(await pool.submit(() => (globalThis as { preparedFor?: string }).preparedFor), "nobody");
  });

  test("that has a worker started has no part in what is heard of that", async () => {
    const seen: unknown[] = [];
    const user = new ContextVar("test.output", "nobody");
    const onOutput = (): void => void seen.push(user.get(), currentContext().scope);
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1, onOutput });
    await new Scope().run(() => user.run("ann", () => pool.submit(() => console.log("printed"))));
    while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(seen, ["nobody", undefined]);
  });

  test("sees the context variables of its caller, the nearest of each name, and no others", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const [user, depth] = [
      new ContextVar("test.travel-user", "nobody"),
      new ContextVar("test.travel-depth", 0),
    ];
    const look = async (one: number, two: number): Promise<unknown[]> => {
      await new Promise((resolve) => setImmediate(resolve));
      return [
        one,
        two,
        new ContextVar("test.travel-user", "nobody").get(),
        new ContextVar("test.travel-depth", 0).get(),
      ];
    };
    const inside = user.run("ann", () => user.run("bob", () => depth.run(2, () => pool.submit(look, 1, 2))));
    assert.deepEqual(await inside, [1, 2, "bob", 2]);
    assert.deepEqual(await pool.submit(look, 1, 2), [1, 2, "nobody", 0]);
  });

  test("that cannot take a variable along fails, naming it", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const first = new ContextVar("test.travel", 1);
    const user = new ContextVar<unknown>("test.travel-not", {});
    const weak = new WeakMap();
    let count = 0;
    const values = {
      "": weak,
      ".a[0]": { a: [weak] },
      ".captures": { captures: () => weak },
      ".assigns": { assigns: () => count++ },
    };
    for (const [place, value] of Object.entries(values)) {
      const calls: readonly (() => unknown)[] = [
        () => pool.submit((x: number) => x, 1),
        () => pool.map((x) => x, [1, 2]).toArray(),
        () => pool.broadcast(() => {}),
        () => new Thread(() => {}).start(),
        () => new Process(() => {}).start(),
      ];
      for (const call of calls) {
        await assert.rejects(
          async () => await first.run(2, () => user.run(value, call)),
          (error: Error & { path?: string }) => {
            assert.equal(error.path, `context variable "test.travel-not"${place}`);
            assert.ok(error.message.includes(error.path), error.message);
            return true;
          },
        );
      }
    }
  });
});
