/** Proxies that are sent to other threads and processes. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { heapFor } from "../heap/fixtures/processes.ts";
import { ProcessPoolExecutor, ThreadPoolExecutor, toThread } from "../futures/index.ts";
import { Queue } from "../queues/index.ts";
import { Lock } from "../sync/index.ts";
import { Thread } from "../workers/index.ts";
import { enter } from "./connect.ts";
import { Manager, remote, type Remote } from "./index.ts";
import { behindProxy } from "./proxies.ts";
import { ROOT } from "./things.ts";

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

describe("A proxy of a server that this program has connected to", () => {
  let server: Manager;
  let client: Manager;
  before(async () => {
    server = await Manager.serve({ address: "tcp:127.0.0.1:0", authKey: "a long secret" });
    client = await Manager.connect({ address: server.address!, authKey: "a long secret" });
  });
  after(async () => {
    await client.shutdown();
    await server.shutdown();
  });

  test("goes to threads, and to processes through this one", async () => {
    const counter = await client.create(Counter);
    assert.equal(await toThread((given: Remote<Counter>) => given.increment(4), counter), 4);
    await using pool = new ProcessPoolExecutor({ maxWorkers: 2 });
    await Promise.all([1, 2, 3, 4].map(() => pool.submit(incrementOften, counter, 24)));
    assert.equal(await counter.count, 100);
  });

  test("calls back from a process, throws as it does here, and is itself wherever it comes back", async () => {
    await using pool = new ProcessPoolExecutor({ maxWorkers: 1 });
    const counter = await client.create(Counter);
    const [given, ...seen] = await pool.submit(async (given: Remote<Counter>) => {
      const doubled = await given.each([1, 2, 3], (n) => n * 2);
      let code: unknown;
      try {
        await given.fail();
      } catch (error) {
        code = (error as TooMuchError).code;
      }
      const itself = (await given.self()) as unknown;
      return [given, doubled, code, itself === given, await given.sum(given, given)] as const;
    }, counter);
    assert.equal(given, counter);
    assert.deepEqual(seen, [[2, 4, 6], "E_TOO_MUCH", true, 0]);
  });

  test("may be of an object that was made from a process", async () => {
    await using pool = new ProcessPoolExecutor({ maxWorkers: 1 });
    const counter = await client.create(Counter);
    const made = await pool.submit((given: Remote<Counter>) => given.other(), counter);
    assert.equal(await made.increment(3), 3);
    assert.equal(await counter.sum(made as never, counter), 3);
  });

  test("does not say the key of the server, nor where that is", async () => {
    const counter = await client.create(Counter);
    const { door } = behindProxy(counter)!.issue(counter, true)!;
    assert.notEqual(door.key, Buffer.from("a long secret").toString("hex"));
    assert.notEqual(door.address, server.address);
    assert.equal(door.tls, undefined);
  });

  test("lets a process that it was sent to do nothing here but call it", async () => {
    const counter = await client.create(Counter);
    const { door } = behindProxy(counter)!.issue(counter, true)!;
    const session = await enter(door);
    await assert.rejects(session.call(ROOT, ["create"], [Counter], false, Counter), TypeError);
    await assert.rejects(session.call(ROOT, ["get"], ["name"]), TypeError);
    session.close();
  });

  test("can be disposed of when it was sent: others have theirs", async () => {
    await using pool = new ProcessPoolExecutor({ maxWorkers: 1 });
    const counter = await client.create(Counter);
    const sent = pool.submit(incrementOften, counter, 3);
    counter[Symbol.dispose]();
    assert.equal(await sent, 3);
    await assert.rejects(async () => pool.submit(incrementOften, counter, 1), {
      code: "ERR_HEDDLE_REMOTE_RELEASED",
    });
  });

  test("fails its calls in a process when the connection of this one is closed", async () => {
    const other = await Manager.connect({ address: server.address!, authKey: "a long secret" });
    const counter = await other.create(Counter);
    await using pool = new ProcessPoolExecutor({ maxWorkers: 1 });
    assert.equal(await pool.submit(incrementOften, counter, 2), 2);
    await other.shutdown();
    await assert.rejects(async () => await pool.submit(incrementOften, counter, 1), CLOSED);
  });

  test("goes another way when the thread is gone through which it came", async (context) => {
    const heap = heapFor(context);
    const sent = new Queue<Remote<Counter>>({ heap });
    const counted = new Queue<number>({ heap });
    await using pool = new ProcessPoolExecutor({ maxWorkers: 1 });
    const counter = await client.create(Counter);
    const counting = pool.submit(
      async (from: Queue<Remote<Counter>>, to: Queue<number>) => {
        const first = await from.get();
        await to.put(await first.increment());
        // The thread that it came through ends now.
        for (let isThere = true; isThere;) {
          isThere = await first.count.then(
            () => true,
            () => false,
          );
        }
        const second = await from.get();
        return [await second.increment(), first === second];
      },
      sent,
      counted,
    );
    const thread = new Thread(
      async (given: Remote<Counter>, to: Queue<Remote<Counter>>, told: Queue<number>) => {
        await to.put(given);
        return await told.get();
      },
      { args: [counter, sent, counted] },
    ).start();
    assert.equal(await thread.result, 1);
    await thread.terminate();
    await sent.put(counter);
    assert.deepEqual(await counting, [2, false]);
  });
});

describe("A proxy of what a client has lent", () => {
  test("goes to other threads and processes", async () => {
    await using server = await Manager.serve({ address: "tcp:127.0.0.1:0", authKey: "key" });
    await using client = await Manager.connect({ address: server.address!, authKey: "key" });
    const heard: ((n: number) => Promise<number>)[] = [];
    await server.register("box", { keep: (callback: () => Promise<number>) => void heard.push(callback) });
    const box = await client.get<{ keep(callback: (n: number) => number): void }>("box");
    await box.keep((n) => n * 2);
    const call = async (fn: (n: number) => Promise<number>, all: unknown[]): Promise<unknown[]> => [
      await fn(21),
      all[0] === fn,
    ];
    assert.deepEqual(await toThread(call, heard[0]!, heard), [42, true]);
    await using pool = new ProcessPoolExecutor({ maxWorkers: 1 });
    assert.deepEqual(await pool.submit(call, heard[0]!, heard), [42, true]);
  });
});

describe("A thread that blocks", () => {
  test("is told that it cannot connect to a manager, and finds the message where it was", async () => {
    await using manager = await Manager.start();
    const counter = await manager.create(Counter);
    const queue = new Queue<Remote<Counter>>();
    await queue.put(counter);
    const seen = await toThread(async (from: Queue<Remote<Counter>>) => {
      let error: Error | undefined;
      try {
        from.getSync();
      } catch (thrown) {
        error = thrown as Error;
      }
      const { size } = from;
      return [error?.name, error?.message, size, await (await from.get()).increment()] as const;
    }, queue);
    assert.deepEqual([seen[0], ...seen.slice(2)], ["NotLoadedError", 1, 1]);
    assert.match(
      seen[1]!,
      /still connecting to the manager of a remote object in it, which it cannot while it blocks$/,
    );
  });

  test("gets the proxies of a manager that it knows", async () => {
    await using manager = await Manager.start();
    const [first, second] = [await manager.create(Counter), await manager.create(Counter)];
    const queue = new Queue<Remote<Counter>>();
    await queue.put(first);
    await queue.put(first);
    const isSame = await toThread(
      async (from: Queue<Remote<Counter>>) => (await from.get()) === from.getSync(),
      queue,
    );
    assert.equal(isSame, true);
    await queue.put(second);
    assert.equal(queue.getSync(), second);
  });

  test("may have a proxy among the arguments of a synchronous body, and pass it on", async () => {
    await using manager = await Manager.start();
    const counter = await manager.create(Counter);
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    assert.equal(await pool.submit((given: Remote<Counter>) => given, counter), counter);
    const thread = new Thread((given: Remote<Counter>) => given, { args: [counter] }).start();
    thread.joinSync();
    assert.equal(await thread.result, counter);
  });
});
