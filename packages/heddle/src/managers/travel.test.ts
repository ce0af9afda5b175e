/** Proxies that are sent to other threads and processes. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ProcessPoolExecutor, ThreadPoolExecutor, toThread } from "../futures/index.ts";
import { Queue } from "../queues/index.ts";
import { Lock } from "../sync/index.ts";
import { Thread } from "../workers/index.ts";
import { Manager, remote, type Remote } from "./index.ts";

const CLOSED = { name: "ManagerClosedError", code: "ERR_HEDDLE_MANAGER_CLOSED" };

class TooMuchError extends RangeError {
  override readonly name = "TooMuchError";
  readonly code = "E_TOO_MUCH";
}

class Counter {
  count = 0;
  increment(by = 1): number {
    return (this.count += by);
  }
  fail(): never {
    throw new TooMuchError("too much");
  }
  each(items: number[], callback: (n: number) => number | Promise<number>): Promise<number[]> {
    return Promise.all(items.map(async (item) => await callback(item)));
  }
  self(): this {
    return this;
  }
  other(): Remote<Counter> {
    return remote(new Counter());
  }
  async sum(...others: Remote<Counter>[]): Promise<number> {
    let sum = 0;
    for (const other of others) sum += await other.count;
    return sum;
  }
  copyOf<T>(value: T): T {
    return value;
  }
}

/** Every kind of a manager does the same. */
const KINDS: Record<string, () => Promise<Manager>> = {
  thread: () => Manager.start({ on: "thread" }),
  process: () => Manager.start({ on: "process" }),
  served: () => Manager.serve({ address: "tcp:127.0.0.1:0", authKey: "key" }),
};

const incrementOften = async (counter: Remote<Counter>, times: number): Promise<number> => {
  let count = 0;
  for (let i = 0; i < times; i++) count = await counter.increment();
  return count;
};

for (const [kind, begin] of Object.entries(KINDS)) {
  describe(`A proxy of a manager, ${kind}, that is sent to another thread`, () => {
    let manager: Manager;
    before(async () => (manager = await begin()));
    after(() => manager.shutdown());

    test("is a proxy of the same object there", async () => {
      await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
      const counter = await manager.create(Counter);
      await Promise.all([1, 2, 3, 4].map(() => pool.submit(incrementOften, counter, 25)));
      assert.equal(await counter.count, 100);
    });

    test("calls back, throws as it does here, and is one proxy however often it comes", async () => {
      const counter = await manager.create(Counter);
      const seen = await toThread(
        async (given: Remote<Counter>, again: { given: Remote<Counter> }) => {
          const doubled = await given.each([1, 2, 3], (n) => n * 2);
          let code: unknown;
          try {
            await given.fail();
          } catch (error) {
            code = (error as TooMuchError).code;
          }
          return [doubled, code, given === again.given, (await given.self()) === (given as unknown)];
        },
        counter,
        { given: counter },
      );
      assert.deepEqual(seen, [[2, 4, 6], "E_TOO_MUCH", true, true]);
    });

    test("comes back as itself", async () => {
      const counter = await manager.create(Counter);
      assert.equal(await toThread((given: Remote<Counter>) => given, counter), counter);
    });

    test("travels with a function that captures it", async () => {
      const counter = await manager.create(Counter);
      assert.equal(await toThread(() => counter.increment(5)), 5);
      assert.equal(await counter.count, 5);
    });

    test("may be of an object that was made from there, and comes here from there", async () => {
      await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
      const counter = await manager.create(Counter);
      const made = await pool.submit(async (given: Remote<Counter>) => {
        const other = await given.other();
        await other.increment(7);
        return other;
      }, counter);
      assert.equal(await made.increment(), 8);
      // It goes home as itself.
      assert.equal(await counter.sum(made as never, counter), 8);
    });

    test("may go through a queue, and to a thread of its own", async () => {
      const counter = await manager.create(Counter);
      const queue = new Queue<Remote<Counter>>();
      const thread = new Thread(
        async (from: Queue<Remote<Counter>>) => {
          await (await from.get()).increment(3);
        },
        { args: [queue] },
      );
      thread.start();
      await queue.put(counter);
      await thread.join();
      assert.equal(await counter.count, 3);
    });
  });
}

describe("A proxy that is sent to another thread", () => {
  test("goes to pools of processes, where its manager was started", async () => {
    for (const on of ["thread", "process"] as const) {
      await using manager = await Manager.start({ on });
      await using pool = new ProcessPoolExecutor({ maxWorkers: 2 });
      const counter = await manager.create(Counter);
      await Promise.all([1, 2, 3, 4].map(() => pool.submit(incrementOften, counter, 25)));
      assert.equal(await counter.count, 100);
      const made = await pool.submit((given: Remote<Counter>) => given.other(), counter);
      assert.equal(await made.increment(2), 2);
    }
  });

  test("is refused on its way to another process, where its manager is a server that this one has connected to", async () => {
    await using server = await Manager.serve({ address: "tcp:127.0.0.1:0", authKey: "key" });
    await using client = await Manager.connect({ address: server.address!, authKey: "key" });
    const counter = await client.create(Counter);
    assert.equal(await toThread((given: Remote<Counter>) => given.increment(4), counter), 4);
    await using pool = new ProcessPoolExecutor({ maxWorkers: 1 });
    await assert.rejects(
      async () => pool.submit((given: Remote<Counter>) => given.increment(), counter),
      /^WireError: Cannot send args\[0\]: it is a remote object, .*; serve that manager by Manager\.serve\(\)/,
    );
  });

  test("is refused where it is of a client's callback", async () => {
    await using server = await Manager.serve({ address: "tcp:127.0.0.1:0", authKey: "key" });
    await using client = await Manager.connect({ address: server.address!, authKey: "key" });
    const heard: (() => number)[] = [];
    await server.register("box", { keep: (callback: () => number) => void heard.push(callback) });
    await (await client.get<{ keep(callback: () => number): void }>("box")).keep(() => 1);
    await assert.rejects(async () => toThread((fn: () => number) => fn(), heard[0]!), { name: "WireError" });
    await assert.rejects(async () => toThread((all: (() => number)[]) => all.length, heard), {
      name: "WireError",
    });
  });

  test("takes locks with it to where they can go, and functions that are remote", async () => {
    await using manager = await Manager.start();
    const counter = await manager.create(Counter);
    const lock = new Lock();
    const same = async (given: Remote<Counter>, here: Lock): Promise<boolean> =>
      (await given.copyOf(here)) === here;
    assert.equal(await toThread(same, counter, lock), true);
    const twice = (await counter.copyOf((n: number) => n * 2)) as (n: number) => Promise<number>;
    assert.equal(await toThread((fn: (n: number) => Promise<number>) => fn(21), twice), 42);
  });

  test("fails its calls when the manager is shut down, as it does here", async () => {
    const manager = await Manager.start();
    const counter = await manager.create(Counter);
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const isShutDown = new Queue<boolean>();
    const failed = pool.submit(
      async (given: Remote<Counter>, told: Queue<boolean>) => {
        await given.increment();
        await told.put(false);
        await told.get();
        await given.increment();
      },
      counter,
      isShutDown,
    );
    await isShutDown.get();
    await manager.shutdown();
    await isShutDown.put(true);
    await assert.rejects(failed, CLOSED);
    await assert.rejects(async () => pool.submit(incrementOften, counter, 1), CLOSED);
  });

  test("cannot be sent after it was disposed, and what was sent before arrives", async () => {
    await using manager = await Manager.start();
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const counter = await manager.create(Counter);
    const sent = pool.submit(incrementOften, counter, 3);
    counter[Symbol.dispose]();
    assert.equal(await sent, 3);
    await assert.rejects(async () => pool.submit(incrementOften, counter, 1), {
      code: "ERR_HEDDLE_REMOTE_RELEASED",
    });
  });

  test("holds its object until the thread ends, however it does", async () => {
    await using server = await Manager.serve({ address: "tcp:127.0.0.1:0", authKey: "key" });
    const counter = await server.create(Counter);
    const { lent } = server.statistics();
    const hasIt = new Queue<number>();
    const thread = new Thread(
      async (given: Remote<Counter>, told: Queue<number>) => {
        await told.put(await given.increment());
        await told.get();
      },
      { args: [counter, hasIt] },
    );
    thread.start();
    assert.equal(await hasIt.get(), 1);
    assert.equal(server.statistics().lent, lent + 1);
    assert.equal(server.statistics().clients, 1);
    await thread.terminate();
    while (server.statistics().clients > 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(server.statistics().lent, lent);
    assert.equal(await counter.count, 1);
  });
});
