/** What goes wrong in the clean-up of calls that were told to stop. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { InlineExecutor, ProcessPoolExecutor, ThreadPoolExecutor } from "../futures/index.ts";
import { Channel } from "../queues/index.ts";
import { checkpoint, moveOnAfter, shield, SingleFlight, sleep, taskGroup, withTimeout } from "./index.ts";

type Pool = InlineExecutor | ThreadPoolExecutor;

const pools: readonly [string, () => Pool][] = [
  ["on the event loop", () => new InlineExecutor()],
  ["in a worker", () => new ThreadPoolExecutor({ maxWorkers: 1, concurrencyPerWorker: 2 })],
];

const isCleanUp = (error: unknown): boolean => {
  assert.ok(error instanceof RangeError, String(error));
  assert.equal(error.message, "half a file left");
  assert.match(error.stack!, /clean-up\.threads\.test/);
  return true;
};

const fail = (): never => {
  throw new RangeError("half a file left");
};

for (const [place, make] of pools) {
  describe(`an error in the clean-up of a call ${place}`, () => {
    /** Makes a call that cleans up badly when it is told to stop, and resolves when it runs. */
    const begin = async (pool: Pool, name = "download"): Promise<void> => {
      const begun = new Channel<number>(1);
      void pool.with({ name }).submit(async () => {
        begun.trySend(1);
        try {
          await sleep(Infinity);
        } finally {
          // oxlint-disable-next-line no-unsafe-finally -- as clean-up fails
          throw new RangeError("half a file left");
        }
      });
      await shield(() => begun.receive());
    };

    test("is thrown by the group that was cancelled, by itself or from outside", async () => {
      await using pool = make();
      const own = taskGroup(async (group) => {
        await begin(pool);
        group.cancel("stop");
      });
      await assert.rejects(own, isCleanUp);
      const outside = new AbortController();
      const stopped = taskGroup(
        async (group) => {
          const begun = Promise.withResolvers<void>();
          group.spawn(async () => {
            await begin(pool);
            begun.resolve();
            await sleep(Infinity);
          });
          await begin(pool);
          await begun.promise;
          outside.abort("stop");
        },
        { signal: outside.signal },
      );
      await assert.rejects(stopped, (error: AggregateError) => {
        assert.equal(error.errors.length, 2);
        for (const each of error.errors) isCleanUp(each);
        return true;
      });
    });

    test("arrives with what has failed before, each under its name", async () => {
      await using pool = make();
      const failing = taskGroup(async (group) => {
        await begin(pool);
        group.spawn(() => Promise.reject(new Error("no")), { name: "upload" });
        await sleep(Infinity);
      });
      await assert.rejects(failing, (error: AggregateError) => {
        assert.match(error.message, /"upload": Error: no; "download": RangeError: half a file left/);
        isCleanUp(error.errors[1]);
        return true;
      });
    });

    test("of a task is a failure of that task's group, though the task is cancelled", async () => {
      await using pool = make();
      const states: string[] = [];
      const failing = taskGroup(async (group) => {
        const begun = Promise.withResolvers<void>();
        const task = group.spawn(async () => {
          await begin(pool);
          begun.resolve();
          await sleep(Infinity);
        });
        task.addDoneCallback(({ state }) => states.push(state));
        await begun.promise;
        task.cancel("stop");
        await sleep(Infinity);
      });
      await assert.rejects(failing, isCleanUp);
      assert.deepEqual(states, ["cancelled"]);
    });

    test("goes through deadlines and shared runs", async () => {
      await using pool = make();
      const flights = new SingleFlight<string, void>();
      const ways: readonly ((waits: () => Promise<void>) => Promise<unknown>)[] = [
        (waits) => withTimeout(60_000, waits),
        (waits) => moveOnAfter(60_000, waits),
        (waits) => flights.run("key", waits),
      ];
      for (const way of ways) {
        const failing = taskGroup(async (group) => {
          const begun = Promise.withResolvers<void>();
          group.spawn(() =>
            way(async () => {
              await begin(pool);
              begun.resolve();
              await sleep(Infinity);
            }),
          );
          await begun.promise;
          group.cancel("stop");
        });
        await assert.rejects(failing, isCleanUp);
      }
    });

    test("beside an error of a body with a deadline arrives with that", async () => {
      await using pool = make();
      const failing = withTimeout(60_000, async () => {
        await begin(pool);
        throw new Error("no");
      });
      await assert.rejects(failing, (error: AggregateError) => {
        assert.match(error.message, /its body: Error: no; "download": RangeError: half a file left/);
        return true;
      });
    });

    test("is one of several errors if nobody has asked yet for another call that failed", async () => {
      await using pool = make();
      const fail = (name: string): never => {
        throw new Error(name);
      };
      const failing = taskGroup(async () => {
        const calls = ["one", "two", "three"].map((name) => pool.with({ name }).submit(fail, name));
        while (!calls.every(({ done }) => done)) await checkpoint();
        await calls[1]!.exception();
        await calls[0];
      });
      await assert.rejects(failing, (error: AggregateError) => {
        assert.match(error.message, /2 of its tasks failed \(its body: Error: one; "three": Error: three\)/);
        return true;
      });
    });

    test("of an item of a map arrives as well", async () => {
      await using pool = make();
      const begun = new Channel<number>(2);
      const failing = taskGroup(async (group) => {
        const download = async (n: number): Promise<void> => {
          begun.trySend(n);
          await sleep(Infinity).catch((reason: unknown) => {
            throw n === 1 ? new RangeError("half a file left") : reason;
          });
        };
        void pool.map(download, [1, 2], { chunkSize: 1 }).toArray();
        await begun.receive();
        await begun.receive();
        group.cancel("stop");
      });
      await assert.rejects(failing, isCleanUp);
    });

    test("of an item of a map that collects arrives, though others were to follow in its call", async () => {
      await using pool = make();
      const ways: readonly [first: () => void, then: (reason: unknown) => unknown][] = [
        // The first item fails by itself, and the second one only says that it was told to stop.
        [fail, (reason) => reason],
        // The first one is good, and the second one fails as it cleans up.
        [() => {}, () => new RangeError("half a file left")],
      ];
      for (const [first, then] of ways) {
        const begun = new Channel<number>(1);
        const failing = taskGroup(async (group) => {
          const download = async (n: number): Promise<void> => {
            if (n === 1) return first();
            begun.trySend(n);
            await sleep(Infinity).catch((reason: unknown) => {
              throw then(reason);
            });
          };
          void pool.map(download, [1, 2, 3], { chunkSize: 3, onError: "collect" }).toArray();
          assert.equal(await begun.receive(), 2);
          group.cancel("stop");
        });
        await assert.rejects(failing, isCleanUp);
      }
    });

    test("is no error if it only says that the call was told to stop", async () => {
      await using pool = make();
      const begun = new Channel<number>(1);
      await taskGroup(async (group) => {
        void pool.submit(async () => {
          begun.trySend(1);
          await sleep(Infinity);
        });
        await begun.receive();
        group.cancel("stop");
      });
    });
  });
}

test("an error in the clean-up of a call is thrown in place of the deadline that stopped it", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  await using executor = new InlineExecutor();
  for (const limit of [withTimeout, moveOnAfter]) {
    const failing = limit(60_000, async () => {
      void executor.submit(async () => {
        await sleep(Infinity).catch(() => {
          throw new RangeError("half a file left");
        });
      });
      await sleep(Infinity);
    });
    await new Promise((resolve) => setImmediate(resolve));
    context.mock.timers.tick(60_000);
    await assert.rejects(failing, isCleanUp);
  }
});

test("an error in the clean-up of a call in a process arrives as well", async () => {
  await using pool = new ProcessPoolExecutor({ maxWorkers: 1 });
  const failing = taskGroup(async (group) => {
    const running = pool.submit(async () => {
      await sleep(Infinity).catch(() => {
        throw new RangeError("half a file left");
      });
    });
    while (!running.running) await sleep(1);
    group.cancel("stop");
  });
  await assert.rejects(failing, isCleanUp);
});
