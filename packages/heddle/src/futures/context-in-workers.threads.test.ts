/** What follows a call into its worker, and everywhere that its body goes there. */
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { EventEmitter, once } from "node:events";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { ContextVar } from "../scopes/index.ts";
import type { Executor } from "./executor.ts";
import { InlineExecutor } from "./inline/inline-executor.ts";
import { ThreadPoolExecutor } from "./thread-pool-executor.ts";

const user = new ContextVar("test.context-user", "nobody");
/** The same variable, made anew wherever this runs. */
const look = (): string => new ContextVar("test.context-user", "nobody").get();

const executors: [string, () => Executor][] = [
  ["a worker", () => new ThreadPoolExecutor({ maxWorkers: 1, concurrencyPerWorker: 4 })],
  ["the event loop", () => new InlineExecutor()],
];

/** Ways from a body to code that runs later. */
const ways: Record<string, (look: () => string) => unknown> = {
  "at once": (look) => look(),
  "after an await": async (look) => {
    await Promise.resolve();
    return look();
  },
  "in a timer": (look) => new Promise((resolve) => setTimeout(() => resolve(look()), 1)),
  "in an interval": (look) =>
    new Promise((resolve) => {
      const timer = setInterval(() => {
        clearInterval(timer);
        resolve(look());
      }, 1);
    }),
  "in an immediate": (look) => new Promise((resolve) => setImmediate(() => resolve(look()))),
  "in a microtask": (look) => new Promise((resolve) => queueMicrotask(() => resolve(look()))),
  "in process.nextTick": (look) => new Promise((resolve) => process.nextTick(() => resolve(look()))),
  "in a chain of promises": (look) =>
    Promise.reject(new Error())
      .catch(() => sleep(1))
      .then(() => look()),
  "in a promise of node:timers": async (look) => {
    await sleep(1);
    return look();
  },
  "in the listener of an event that it emits": (look) => {
    const events = new EventEmitter();
    const heard = once(events, "seen");
    events.on("go", () => events.emit("seen", look()));
    setTimeout(() => events.emit("go"), 1);
    return heard.then(([seen]) => seen as string);
  },
  "in the steps of its own generators": async (look) => {
    async function* inner(): AsyncGenerator<string> {
      await sleep(1);
      yield look();
    }
    for await (const seen of inner()) return seen;
    return undefined;
  },
};

for (const [place, make] of executors) {
  describe(`a ContextVar in a call on ${place}`, () => {
    for (const [way, body] of Object.entries(ways)) {
      test(`has its caller's value ${way}, and none in the next call`, async () => {
        await using executor = make();
        const [ann, bob] = ["ann", "bob"].map((name) => user.run(name, () => executor.submit(body, look)));
        assert.deepEqual([await ann, await bob, await executor.submit(body, look)], ["ann", "bob", "nobody"]);
      });
    }

    test("has it in each item of a map that was made there", async () => {
      await using executor = make();
      const seen = user.run("ann", () =>
        executor.map(
          async (item: number) => {
            await sleep(item);
            return new ContextVar("test.context-user", "nobody").get();
          },
          [1, 2, 3],
          { chunkSize: 2 },
        ),
      );
      assert.deepEqual(await seen.toArray(), ["ann", "ann", "ann"]);
    });

    test("has it in every try, and in a broadcast", async () => {
      await using executor = make();
      const words = new Int32Array(new SharedArrayBuffer(4));
      const failOnce = (words: Int32Array, look: () => string): string => {
        if (words[0]!++ === 0) throw new RangeError("again");
        return look();
      };
      assert.equal(
        await user.run("ann", () => executor.with({ retries: 1 }).submit(failOnce, words, look)),
        "ann",
      );
      assert.deepEqual(await user.run("ann", () => executor.broadcast(look)), ["ann"]);
    });

    test("may be bound anew by the body, for itself only", async () => {
      await using executor = make();
      const rebind = async (look: () => string): Promise<string[]> => {
        const inner = new ContextVar("test.context-user", "nobody").run("bob", async () => {
          await new Promise((resolve) => setImmediate(resolve));
          return look();
        });
        return [await inner, look()];
      };
      assert.deepEqual(await user.run("ann", () => executor.submit(rebind, look)), ["bob", "ann"]);
    });
  });
}

describe("context in a worker", () => {
  test("goes on into the calls that a body makes in turn", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const nested = async (look: () => string): Promise<string> => {
      const { ThreadPoolExecutor } = await import("heddle");
      await using inner = new ThreadPoolExecutor({ maxWorkers: 1 });
      return await inner.submit(look);
    };
    assert.equal(await user.run("ann", () => pool.submit(nested, look)), "ann");
  });

  test("is what a captured AsyncLocalStorage is refused for, which stays in its thread", async () => {
    const requests = new AsyncLocalStorage<string>();
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const refused = requests.run("warp", () => pool.submit(() => requests.getStore()));
    await assert.rejects(refused.result(), (error: Error) => {
      assert.equal(error.name, "PortabilityError");
      assert.match(
        error.message,
        /AsyncLocalStorage.* what it holds belongs to the flows of this thread;.* use a ContextVar/,
      );
      return true;
    });
  });

  test("has what was chosen of an AsyncLocalStorage; the rest of that stays in its thread", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const requests = new AsyncLocalStorage<{ id: string; socket: object }>();
    const id = new ContextVar("test.context-request", "none");
    const seen = requests.run({ id: "r-7", socket: new WeakMap() }, () =>
      id.run(requests.getStore()!.id, () =>
        pool.submit(async () => {
          await new Promise((resolve) => setTimeout(resolve, 1));
          return new ContextVar("test.context-request", "none").get();
        }),
      ),
    );
    assert.equal(await seen, "r-7");
  });
});
