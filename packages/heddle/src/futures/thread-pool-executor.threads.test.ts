import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { until } from "../heap/fixtures/until.ts";
import { TimeoutError } from "#heap";
import { NotLoadedError, transfer, WireError } from "../wire/index.ts";
import { BrokenExecutorError, ExecutorShutdownError, QueueFullError } from "./errors.ts";
import { ThreadPoolExecutor } from "./thread-pool-executor.ts";

const add = (a: number, b: number): number => a + b;
const endless = (): never => {
  for (;;);
};

/** A flag in shared memory that tasks set and tests wait for. */
class Flag {
  readonly words = new Int32Array(new SharedArrayBuffer(8));
  async isSet(): Promise<void> {
    while (this.words[0] === 0) await new Promise(setImmediate);
  }
}
const setAndSpin = (words: Int32Array): never => {
  words[0] = 1;
  for (;;);
};
/** Sets word 0, and ends when the test sets word 1. */
const setAndHold = async (words: Int32Array): Promise<void> => {
  words[0] = 1;
  while (words[1] === 0) await new Promise(setImmediate);
};

describe("ThreadPoolExecutor.submit()", () => {
  test("gives the result of a call on a thread", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    assert.equal(await pool.submit(add, 1, 2), 3);
    assert.equal(await pool.submit(async (x: number) => x * 2, 4), 8);
  });

  test("keeps results apart when thousands of calls are under way", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const futures = Array.from({ length: 20_000 }, (_, i) => pool.submit(add, i, 1));
    const results = await Promise.all(futures);
    assert(results.every((result, i) => result === i + 1));
    const { fulfilled, queued, running } = pool.statistics();
    assert.deepEqual({ fulfilled, queued, running }, { fulfilled: 20_000, queued: 0, running: 0 });
  });

  test("runs every body exactly once", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const counts = new Int32Array(new SharedArrayBuffer(4 * 5000));
    const count = (words: Int32Array, i: number): void => void words[i]!++;
    await Promise.all(Array.from({ length: 5000 }, (_, i) => pool.submit(count, counts, i)));
    assert(counts.every((n) => n === 1));
  });

  test("runs a body once that throws what a module still loading is told by", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const runs = new Int32Array(new SharedArrayBuffer(4));
    const failing = (words: Int32Array): never => {
      words[0]!++;
      throw new NotLoadedError(Promise.resolve());
    };
    await assert.rejects(pool.submit(failing, runs), NotLoadedError);
    assert.equal(runs[0], 1);
  });

  test("rejects with the error of the function: its class, its message, the stack of the worker and the caller's", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const failing = (n: number): never => {
      throw new RangeError(`bad ${n}`);
    };
    await assert.rejects(pool.submit(failing, 3), (error) => {
      assert(error instanceof RangeError);
      assert.equal(error.message, "bad 3");
      assert.match(error.stack!, /failing/);
      assert.match(error.stack!, /first submitted[^]*thread-pool-executor\.threads\.test/);
      return true;
    });
  });

  test("rejects with thrown things that are no errors", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    for (const thrown of ["text", 0, null, undefined, { code: 7 }]) {
      const future = pool.submit((value: unknown) => {
        throw value;
      }, thrown);
      assert.deepEqual(await future.exception(), thrown);
      assert.equal(future.state, "rejected");
    }
  });

  test("fails one call for an argument or a result that cannot travel, and names the path", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const identity = (x: unknown): unknown => x;
    await assert.rejects(pool.submit(identity, { items: [1, { map: new WeakMap() }] }), (error) => {
      assert(error instanceof WireError);
      assert.equal(error.path, "args[0].items[1].map");
      return true;
    });
    await assert.rejects(
      pool.submit(() => ({ deep: [new WeakMap()] })),
      (error) => {
        assert(error instanceof WireError);
        assert.equal(error.path, "result.deep[0]");
        return true;
      },
    );
    assert.equal(await pool.submit(add, 1, 1), 2);
  });

  test("fails one call, and no worker, for what cannot travel and throws what cannot when it is looked at", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const id = async (): Promise<number> => (await import("node:worker_threads")).threadId;
    const worker = await pool.submit(id);
    const bodies: (() => unknown)[] = [
      () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        throw proxy;
      },
      () => ({
        get field() {
          throw Symbol("mine");
        },
      }),
      () =>
        new Proxy(
          {},
          {
            getPrototypeOf: () => {
              throw Symbol("mine");
            },
          },
        ),
      () => {
        throw {
          get field() {
            throw new WeakMap();
          },
        };
      },
    ];
    for (const body of bodies) await assert.rejects(pool.submit(body), WireError);
    assert.equal(await pool.submit(id), worker);
  });

  test("copies a buffer, or moves it when told to, there and back", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const fill = (buffer: ArrayBuffer, value: number): Uint8Array => new Uint8Array(buffer).fill(value);
    const copied = new ArrayBuffer(1 << 20);
    assert.equal((await pool.submit(fill, copied, 7)).at(-1), 7);
    assert.equal(copied.byteLength, 1 << 20);
    const moved = new ArrayBuffer(1 << 20);
    const future = pool.submit(fill, transfer(moved), 8);
    assert.equal(moved.byteLength, 0);
    assert.equal((await future).at(-1), 8);
  });

  test("moves one buffer after another, at whatever moment its worker is about to idle", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const length = (buffer: ArrayBuffer): number => buffer.byteLength;
    for (let i = 1; i <= 300; i++) assert.equal(await pool.submit(length, transfer(new ArrayBuffer(i))), i);
    const futures = Array.from({ length: 300 }, (_, i) => pool.submit(length, transfer(new ArrayBuffer(i))));
    assert.deepEqual(
      await Promise.all(futures),
      futures.map((_, i) => i),
    );
  });

  test("shares shared memory", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const words = new Int32Array(new SharedArrayBuffer(8));
    await pool.submit((shared: Int32Array) => void (shared[1] = 9), words);
    assert.equal(words[1], 9);
  });

  test("refuses what is no function at once", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    assert.throws(() => pool.submit(5 as never), /not a function/);
    assert.throws(() => pool.map("x" as never, []), /not a function/);
    await assert.rejects(pool.broadcast(null as never), /not a function/);
  });

  test("starts workers when there is work for them, and no more than it may", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 3 });
    assert.equal(pool.statistics().workers, 0);
    for (let i = 0; i < 3; i++) await pool.submit(add, i, 1);
    assert.equal(pool.statistics().workers, 1);
    const flag = new Flag();
    const held = Array.from({ length: 20 }, () => pool.submit(setAndHold, flag.words));
    assert.equal(pool.statistics().workers, 3);
    flag.words[1] = 1;
    await Promise.all(held);
  });

  test("lets as many asynchronous calls overlap in a worker as it was told", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1, concurrencyPerWorker: 10 });
    const counter = new Int32Array(new SharedArrayBuffer(4));
    const meet = async (words: Int32Array): Promise<number> => {
      words[0]!++;
      while (words[0]! < 10) await new Promise(setImmediate);
      return words[0]!;
    };
    const results = await Promise.all(Array.from({ length: 10 }, () => pool.submit(meet, counter)));
    assert.deepEqual(results, Array(10).fill(10));
  });

  test("serves the timers of an idle worker, and of one that has always work", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const flag = new Flag();
    await pool.submit((words: Int32Array) => void setTimeout(() => (words[0] = 1), 5), flag.words);
    await flag.isSet();
    const busy = new Flag();
    await pool.submit((words: Int32Array) => void setTimeout(() => (words[0] = 1), 5), busy.words);
    while (busy.words[0] === 0) await Promise.all(Array.from({ length: 100 }, () => pool.submit(add, 1, 1)));
  });
});

describe("Cancelling and limiting", () => {
  test("a cancelled queued call never runs, and its neighbours do", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const flag = new Flag();
    const ran = new Int32Array(new SharedArrayBuffer(8));
    const mark = (words: Int32Array, place: number): void => void (words[place] = 1);
    const holding = pool.submit(setAndHold, flag.words);
    await flag.isSet();
    const cancelled = pool.submit(mark, ran, 0);
    const kept = pool.submit(mark, ran, 1);
    assert.equal(cancelled.state, "pending");
    assert.equal(cancelled.cancel("why"), true);
    assert.equal(cancelled.state, "cancelled");
    flag.words[1] = 1;
    await holding;
    await kept;
    await assert.rejects(cancelled.result(), (reason) => reason === "why");
    assert.deepEqual([...ran], [0, 1]);
    assert.equal(pool.statistics().cancelled, 1);
  });

  test("a running call is left alone without a grace, and its worker replaced past one", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const flag = new Flag();
    const future = pool.submit(setAndSpin, flag.words);
    await flag.isSet();
    assert.equal(future.state, "running");
    assert.equal(future.cancel(), false);
    assert.equal(future.cancel(undefined, { graceMs: 0 }), true);
    await assert.rejects(future.result(), { name: "AbortError" });
    assert.equal(await pool.submit(add, 1, 2), 3);
  });

  test("a call that runs too long fails with TimeoutError that names it; those queued behind it run", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const slow = pool.with({ timeoutMs: 20, graceMs: 0, name: "patience" }).submit(endless);
    const behind = pool.submit(add, 1, 2);
    await assert.rejects(slow.result(), (error) => {
      assert(error instanceof TimeoutError);
      assert.match(error.message, /patience/);
      return true;
    });
    assert.equal(await behind, 3);
  });

  test("the limit counts from the start of the run, not from the call", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const flag = new Flag();
    const holding = pool.submit(setAndHold, flag.words);
    await flag.isSet();
    const queued = pool.with({ timeoutMs: 15 }).submit(add, 1, 2);
    await new Promise<void>((resolve) => setTimeout(resolve, 40));
    flag.words[1] = 1;
    assert.equal(await queued, 3);
    await holding;
  });

  test("a signal cancels what is queued, and ends the wait for what runs", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const flag = new Flag();
    const controller = new AbortController();
    const limited = pool.with({ signal: controller.signal });
    const running = limited.submit(setAndHold, flag.words);
    const queued = limited.submit(add, 1, 2);
    await flag.isSet();
    controller.abort("why");
    await assert.rejects(running.result(), (reason) => reason === "why");
    await assert.rejects(queued.result(), (reason) => reason === "why");
    await assert.rejects(limited.submit(add, 1, 2).result(), (reason) => reason === "why");
    flag.words[1] = 1;
    assert.equal(await pool.submit(add, 1, 2), 3);
  });

  test("refuses more than maxQueued calls", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1, maxQueued: 2 });
    const flag = new Flag();
    const holding = pool.submit(setAndHold, flag.words);
    await flag.isSet();
    const queued = [pool.submit(add, 1, 1), pool.submit(add, 2, 2)];
    assert.throws(() => pool.submit(add, 3, 3), QueueFullError);
    flag.words[1] = 1;
    assert.deepEqual(await Promise.all(queued), [2, 4]);
    await holding;
  });
});

describe("A worker that ends", () => {
  test("fails the call it ran, says which task and worker, and is replaced", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1, name: "mine" });
    const leave = (): never => process.exit(3);
    const broken = pool.submit(leave);
    const behind = pool.submit(add, 1, 2);
    await assert.rejects(broken, (error) => {
      assert(error instanceof BrokenExecutorError);
      assert.equal(error.task, "leave");
      assert.equal(error.worker, "mine-1");
      assert.equal(error.exitCode, 3);
      return true;
    });
    assert.equal(await behind, 3);
    assert.equal(await pool.submit(add, 3, 4), 7);
  });

  test("by an uncaught error fails the call it ran with that error as the cause", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const broken = pool.submit(() => {
      setImmediate(() => {
        throw new RangeError("in a timer");
      });
      return new Promise(() => {});
    });
    await assert.rejects(broken, (error) => {
      assert(error instanceof BrokenExecutorError);
      assert.match((error.cause as Error).message, /in a timer/);
      return true;
    });
    assert.equal(await pool.submit(add, 1, 2), 3);
  });

  test("is replaced for the broadcasts that it had not begun, also where the others could do all the rest", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    await pool.broadcast(() => 1);
    const words = new Int32Array(new SharedArrayBuffer(4));
    const stuck = pool.submit((begun: Int32Array) => {
      begun[0] = 1;
      for (;;);
    }, words);
    await until(() => words[0] === 1);
    const threads = pool.broadcast(async () => (await import("node:worker_threads")).threadId);
    await until(() => pool.statistics().fulfilled === 3);
    stuck.cancel(new Error("enough"), { graceMs: 0 });
    await assert.rejects(stuck, { message: "enough" });
    assert.equal(new Set(await threads).size, 2);
    assert.equal(pool.statistics().workers, 2);
  });

  test("leaves the broadcasts that it had not begun to the one that replaces it", async () => {
    const leave = (): never => process.exit(1);
    for (const maxWorkers of [1, 2]) {
      await using pool = new ThreadPoolExecutor({
        maxWorkers,
        initializer: () => void Object.assign(globalThis, { prepared: 42 }),
      });
      const runs = new Int32Array(new SharedArrayBuffer(4 * 50));
      const count = (words: Int32Array, place: number): number => {
        words[place]!++;
        return (globalThis as { prepared?: number }).prepared!;
      };
      const broken = Array.from({ length: 4 }, () => pool.submit(leave).exception());
      const broadcasts = Array.from(runs, (_, place) => pool.broadcast(count, runs, place));
      for (const answers of await Promise.all(broadcasts))
        assert.deepEqual(answers, Array(maxWorkers).fill(42));
      for (const error of await Promise.all(broken)) assert(error instanceof BrokenExecutorError);
      if (maxWorkers === 1) assert(runs.every((n) => n === 1));
    }
  });

  test("while idle is replaced when there is work again", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    await pool.submit(() => void setImmediate(() => process.exit(0)));
    while (pool.statistics().workers > 0) await new Promise(setImmediate);
    assert.equal(await pool.submit(add, 1, 2), 3);
  });

  test("again and again loses and repeats nothing", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const counts = new Int32Array(new SharedArrayBuffer(4 * 300));
    const work = (words: Int32Array, i: number): number => {
      words[i]!++;
      if (i % 29 === 7) process.exit(1);
      return i;
    };
    const outcomes = await Promise.allSettled(
      Array.from({ length: 300 }, (_, i) => pool.submit(work, counts, i)),
    );
    for (const [i, outcome] of outcomes.entries()) {
      if (i % 29 === 7) assert.equal(outcome.status, "rejected");
      else assert.deepEqual(outcome, { status: "fulfilled", value: i });
    }
    assert(counts.every((count) => count === 1));
  });
});

describe("What ends, ends alone", () => {
  const block = (milliseconds: number): void => {
    const end = performance.now() + milliseconds;
    while (performance.now() < end);
  };

  test("cancelling a call that has finished leaves its worker, and what runs there now, alone", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const flag = new Flag();
    await pool.submit(add, 1, 1);
    const first = pool.submit(add, 1, 2);
    const second = pool.submit(setAndHold, flag.words);
    // The event loop does not turn: the first result is there, and nobody has taken it.
    while (flag.words[0] === 0) block(1);
    assert.equal(first.cancel("late", { graceMs: 0 }), false);
    flag.words[1] = 1;
    assert.equal(await first, 3);
    await second;
  });

  test("an aborted call that never ends is stopped by cancel(), and its worker replaced", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const flag = new Flag();
    const controller = new AbortController();
    const future = pool.with({ signal: controller.signal }).submit(setAndSpin, flag.words);
    await flag.isSet();
    controller.abort("why");
    await assert.rejects(future.result(), (reason) => reason === "why");
    assert.equal(future.cancel("stop", { graceMs: 0 }), true);
    assert.equal(await pool.submit(add, 1, 2), 3);
  });

  test("an aborted call that never ends is stopped after a second, and does not hold up those behind it", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const flag = new Flag();
    const controller = new AbortController();
    const future = pool.with({ signal: controller.signal }).submit(setAndSpin, flag.words);
    await flag.isSet();
    controller.abort("why");
    assert.equal(await pool.submit(add, 1, 2), 3);
    assert.equal(future.state, "cancelled");
  });

  test("shutdown() does not wait for an aborted call that never ends", async () => {
    const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const flag = new Flag();
    const controller = new AbortController();
    const future = pool.with({ signal: controller.signal }).submit(setAndSpin, flag.words);
    await flag.isSet();
    controller.abort("why");
    await pool.shutdown();
    assert.equal(future.state, "cancelled");
  });

  test("calls with moved buffers survive the end of workers that had not begun them", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const outcomes: Promise<unknown>[] = [];
    for (let i = 0; i < 20; i++) {
      pool.submit(() => process.exit(1)).catch(() => {});
      outcomes.push(
        pool.submit((buffer: ArrayBuffer) => buffer.byteLength, transfer(new ArrayBuffer(i))).result(),
      );
    }
    assert.deepEqual(
      await Promise.all(outcomes),
      outcomes.map((_, i) => i),
    );
  });

  test("results with moved buffers survive the end of the worker that gave them", async () => {
    for (let round = 0; round < 10; round++) {
      await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
      const results = [1, 2, 3, 4].map((n) =>
        pool.submit((size: number) => transfer(new ArrayBuffer(size)), n),
      );
      pool.submit(() => process.exit(0)).catch(() => {});
      const sizes = (await Promise.all(results)).map((buffer) => buffer.byteLength);
      assert.deepEqual(sizes, [1, 2, 3, 4]);
    }
  });

  test("cancelling calls that are held leaves the others to whichever worker is free", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const [long, short] = [new Flag(), new Flag()];
    const holding = [pool.submit(setAndHold, long.words), pool.submit(setAndHold, short.words)];
    await long.isSet();
    await short.isSet();
    const moved = [1, 2, 3, 4].map((n) =>
      pool.submit((buffer: ArrayBuffer) => buffer.byteLength, transfer(new ArrayBuffer(n))),
    );
    assert.equal(moved[2]!.cancel(), true);
    assert.equal(moved[3]!.cancel(), true);
    short.words[1] = 1;
    assert.deepEqual(await Promise.all([moved[0], moved[1]]), [1, 2]);
    long.words[1] = 1;
    await Promise.all(holding);
  });

  test("a result whose then cannot be read fails its call, not its worker", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1, name: "mine" });
    const awkward = pool.submit(() =>
      // oxlint-disable-next-line unicorn/no-thenable -- the point of the test
      Object.defineProperty({}, "then", {
        get() {
          throw new RangeError("no then");
        },
      }),
    );
    await assert.rejects(awkward.result(), /no then/);
    assert.equal(await pool.submit(add, 1, 2), 3);
  });
});

describe("A pool", () => {
  test("with an initializer that throws undefined, or fails under a broadcast, fails every call and shuts down", async () => {
    for (const thrown of [undefined, new Error("no licence")]) {
      const pool = new ThreadPoolExecutor({
        maxWorkers: 2,
        initializer: () => {
          throw thrown;
        },
      });
      const outcomes = await Promise.allSettled([
        pool.broadcast(() => 1),
        pool.submit(() => 2),
        pool.submit(() => 3),
      ]);
      for (const outcome of outcomes) {
        assert.equal(outcome.status, "rejected");
        assert(outcome.reason instanceof BrokenExecutorError);
      }
      await pool.shutdown();
      assert.equal(pool.statistics().queued, 0);
    }
  });

  test("finishes a map that was begun before shutdown(), and begins none after", async () => {
    const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const results = pool.map((x: number) => x * 2, [1, 2, 3, 4, 5, 6, 7, 8], { chunkSize: 1 });
    await pool.shutdown();
    assert.deepEqual(await results.toArray(), [2, 4, 6, 8, 10, 12, 14, 16]);
    assert.throws(() => pool.map((x: number) => x, [1]), ExecutorShutdownError);
    await assert.rejects(
      pool.broadcast(() => 1),
      ExecutorShutdownError,
    );
  });

  test("names the function of a map in its errors, and the item", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const leave = (x: number): number => (x === 2 ? process.exit(4) : x);
    await assert.rejects(pool.map(leave, [1, 2], { chunkSize: 1 }).toArray(), /task leave/);
    await assert.rejects(pool.map((x: unknown) => x, [1, { deep: new WeakMap() }]).toArray(), (error) => {
      assert(error instanceof WireError);
      assert.equal(error.path, "items[1].deep");
      assert.match(error.message, /items\[1\]\.deep/);
      return true;
    });
  });

  test("runs its initializer in every worker before anything else", async () => {
    const initializer = async (): Promise<void> => {
      await new Promise(setImmediate);
      (globalThis as { prepared?: number }).prepared = 42;
    };
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2, initializer });
    const prepared = (): unknown => (globalThis as { prepared?: number }).prepared;
    assert.deepEqual(await pool.broadcast(prepared), [42, 42]);
    assert.deepEqual(
      await Promise.all(Array.from({ length: 50 }, () => pool.submit(prepared))),
      Array(50).fill(42),
    );
  });

  test("takes an initializer that gives what cannot travel", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1, initializer: () => import("node:path") });
    assert.equal(await pool.submit(add, 1, 2), 3);
    await using later = new ThreadPoolExecutor({ maxWorkers: 1, initializer: () => new WeakMap() });
    assert.equal(await later.submit(add, 1, 2), 3);
  });

  test("fails every call when its initializer fails, and says why", async () => {
    await using pool = new ThreadPoolExecutor({
      maxWorkers: 1,
      initializer: () => {
        throw new RangeError("no licence");
      },
    });
    const future = pool.submit(add, 1, 2);
    await assert.rejects(future, (error) => {
      assert(error instanceof BrokenExecutorError);
      assert(error.cause instanceof RangeError);
      return true;
    });
    assert.throws(() => pool.submit(add, 1, 2), BrokenExecutorError);
  });

  test("broadcasts to every worker once", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 3 });
    const ids = await pool.broadcast(async () => (await import("node:worker_threads")).threadId);
    assert.equal(new Set(ids).size, 3);
  });

  test("shutdown() finishes what was submitted, ends the workers, and refuses more", async () => {
    const pool = new ThreadPoolExecutor({ maxWorkers: 2, name: "mine" });
    const futures = Array.from({ length: 100 }, (_, i) => pool.submit(add, i, 1));
    await pool.shutdown();
    assert(futures.every((future) => future.state === "fulfilled"));
    assert.equal(pool.statistics().workers, 0);
    assert.throws(() => pool.submit(add, 1, 2), ExecutorShutdownError);
    await pool.shutdown();
  });

  test("shutdown({ cancelPending }) finishes what runs, and cancels the rest", async () => {
    const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const flag = new Flag();
    const running = pool.submit(setAndHold, flag.words);
    await flag.isSet();
    const queued = Array.from({ length: 50 }, () => pool.submit(add, 1, 2));
    const gone = pool.shutdown({ cancelPending: true });
    assert(queued.every((future) => future.state === "cancelled"));
    flag.words[1] = 1;
    await gone;
    assert.equal(running.state, "fulfilled");
  });

  test("shutdown({ wait: false }) returns at once, and runs what was submitted", async () => {
    const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const future = pool.submit(add, 1, 2);
    await pool.shutdown({ wait: false });
    assert.equal(future.done, false);
    assert.equal(await future, 3);
  });

  test("gives its memory back", async () => {
    const { threadHeap } = await import("#heap");
    const round = async (): Promise<void> => {
      await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
      await Promise.all(Array.from({ length: 100 }, () => pool.submit((n: number) => "x".repeat(n), 10_000)));
    };
    await round();
    await round();
    const size = threadHeap().bytes.length;
    for (let i = 0; i < 5; i++) await round();
    assert.equal(threadHeap().bytes.length, size);
  });

  test("refuses bad options, naming them", () => {
    assert.throws(() => new ThreadPoolExecutor({ maxWorkers: 0 }), /maxWorkers/);
    assert.throws(() => new ThreadPoolExecutor({ maxWorkers: 1.5 }), /maxWorkers/);
    assert.throws(() => new ThreadPoolExecutor({ minWorkers: 5, maxWorkers: 2 }), /minWorkers/);
    assert.throws(() => new ThreadPoolExecutor({ initializer: 5 as never }), /initializer/);
    assert.throws(() => new ThreadPoolExecutor({ threads: 2 } as never), /threads/);
    for (const nonsense of [null, 5, "x", []]) {
      assert.throws(() => new ThreadPoolExecutor(nonsense as never), /not an object of options/);
      assert.throws(() => new ThreadPoolExecutor().with(nonsense as never), /not an object of options/);
      assert.throws(() => new ThreadPoolExecutor().shutdown(nonsense as never), /not an object of options/);
    }
    assert.throws(() => new ThreadPoolExecutor().with({ colour: 2 } as never), /colour/);
  });
});

describe("map() on threads", () => {
  test("gives a million results in order", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const items = Float64Array.from({ length: 1_000_000 }, (_, i) => i);
    const results = await pool.map((x) => x + 0.5, items).toArray();
    assert.equal(results.length, items.length);
    assert(results.every((result, i) => result === i + 0.5));
  });

  test("fails the item that cannot travel there or back, and only that one", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const there = pool.map((x: unknown) => typeof x, [1, new WeakMap(), 3], {
      chunkSize: 3,
      onError: "collect",
    });
    await assert.rejects(there.toArray(), AggregateError);
    assert.deepEqual(there.progress, { done: 2, failed: 1, total: 3 });
    const back = pool.map((x: number) => (x === 2 ? new WeakMap() : x), [1, 2, 3], {
      chunkSize: 3,
      onError: "collect",
    });
    const seen: unknown[] = [];
    await assert.rejects(async () => {
      for await (const x of back) seen.push(x);
    }, AggregateError);
    assert.deepEqual(seen, [1, 3]);
  });

  test("fails the item that throws what cannot travel, itself or when its result is looked at, and only that one", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const results = pool.map(
      (x: number) => {
        if (x === 2) throw Symbol("mine");
        return x === 3
          ? {
              get field() {
                throw Symbol("mine");
              },
            }
          : x;
      },
      [1, 2, 3, 4],
      { chunkSize: 4, onError: "collect" },
    );
    const seen: unknown[] = [];
    await assert.rejects(
      async () => {
        for await (const x of results) seen.push(x);
      },
      ({ errors }: AggregateError) => errors.every((error) => error instanceof WireError),
    );
    assert.deepEqual([seen, results.progress.failed], [[1, 4], 2]);
  });

  test("leaving the loop cancels the rest", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const ran = new Int32Array(new SharedArrayBuffer(4));
    const count = (words: Int32Array): void => void words[0]!++;
    const items = Array.from({ length: 1000 }, () => ran);
    for await (const _ of pool.map(count, items, { chunkSize: 1 })) break;
    await pool.shutdown();
    assert(ran[0]! < 1000);
  });
});

describe("A program", () => {
  const run = (body: string): { status: number | null; stdout: string; stderr: string } => {
    const module = JSON.stringify(new URL("./index.ts", import.meta.url).href);
    return spawnSync(
      process.execPath,
      [
        "--conditions=@heddle/source",
        "--input-type=module",
        "--eval",
        `import { ThreadPoolExecutor, toThread } from ${module};\n${body}`,
      ],
      { encoding: "utf8", timeout: 60_000 },
    );
  };

  test("whose work is done exits by itself, without shutdown", () => {
    const { status, stdout, stderr } = run(`
      const pool = new ThreadPoolExecutor({ maxWorkers: 2 });
      console.log(await pool.submit((a, b) => a + b, 1, 2), await toThread((x) => x, 4));
    `);
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "3 4\n", stderr: "" });
  });

  test("that waits for a call stays until it is there, and what was submitted runs even if nobody waits", () => {
    const { status, stdout, stderr } = run(`
      const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
      const slow = () => new Promise((resolve) => setTimeout(resolve, 60, "slow"));
      pool.submit(slow).addDoneCallback((future) => console.log(future.state));
      pool.submit(() => 1);
      await pool.shutdown({ wait: false });
    `);
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: "fulfilled\n", stderr: "" });
  });

  test("gets what its workers print", () => {
    const { status, stdout } = run(`
      await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
      await pool.submit(() => { for (let i = 0; i < 100; i++) console.log("line", i); });
    `);
    assert.equal(status, 0);
    assert.equal(stdout.trim().split("\n").length, 100);
  });
});
