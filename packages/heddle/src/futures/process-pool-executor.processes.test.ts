/** {@link ProcessPoolExecutor}: that it is an executor like the others, and what its workers can do and it survives. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { after, describe, test } from "node:test";
import { TimeoutError } from "#heap";
import { heapFor, program } from "../heap/fixtures/processes.ts";
import { transfer } from "../wire/index.ts";
import { Queue } from "../queues/index.ts";
import { ContextVar } from "../scopes/index.ts";
import { checkpoint, sleep } from "../tasks/index.ts";
import { Lock } from "../sync/index.ts";
import { BrokenExecutorError, ExecutorShutdownError } from "./errors.ts";
import { ProcessPoolExecutor } from "./process-pool-executor.ts";

const from = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);

/** An error whose fields have to arrive. */
class Spoilt extends RangeError {
  readonly weight = 7;
}

describe("ProcessPoolExecutor", () => {
  const pool = new ProcessPoolExecutor({ maxWorkers: 2, name: "loom" });
  after(() => pool.shutdown());

  test("runs functions in other processes, with what they capture, call and import", async () => {
    const path = await import("node:path");
    const base = 40;
    const plus = (n: number): number => n + base;
    const [pid, sum, name] = await pool.submit(
      (n: number, file: string) => [process.pid, plus(n), path.basename(file)] as const,
      2,
      "/a/b.ts",
    );
    assert.notEqual(pid, process.pid);
    assert.deepEqual([sum, name], [42, "b.ts"]);
  });

  test("maps over many items, in order", async () => {
    const squares = await pool.map((n: number) => n * n, Array(1000).keys()).toArray();
    assert.deepEqual(
      squares,
      Array.from({ length: 1000 }, (_, n) => n * n),
    );
  });

  test("carries records that come often, whose keys are named by number then, both ways", async () => {
    const records = Array.from({ length: 400 }, (_, id) => ({
      id,
      place: { east: id / 3, north: -id },
      tags: ["a"],
    }));
    const back = await pool
      .map((record: (typeof records)[0]) => ({ ...record, seen: true }), records)
      .toArray();
    assert.deepEqual(
      back,
      records.map((record) => ({ ...record, seen: true })),
    );
    assert.deepEqual(
      await pool.submit((all: typeof records) => all.toReversed(), records),
      records.toReversed(),
    );
  });

  test("runs a call once on every worker", async () => {
    const pids = await pool.broadcast(() => process.pid);
    assert.equal(new Set(pids).size, 2);
  });

  test("carries big values both ways by shared memory", async () => {
    const values = new Float64Array(2 ** 21).map((_, i) => i);
    const doubled = await pool.submit((given: Float64Array) => given.map((n) => 2 * n), values);
    assert.deepEqual([doubled.length, doubled.at(-1), values.length], [2 ** 21, 2 ** 22 - 2, 2 ** 21]);
    const text = "warp ".repeat(2 ** 20);
    assert.equal(await pool.submit((given: string) => given.length, text), text.length);
  });

  test("keeps many asynchronous calls and streams going in one worker, each under its name", async () => {
    await using one = new ProcessPoolExecutor({ maxWorkers: 1, concurrencyPerWorker: 40 });
    const meet = async (count: number): Promise<number> => {
      const here = globalThis as { met?: number };
      here.met = (here.met ?? 0) + 1;
      while (here.met < count) await sleep(1);
      return here.met;
    };
    const names = Array.from({ length: 20 }, (_, i) => `call ${i}`);
    const met = names.map((name) => one.with({ name }).submit(meet, 20));
    assert.deepEqual(await Promise.all(met), new Array(20).fill(20));

    const values = async function* (n: number): AsyncGenerator<number> {
      yield n;
      await checkpoint();
      yield n + 1;
    };
    const streams = await Promise.all(names.map((name, n) => one.with({ name }).submit(values, n)));
    const firsts = await Promise.all(streams.map((stream) => stream.next()));
    assert.deepEqual(
      firsts,
      names.map((_, n) => ({ done: false, value: n })),
    );
    const rest = await Promise.all(streams.map((stream) => Array.fromAsync(stream)));
    assert.deepEqual(
      rest,
      names.map((_, n) => [n + 1]),
    );
  });

  test("tells a call that goes on, and has a name, to stop", async () => {
    const running = pool.with({ name: "sleeper" }).submit(() => sleep(600_000));
    while (!running.running) await checkpoint();
    running.cancel("stop");
    await assert.rejects(running.result(), (error) => error === "stop");
  });

  test("takes away what was to be moved", async () => {
    const buffer = new ArrayBuffer(2 ** 20);
    assert.equal(await pool.submit((given: ArrayBuffer) => given.byteLength, transfer(buffer)), 2 ** 20);
    assert.equal(buffer.byteLength, 0);
  });

  test("streams what a generator yields", async () => {
    const seen: number[] = [];
    const counting = function* (to: number): Generator<number> {
      for (let n = 0; n < to; n++) yield n;
    };
    for await (const n of await pool.submit(counting, 50)) seen.push(n);
    assert.deepEqual(seen, [...Array(50).keys()]);
  });

  test("sends context along, and stops at a signal and at a limit", async () => {
    const variable = new ContextVar("who", "nobody");
    assert.equal(await variable.run("weaver", () => pool.submit(() => variable.get())), "weaver");
    await assert.rejects(
      pool.with({ timeoutMs: 50 }).submit(() => {
        for (;;);
      }),
      TimeoutError,
    );
    assert.equal(await pool.submit(() => "goes on"), "goes on");
  });

  test("runs asynchronous calls, one after the other and at once", async () => {
    const later = async (n: number): Promise<number> => {
      await new Promise(setImmediate);
      return n + 1;
    };
    for (let i = 0; i < 20; i++) assert.equal(await pool.submit(later, i), i + 1);
    const all = await Promise.all(Array.from({ length: 100 }, (_, i) => pool.submit(later, i)));
    assert.deepEqual(
      all,
      Array.from({ length: 100 }, (_, i) => i + 1),
    );
  });

  test("gives errors back whole", async () => {
    const error = await pool
      .submit(() => {
        throw new Spoilt("thread torn", { cause: new Error("knot") });
      })
      .exception();
    assert(error instanceof Spoilt);
    assert.deepEqual(
      [error.message, error.weight, (error.cause as Error).message],
      ["thread torn", 7, "knot"],
    );
    assert.match(error.stack!, /first submitted[^]*process-pool-executor/);
  });

  test("shares objects of a shared heap, and refuses those of this process", async (context) => {
    const heap = heapFor(context);
    const [lock, queue] = [new Lock({ heap, name: "lock" }), new Queue<number>({ heap })];
    await pool.submit(() => {
      using _guard = lock.acquireSync();
      queue.putSync(process.pid);
    });
    assert.notEqual(queue.getSync(), process.pid);
    const local = new Lock();
    await assert.rejects(
      pool.submit((given: Lock) => given.name, local),
      /lives in this process/,
    );
    await assert.rejects(
      pool.submit((given: unknown) => given, new SharedArrayBuffer(8)),
      /lives in this process/,
    );
    await assert.rejects(
      pool.submit((given: unknown) => given, new MessageChannel().port1),
      /lives in this process/,
    );
  });

  describe("when a worker ends", () => {
    const ends: [string, () => unknown, Partial<BrokenExecutorError>][] = [
      ["by process.exit", () => process.exit(7), { exitCode: 7 }],
      ["by SIGKILL", () => process.kill(process.pid, "SIGKILL"), { signal: "SIGKILL" }],
      ["by SIGSEGV", () => process.kill(process.pid, "SIGSEGV"), { signal: "SIGSEGV" }],
      ["by SIGTERM", () => process.kill(process.pid, "SIGTERM"), { signal: "SIGTERM" }],
      ["by process.abort", () => process.abort(), { signal: "SIGABRT" }],
      [
        "by an uncaught error",
        () => new Promise(() => setImmediate(() => (null as unknown as { a: { b: 1 } }).a.b)),
        { exitCode: 1 },
      ],
    ];
    for (const [how, body, expected] of ends) {
      test(`${how} says so, with task and worker, and goes on`, async () => {
        const error = await pool.with({ name: "tear" }).submit(body).exception();
        assert(error instanceof BrokenExecutorError, String(error));
        assert.equal(error.task, "tear");
        assert.match(error.worker, /^loom-\d+$/);
        for (const [key, value] of Object.entries(expected)) {
          assert.equal(error[key as "signal"], value, `${key} of ${error.message}`);
        }
        assert.equal(await pool.submit(() => 1), 1);
      });
    }

    test("while it writes its result fails that call alone", async () => {
      const error = await pool
        .submit(() => ({
          get result(): number {
            return process.exit(3);
          },
        }))
        .exception();
      assert(error instanceof BrokenExecutorError, String(error));
      assert.equal(error.exitCode, 3);
      assert.equal(await pool.submit(() => 1), 1);
    });

    test("fails no call that can be run by another", async () => {
      const calls = Array.from({ length: 100 }, (_, i) =>
        pool
          .with({ retries: 3 })
          .submit((n: number) => (n % 20 === 0 && Math.random() < 0.5 ? process.exit(1) : n), i),
      );
      const results = await Promise.allSettled(calls);
      for (const [i, result] of results.entries()) {
        if (result.status === "fulfilled") assert.equal(result.value, i);
        else assert(result.reason instanceof BrokenExecutorError);
      }
      assert.ok(results.filter(({ status }) => status === "fulfilled").length >= 95);
    });

    test("with a big result on its way loses no other", async () => {
      const dying = pool.submit(() => {
        setImmediate(() => process.kill(process.pid, "SIGKILL"));
        return new Uint8Array(2 ** 24);
      });
      const others = pool.map((n: number) => n + 1, Array(50).keys()).toArray();
      await dying.exception();
      assert.equal(
        (
          await others.then(
            (all) => all,
            () => [],
          )
        ).length % 50,
        0,
      );
      assert.equal(await pool.submit(() => 1), 1);
    });
  });
});

describe("a ProcessPoolExecutor that is shut down", () => {
  test("takes no more calls, and leaves no process, descriptor or memory behind", async () => {
    const before = readdirSync("/proc/self/fd").length;
    const pool = new ProcessPoolExecutor({ maxWorkers: 2, minWorkers: 2 });
    const pids = await pool.broadcast(() => process.pid);
    await pool.shutdown();
    assert.throws(() => pool.submit(() => 1), ExecutorShutdownError);
    for (const pid of pids) assert.equal(existsSync(`/proc/${pid}`), false);
    assert.ok(readdirSync("/proc/self/fd").length <= before + 1);
  });

  test("finishes what was queued", async () => {
    const pool = new ProcessPoolExecutor({ maxWorkers: 1 });
    const calls = Array.from({ length: 20 }, (_, i) => pool.submit((n: number) => n, i));
    await pool.shutdown();
    assert.deepEqual(await Promise.all(calls), [...Array(20).keys()]);
  });

  test("replaces workers after so many calls", async () => {
    const pool = new ProcessPoolExecutor({ maxWorkers: 1, maxTasksPerWorker: 3 });
    const pids: number[] = [];
    for (let i = 0; i < 9; i++) pids.push(await pool.submit(() => process.pid));
    await pool.shutdown();
    assert.ok(new Set(pids).size >= 2, pids.join());
  });
});

describe("a program with a ProcessPoolExecutor", () => {
  const HEAD = `
    import { ProcessPoolExecutor } from ${from("./index.ts")};
    const pool = new ProcessPoolExecutor({ maxWorkers: 1 });`;

  test("ends by itself while the pool is idle, and its workers with it", () => {
    const { status, stdout } = spawnSync(
      process.execPath,
      [
        ...process.execArgv,
        "--input-type=module",
        "-e",
        `${HEAD} console.log(await pool.submit(() => process.pid));`,
      ],
      { encoding: "utf8" },
    );
    assert.equal(status, 0);
    assert.equal(isRunning(Number(stdout)), false);
  });

  test("takes busy workers along when it is killed", async (context) => {
    const { child, line, ended } = program(
      context,
      `${HEAD}
      console.log(await pool.submit(() => process.pid));
      void pool.submit(() => { for (;;); }).exception();
      setTimeout(() => console.log("busy"), 50);`,
    );
    const pid = Number(await line());
    await line();
    child.kill("SIGKILL");
    await ended;
    while (isRunning(pid)) await new Promise(setImmediate);
  });
});

/** Whether a process is there, and is no zombie. */
function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}/exe`);
}
