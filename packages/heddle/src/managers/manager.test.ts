import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { portable } from "../portable/index.ts";
import { Lock } from "../sync/index.ts";
import { Manager, remote, type Remote } from "./index.ts";

const CLOSED = { name: "ManagerClosedError", code: "ERR_HEDDLE_MANAGER_CLOSED" };

class Counter {
  count: number;
  readonly options = { step: 1, deep: { name: "counter" } };
  constructor(count = 0) {
    this.count = count;
  }
  increment(by = 1): number {
    return (this.count += by);
  }
  place(): number {
    return process.pid;
  }
  self(): this {
    return this;
  }
  copyOf<T>(value: T): T {
    return value;
  }
  async each(items: number[], callback: (n: number) => number | Promise<number>): Promise<number[]> {
    const results: number[] = [];
    for (const item of items) results.push(await callback(item));
    return results;
  }
  fail(): never {
    const error = new OverflowError("too much", this.count);
    throw error;
  }
  async *numbers(to: number): AsyncGenerator<number> {
    for (let n = 0; n < to; n++) {
      this.count = n;
      yield n;
    }
  }
  *plain(): Generator<string> {
    yield "a";
    yield "b";
  }
  async total(numbers: AsyncIterable<number>): Promise<number> {
    let total = 0;
    for await (const n of numbers) total += n;
    return total;
  }
  async untilAborted(signal: AbortSignal): Promise<string> {
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
    return String(signal.reason);
  }
}

class OverflowError extends RangeError {
  override readonly name = "OverflowError";
  readonly code = "E_OVERFLOW";
  readonly at: number;
  constructor(message: string, at: number) {
    super(message, { cause: new TypeError("the cause") });
    this.at = at;
  }
}

/** Gives out objects that stay with it. */
class Desk {
  readonly drawers = new Map<string, Counter>();
  open(name: string): Remote<Counter> {
    let drawer = this.drawers.get(name);
    if (drawer === undefined) this.drawers.set(name, (drawer = new Counter()));
    return remote(drawer);
  }
  async sum(...counters: (Counter | Remote<Counter>)[]): Promise<number> {
    let sum = 0;
    for (const counter of counters) sum += await counter.count;
    return sum;
  }
  isMine(counter: unknown): boolean {
    return [...this.drawers.values()].includes(counter as Counter);
  }
}

/** Every kind of a manager must do the same. */
const KINDS: Record<string, () => Promise<{ manager: Manager } & AsyncDisposable>> = {
  thread: () => started("thread"),
  process: () => started("process"),
  served: async () => {
    const manager = await Manager.serve({ address: "tcp:127.0.0.1:0", authKey: "" });
    return { manager, [Symbol.asyncDispose]: () => manager.shutdown() };
  },
  connected: async () => {
    const server = await Manager.serve({ address: "tcp:127.0.0.1:0", authKey: "key" });
    const manager = await Manager.connect({ address: server.address!, authKey: Buffer.from("key") });
    return {
      manager,
      async [Symbol.asyncDispose]() {
        await manager.shutdown();
        await server.shutdown();
      },
    };
  },
};

async function started(on: "thread" | "process"): Promise<{ manager: Manager } & AsyncDisposable> {
  const manager = await Manager.start({ on });
  return { manager, [Symbol.asyncDispose]: () => manager.shutdown() };
}

for (const [kind, begin] of Object.entries(KINDS)) {
  describe(`Manager: ${kind}`, () => {
    test("creates objects, calls their methods, and reads their properties, deep ones too", async () => {
      await using kept = await begin();
      const counter = await kept.manager.create(Counter, 40);
      assert.equal(await counter.increment(), 41);
      assert.equal(await counter.increment(1), 42);
      assert.equal(await counter.count, 42);
      assert.deepEqual(await counter.options, { step: 1, deep: { name: "counter" } });
      assert.equal(await counter.options.deep.name, "counter");
      assert.equal((await counter.place()) === process.pid, kind !== "process");
    });

    test("creates nothing of what is no class", async () => {
      await using kept = await begin();
      for (const [thing, shown] of [
        [() => 1, "\\[Function .*\\]"],
        [{}, "{}"],
        [undefined, "undefined"],
      ] as const) {
        await assert.rejects(() => kept.manager.create(thing as never), {
          name: "TypeError",
          message: new RegExp(`^Cannot create an object: ${shown} is no class$`),
        });
      }
    });

    test("finds objects by their names, until they are unregistered", async () => {
      await using kept = await begin();
      const { manager } = kept;
      const counter = await manager.create(Counter, 1);
      await manager.register("hits", counter);
      const again = await manager.get<Counter>("hits");
      await again.increment();
      assert.equal(await counter.count, 2);
      await assert.rejects(() => manager.register("hits", counter), { code: "ERR_HEDDLE_REGISTRATION" });
      assert.equal(await manager.unregister("hits"), true);
      assert.equal(await manager.unregister("hits"), false);
      await assert.rejects(() => manager.get("hits"), {
        message: 'Cannot get "hits": nothing is registered under that name',
      });
      assert.equal(await counter.count, 2);
    });

    test("registers an object itself", async () => {
      await using kept = await begin();
      await kept.manager.register("counter", new Counter(5));
      const counter = await kept.manager.get<Counter>("counter");
      assert.equal(await counter.increment(), 6);
    });

    test("registers an object literal with its methods, which work on that very object", async () => {
      await using kept = await begin();
      const stock = {
        reels: 1,
        get isLow() {
          return this.reels < 2;
        },
        add(count: number) {
          return (this.reels += count);
        },
      };
      await kept.manager.register("stock", stock);
      const found = await kept.manager.get<typeof stock>("stock");
      assert.equal(await found.isLow, true);
      assert.equal(await found.add(2), 3);
      assert.deepEqual([await found.reels, await found.isLow, stock.reels], [3, false, 3]);
    });

    test("copies values of any kind, and refuses by path what cannot travel", async () => {
      await using kept = await begin();
      const counter = await kept.manager.create(Counter);
      const values = [
        new Map([[1, new Date(7)]]),
        1n,
        undefined,
        null,
        { a: [Buffer.from("x")] },
        new RangeError("x"),
      ];
      for (const value of values) assert.deepEqual(await counter.copyOf(value), value);
      assert.ok((await counter.copyOf(new OverflowError("x", 1))) instanceof OverflowError);
      await assert.rejects(() => counter.copyOf({ list: [new WeakMap()] }), {
        name: "WireError",
        path: "args[0].list[0]",
      });
      assert.equal(await counter.increment(), 1);
    });

    test("throws errors as they are, with both stacks", async () => {
      await using kept = await begin();
      const counter = await kept.manager.create(Counter, 9);
      const error: unknown = await counter.fail().catch((thrown: unknown) => thrown);
      assert.ok(error instanceof OverflowError);
      assert.deepEqual([error.message, error.code, error.at], ["too much", "E_OVERFLOW", 9]);
      assert.equal((error.cause as Error).message, "the cause");
      assert.match(error.stack!, /Counter\.fail[\s\S]*--- fail, called from ---[\s\S]*manager\.test\.ts/);
    });

    test("says what is no method, and shows nothing of how objects are made", async () => {
      await using kept = await begin();
      const counter = (await kept.manager.create(Counter)) as unknown as Record<
        string,
        () => Promise<unknown>
      >;
      await assert.rejects(() => counter["missing"]!(), {
        name: "TypeError",
        message: "Cannot call missing: it is undefined, and no function",
      });
      await assert.rejects(() => counter["count"]!(), TypeError);
      for (const name of ["constructor", "__proto__", "__defineGetter__", "hasOwnProperty"]) {
        assert.equal(await (counter[name] as unknown as PromiseLike<unknown>), undefined);
      }
      assert.throws(() => {
        counter["count"] = () => Promise.resolve(5);
      }, TypeError);
    });

    test("calls back functions that are passed, in what captured them", async () => {
      await using kept = await begin();
      const counter = await kept.manager.create(Counter);
      let calls = 0;
      const doubled = await counter.each([1, 2, 3], async (n) => {
        calls++;
        return 2 * n;
      });
      assert.deepEqual([doubled, calls], [[2, 4, 6], 3]);
      await assert.rejects(
        () =>
          counter.each([1], () => {
            throw new OverflowError("there and back", 3);
          }),
        (error) => error instanceof OverflowError && error.at === 3,
      );
    });

    test("sends functions that are marked as portable along", async () => {
      await using kept = await begin();
      const counter = await kept.manager.create(Counter);
      const places = await counter.each(
        [1],
        portable(() => process.pid),
      );
      assert.equal(places[0] === process.pid, kind !== "process");
    });

    test("keeps what remote() marks where it is, and gives one proxy for it", async () => {
      await using kept = await begin();
      const desk = await kept.manager.create(Desk);
      const drawer = await desk.open("left");
      assert.equal(await drawer.increment(), 1);
      assert.equal(await desk.open("left"), drawer);
      assert.equal(await (await desk.open("left")).count, 1);
      assert.equal(await desk.isMine(drawer), true);
      assert.equal(await desk.sum(drawer, new Counter(10)), 11);
    });

    test("keeps objects that nobody else can copy where they are", async () => {
      class Vault {
        open(): Secret {
          return new Secret(7);
        }
      }
      class Secret {
        readonly #value: number;
        constructor(value: number) {
          this.#value = value;
        }
        tell(): number {
          return this.#value;
        }
      }
      await using kept = await begin();
      const vault = await kept.manager.create(Vault);
      const secret = (await vault.open()) as unknown as Remote<Secret>;
      assert.equal(await secret.tell(), 7);
      const lock = await kept.manager.create(Lock);
      const guard = await lock.acquire();
      assert.equal(await lock.locked, true);
      await (guard.release as unknown as () => Promise<void>)();
      assert.equal(await lock.locked, false);
      const counter = await kept.manager.create(Counter);
      const copies = [new URL("https://a.b/"), new Headers([["a", "b"]]), Buffer.from("x")];
      for (const value of copies) assert.deepEqual(await counter.copyOf(value), value);
    });

    test("gives an object that returns itself as the proxy that it has", async () => {
      await using kept = await begin();
      const counter = await kept.manager.create(Counter);
      assert.equal(await counter.self(), counter);
    });

    test("streams what generators give, and what it is given", async () => {
      await using kept = await begin();
      const counter = await kept.manager.create(Counter);
      assert.deepEqual(
        await Array.fromAsync(await counter.numbers(100)),
        Array.from({ length: 100 }, (_, n) => n),
      );
      assert.deepEqual(await Array.fromAsync(await counter.plain()), ["a", "b"]);
      async function* mine(): AsyncGenerator<number> {
        yield 1;
        yield 2;
        yield 3;
      }
      assert.equal(await counter.total(mine()), 6);
    });

    test("runs no further ahead of a reader of a stream than its credit, and stops when he does", async () => {
      await using kept = await begin();
      const counter = await kept.manager.create(Counter);
      const stream = await counter.numbers(1_000_000);
      assert.deepEqual(await stream.next(), { value: 0, done: false });
      assert.ok((await counter.count) <= 16);
      await stream.return!();
      assert.deepEqual(await stream.next(), { value: undefined, done: true });
      assert.equal(kept.manager.statistics().borrowed, 1);
    });

    test("iterates over a collection that lives there", async () => {
      await using kept = await begin();
      const map = await kept.manager.create(Map<string, number>, [["a", 1]]);
      await map.set("b", 2);
      assert.equal(await map.size, 2);
      assert.deepEqual(await Array.fromAsync(map), [
        ["a", 1],
        ["b", 2],
      ]);
    });

    test("passes the abort of a signal on", async () => {
      await using kept = await begin();
      const counter = await kept.manager.create(Counter);
      const controller = new AbortController();
      const waiting = counter.untilAborted(controller.signal);
      await counter.increment();
      controller.abort("enough");
      assert.equal(await waiting, "enough");
      assert.equal(await counter.untilAborted(AbortSignal.abort("before")), "before");
    });

    test("lets go of an object when its proxy is disposed", async () => {
      await using kept = await begin();
      const { manager } = kept;
      const counter = await manager.create(Counter);
      {
        using other = await manager.create(Counter);
        assert.equal(manager.statistics().borrowed, 2);
        await other.increment();
      }
      assert.equal(manager.statistics().borrowed, 1);
      const gone = await manager.create(Counter);
      gone[Symbol.dispose]();
      gone[Symbol.dispose]();
      await assert.rejects(() => gone.increment(), { code: "ERR_HEDDLE_REMOTE_RELEASED" });
      assert.equal(await counter.increment(), 1);
    });

    test("begins calls in the order in which they were made, and answers each when it is done", async () => {
      await using kept = await begin();
      const counter = await kept.manager.create(Counter);
      const counts = await Promise.all(Array.from({ length: 200 }, () => counter.increment()));
      assert.deepEqual(
        counts,
        Array.from({ length: 200 }, (_, i) => i + 1),
      );
    });

    test("fails every call after it was shut down, and those that were under way", async () => {
      const kept = await begin();
      const counter = await kept.manager.create(Counter);
      const never = counter.untilAborted(new AbortController().signal);
      const failing = assert.rejects(() => never, CLOSED);
      await kept.manager.shutdown({ graceMs: 50 });
      await failing;
      await assert.rejects(() => counter.increment(), CLOSED);
      await assert.rejects(() => kept.manager.create(Counter), CLOSED);
      await assert.rejects(() => kept.manager.get("x"), CLOSED);
      await kept.manager.shutdown();
      await kept[Symbol.asyncDispose]();
    });

    test("calls that the language makes of a proxy, to write it down, fail in nobody's back", async () => {
      await using kept = await begin();
      const counter = await kept.manager.create(Counter);
      assert.equal(JSON.stringify({ counter, options: counter.options }), '{"counter":{},"options":{}}');
      // Text cannot be waited for.
      assert.throws(() => Reflect.apply(String, undefined, [counter]), TypeError);
      // The answers to those come before this one.
      assert.equal(await counter.increment(), 1);
    });

    test("passes locks between threads, and refuses them elsewhere, by their path", async () => {
      await using kept = await begin();
      const counter = await kept.manager.create(Counter);
      const lock = new Lock();
      if (kind === "thread" || kind === "served") {
        const copy = (await counter.copyOf({ lock })) as { lock: Lock };
        assert.equal(copy.lock, lock);
      } else {
        await assert.rejects(() => counter.copyOf({ lock }), { name: "WireError", path: "args[0].lock" });
      }
    });
  });
}

describe("Manager.start()", () => {
  test("refuses options that are none", async () => {
    await assert.rejects(() => Manager.start({ on: "moon" as never }), RangeError);
    await assert.rejects(() => Manager.start(null as never), TypeError);
    await assert.rejects(
      () => Manager.start({ onn: "thread" } as never),
      /the option onn of a manager: write on;/,
    );
    const made = { address: "tcp:127.0.0.1:0", authKey: "k", maxMessageByte: 5 };
    for (const door of ["serve", "connect"] as const)
      await assert.rejects(
        () => Manager[door](made),
        /the option maxMessageByte of a manager: write maxMessageBytes/,
      );
  });

  test("a process that is killed fails its calls, and says how it ended", async () => {
    await using manager = await Manager.start({ on: "process" });
    const counter = await manager.create(Counter);
    const waiting = counter.untilAborted(new AbortController().signal);
    const failing = assert.rejects(() => waiting, {
      ...CLOSED,
      message: "Cannot call untilAborted: the manager's process has ended: signal SIGKILL",
    });
    process.kill(await counter.place(), "SIGKILL");
    await failing;
  });

  test("a thread that ends fails its calls, and says how it ended", async () => {
    class Fragile {
      crash(): Promise<void> {
        setImmediate(() => {
          throw new RangeError("nobody catches this");
        });
        return new Promise(() => undefined);
      }
    }
    await using manager = await Manager.start();
    const fragile = await manager.create(Fragile);
    await assert.rejects(() => fragile.crash(), {
      ...CLOSED,
      message: "Cannot call crash: the manager's thread has ended: RangeError: nobody catches this",
    });
  });

  test("ends a process that does not stop when it is asked", async () => {
    class Stubborn {
      readonly timer = setInterval(() => undefined, 1000);
      block(): void {
        for (;;);
      }
      place(): number {
        return process.pid;
      }
    }
    const manager = await Manager.start({ on: "process" });
    const stubborn = await manager.create(Stubborn);
    const pid = await stubborn.place();
    const failing = assert.rejects(() => stubborn.block(), CLOSED);
    await manager.shutdown({ graceMs: 20 });
    await failing;
    assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
  });

  test("a process ends when the one that started it is killed", async () => {
    const script = `
      import { Manager } from "heddle/managers";
      class Place { pid() { setInterval(() => {}, 1000); return process.pid; } }
      const manager = await Manager.start({ on: "process" });
      console.log(await (await manager.create(Place)).pid());
      setInterval(() => {}, 1000);`;
    const flags = ["--conditions=@heddle/source", "--input-type=module", "--eval", script];
    const parent = spawn(process.execPath, flags, {
      stdio: ["ignore", "pipe", "inherit"],
      cwd: import.meta.dirname,
    });
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(line.toString());
    parent.kill("SIGKILL");
    await once(parent, "exit");
    const isAlive = (): boolean => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    while (isAlive()) await new Promise((resolve) => setImmediate(resolve));
  });
});

describe("Manager.serve()", () => {
  test("serves at a path, where a leftover of a dead process is taken over, and a living one is not", async () => {
    const folder = mkdtempSync(join(tmpdir(), "heddle-manager-"));
    const path = join(folder, "sock");
    const address = `unix:${path}`;
    const authKey = "key";
    // A server that is killed leaves its socket behind.
    const script = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
    await once(spawn(process.execPath, ["--eval", script]), "exit");
    assert.equal(existsSync(path), true);
    const first = await Manager.serve({ address, authKey });
    await assert.rejects(() => Manager.serve({ address, authKey }), {
      code: "ERR_HEDDLE_ADDRESS_IN_USE",
      message: `Cannot serve at ${address}: it is in use`,
    });
    await first.register("n", new Counter(1));
    for (let round = 0; round < 3; round++) {
      const client = await Manager.connect({ address, authKey });
      assert.equal(await (await client.get<Counter>("n")).count, 1);
      await client.shutdown();
    }
    await first.shutdown();
    assert.equal(existsSync(path), false);
    const again = await Manager.serve({ address, authKey });
    await again.shutdown();
    writeFileSync(path, "precious");
    await assert.rejects(() => Manager.serve({ address, authKey }), { code: "ERR_HEDDLE_ADDRESS_IN_USE" });
    assert.equal(existsSync(path), true);
    rmSync(folder, { recursive: true });
  });

  test("refuses addresses, keys and limits that are none", async () => {
    const authKey = "key";
    for (const address of ["", "unix:", "tcp:host", "host:99999", "http://x"]) {
      await assert.rejects(() => Manager.serve({ address, authKey }), RangeError);
    }
    await assert.rejects(
      () => Manager.serve({ address: "tcp:localhost:0", authKey: undefined as never }),
      TypeError,
    );
    await assert.rejects(
      () => Manager.serve({ address: "tcp:localhost:0", authKey, maxHalfOpen: 0 }),
      RangeError,
    );
  });

  test("drops what a client held when he is gone", async () => {
    await using server = await Manager.serve({ address: "tcp:127.0.0.1:0", authKey: "key" });
    const client = await Manager.connect({ address: server.address!, authKey: "key" });
    const counters = [await client.create(Counter), await client.create(Counter)];
    assert.equal(await counters[0]!.increment(), 1);
    assert.deepEqual(server.statistics(), { clients: 1, halfOpen: 0, lent: 2, borrowed: 0 });
    await client.shutdown();
    while (server.statistics().clients > 0) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(server.statistics(), { clients: 0, halfOpen: 0, lent: 0, borrowed: 0 });
  });

  test("objects of one client are called by another, and those that live with a client by all", async () => {
    await using server = await Manager.serve({ address: "tcp:127.0.0.1:0", authKey: "key" });
    const address = server.address!;
    await using first = await Manager.connect({ address, authKey: "key" });
    await using second = await Manager.connect({ address, authKey: "key" });
    const mine = remote(new Counter(7));
    await first.register("mine", mine);
    const theirs = await second.get<Counter>("mine");
    assert.equal(await theirs.increment(), 8);
    assert.equal(mine.count, 8);
  });
});

describe("Manager.connect()", () => {
  test("says that nobody answers", async () => {
    const listening = createServer().listen(0, "127.0.0.1");
    await once(listening, "listening");
    const { port } = listening.address() as { port: number };
    listening.close();
    await assert.rejects(() => Manager.connect({ address: `tcp:127.0.0.1:${port}`, authKey: "" }), CLOSED);
  });
});
