/**
 * What users of other tools wish for, wish by wish, as counted from the issues of piscina, workerpool, poolifier, comlink and
 * others: how tasks, workers and programs end. The numbers in parentheses are issues there.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import { describe, test } from "node:test";
import { MessageChannel, threadId } from "node:worker_threads";
import { cpuCount, currentThread } from "../workers/index.ts";
import { BrokenExecutorError } from "./errors.ts";
import type { TaskOutput } from "./worker/task-output.ts";
import { ThreadPoolExecutor } from "./thread-pool-executor.ts";
import { toThread } from "./to-thread.ts";

const newWords = (length = 4): Int32Array => new Int32Array(new SharedArrayBuffer(4 * length));

/** Runs a program with the pools of this layer, and gives how it ended. */
function run(body: string): { status: number | null; stdout: string; stderr: string } {
  const module = JSON.stringify(new URL("./index.ts", import.meta.url).href);
  const text = `import { ThreadPoolExecutor, toThread } from ${module};\n${body}`;
  const flags = ["--conditions=@heddle/source", "--input-type=module", "--eval", text];
  const { status, stdout, stderr } = spawnSync(process.execPath, flags, {
    encoding: "utf8",
    timeout: 120_000,
  });
  return { status, stdout, stderr };
}

describe("The wish", () => {
  test("11. that every promise settles, whatever a task does to its worker, and says which task, which worker and how (poolifier #3211, comlink #601, threads.js #268)", async () => {
    await using pool = new ThreadPoolExecutor({
      name: "mill",
      maxWorkers: 2,
      resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 },
    });
    const runs = newWords();
    const bodies = [
      function leave(words: Int32Array): void {
        words[0]!++;
        process.exit(7);
      },
      function hoard(words: Int32Array): void {
        words[1]!++;
        const kept: unknown[] = [];
        for (;;) kept.push(Array.from({ length: 100 }, () => kept.length));
      },
      async function listen(words: Int32Array): Promise<void> {
        words[2]!++;
        const { port1, port2 } = new MessageChannel();
        port1.on("message", () => {
          throw new RangeError("in a message handler");
        });
        port2.postMessage("hello");
        await new Promise(() => {});
      },
    ];
    const dying = bodies.map((body) => pool.submit(body, runs));
    const others = Array.from({ length: 50 }, (_, i) => pool.submit(() => i));
    const how = [/ended with exit code 7$/, /memory limit/, /RangeError: in a message handler$/];
    for (const [i, future] of dying.entries()) {
      const error = await future.exception();
      assert(error instanceof BrokenExecutorError);
      assert.match(error.message, /^Cannot finish task (leave|hoard|listen): worker mill-\d /);
      assert.match(error.message, how[i]!);
    }
    assert.deepEqual(
      await Promise.all(others),
      others.map((_, i) => i),
    );
    assert.deepEqual([...runs], [1, 1, 1, 0]);
    assert.equal((await pool.broadcast(() => threadId)).length, 2);
  });

  test("11. that no body runs twice unless retries asks for it (poolifier #3211)", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const runs = newWords();
    const leave = (words: Int32Array, place: number): number => {
      words[place]!++;
      return words[place] === 3 ? 3 : process.exit(1);
    };
    await assert.rejects(pool.submit(leave, runs, 0).result(), BrokenExecutorError);
    assert.equal(await pool.with({ retries: 2 }).submit(leave, runs, 1), 3);
    assert.deepEqual([...runs], [1, 3, 0, 0]);
  });

  test("12. that workers are recycled after so many tasks, and above a memory limit (workerpool #568)", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1, maxTasksPerWorker: 4 });
    const workers = await pool.map(() => threadId, Array(12).fill(0), { chunkSize: 1 }).toArray();
    const times = [...Map.groupBy(workers, (worker) => worker).values()].map((group) => group.length);
    assert.deepEqual(times, [4, 4, 4]);

    const megabyte = 1 << 20;
    await using frugal = new ThreadPoolExecutor({
      maxWorkers: 1,
      maxMemoryPerWorkerBytes: 100 * megabyte,
    });
    const keep = (bytes: number): number => {
      Object.assign(globalThis, { kept: new Uint8Array(bytes) });
      return threadId;
    };
    const first = await frugal.submit(keep, megabyte);
    assert.equal(await frugal.submit(keep, 200 * megabyte), first);
    assert.notEqual(await frugal.submit(keep, megabyte), first);
  });

  test("12. that the number of CPUs is read from the container (workerpool #568)", () => {
    const { readFileSync } = fs;
    const { availableParallelism } = os;
    const files: Record<string, string> = {};
    try {
      Object.assign(os, { availableParallelism: () => 64 });
      Object.assign(fs, {
        readFileSync: (path: string, encoding: "utf8") => {
          const isSystems = /^\/(sys|proc)\//.test(path);
          const text = isSystems ? files[path] : readFileSync(path, encoding);
          if (text === undefined) throw new Error("ENOENT");
          return text;
        },
      });
      syncBuiltinESMExports();
      assert.equal(cpuCount(), 64);
      files["/sys/fs/cgroup/cpu.max"] = "400000 100000\n";
      assert.equal(cpuCount(), 4);
      assert.equal(new ThreadPoolExecutor().maxWorkers, 4);
      files["/sys/fs/cgroup/cpu.max"] = "250000 100000\n";
      assert.equal(cpuCount(), 2);
      files["/sys/fs/cgroup/cpu.max"] = "max 100000\n";
      assert.equal(cpuCount(), 64);
      delete files["/sys/fs/cgroup/cpu.max"];
      files["/sys/fs/cgroup/cpu/cpu.cfs_quota_us"] = "50000\n";
      files["/sys/fs/cgroup/cpu/cpu.cfs_period_us"] = "100000\n";
      assert.equal(cpuCount(), 1);
      files["/sys/fs/cgroup/cpu/cpu.cfs_quota_us"] = "-1\n";
      files["/proc/self/cgroup"] = "4:cpu,cpuacct:/jobs/nightly\n1:name=systemd:/\n0::/user/shop/a:b\n";
      assert.equal(cpuCount(), 64);
      files["/sys/fs/cgroup/user/cpu.max"] = "700000 100000\n";
      assert.equal(cpuCount(), 7, "of a group around it");
      files["/sys/fs/cgroup/user/shop/a:b/cpu.max"] = "600000 100000\n";
      assert.equal(cpuCount(), 6);
      files["/sys/fs/cgroup/cpu/jobs/cpu.cfs_quota_us"] = "300000\n";
      files["/sys/fs/cgroup/cpu/jobs/cpu.cfs_period_us"] = "100000\n";
      assert.equal(cpuCount(), 3);
    } finally {
      Object.assign(os, { availableParallelism });
      Object.assign(fs, { readFileSync });
      syncBuiltinESMExports();
    }
  });

  test("14. that termination never hangs, whatever still runs (tinypool #49 #54)", async () => {
    const pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const words = newWords();
    const forever = pool.submit((shared: Int32Array) => {
      shared[0] = 1;
      for (;;);
    }, words);
    const pending = pool.submit((shared: Int32Array) => {
      shared[1] = 1;
      return new Promise(() => {});
    }, words);
    while (words[0] === 0 || words[1] === 0) await new Promise(setImmediate);
    const queued = pool.submit(() => 1);
    for (const future of [forever, pending]) future.cancel("over", { graceMs: 0 });
    await pool.shutdown({ cancelPending: true });
    const outcomes = await Promise.allSettled([forever, pending, queued]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["rejected", "rejected", "rejected"],
    );
    assert.equal(pool.statistics().workers, 0);
  });

  test("14. that a program that is done exits, and one that awaits does not (tinypool #49 #54, nodejs/node#61941)", () => {
    assert.deepEqual(
      run(`
        const pool = new ThreadPoolExecutor({ maxWorkers: 2, minWorkers: 2 });
        await pool.submit(() => { setInterval(() => {}, 1000); });
        console.log(await pool.submit((a, b) => a + b, 1, 2));
      `),
      { status: 0, stdout: "3\n", stderr: "" },
    );
    assert.deepEqual(
      run(`
        const slow = () => new Promise((resolve) => setTimeout(resolve, 100, "slow"));
        console.log(await toThread(slow));
      `),
      { status: 0, stdout: "slow\n", stderr: "" },
    );
  });

  test('15. for one shared pool instead of one for each library (piscina, "Multiple Thread Pools")', async () => {
    const one = Array.from({ length: 40 }, () => toThread(() => threadId));
    const other = Array.from({ length: 40 }, () => toThread((n: number) => threadId - n, 0));
    const [ones, others] = await Promise.all([Promise.all(one), Promise.all(other)]);
    const workers = new Set([...ones, ...others]);
    assert(workers.size <= cpuCount());
    assert(!workers.has(threadId));
  });

  test("16. to see which task wrote what to stderr, and in which worker (vitest #8705, rstest #1171)", async () => {
    const outputs: TaskOutput[] = [];
    await using pool = new ThreadPoolExecutor({
      name: "runner",
      maxWorkers: 1,
      concurrencyPerWorker: 2,
      onOutput: (output) => void outputs.push(output),
    });
    const report = async (file: string): Promise<void> => {
      console.error("begins", file);
      await new Promise((resolve) => setTimeout(resolve, 1));
      process.stdout.write(`ends ${file}\n`);
    };
    const files = ["a", "b"];
    await Promise.all(files.map((file) => pool.with({ name: `${file}.test.ts` }).submit(report, file)));
    const dying = pool.submit(function dying() {
      console.error("last words");
      process.exit(3);
    });
    await assert.rejects(dying.result(), BrokenExecutorError);
    const each = function each(n: number): void {
      console.log(n);
    };
    await pool.map(each, [7]).toArray();
    while (outputs.length < 6) await new Promise(setImmediate);
    const lines = outputs.map(
      ({ task, stream, text, worker }) => `${worker}: ${task}: ${stream}: ${text.trimEnd()}`,
    );
    assert.deepEqual(lines.sort(), [
      "runner-1: a.test.ts: stderr: begins a",
      "runner-1: a.test.ts: stdout: ends a",
      "runner-1: b.test.ts: stderr: begins b",
      "runner-1: b.test.ts: stdout: ends b",
      "runner-1: dying: stderr: last words",
      "runner-2: each: stdout: 7",
    ]);
  });

  test("16. for a report of each crash that names the task and the worker, with what it printed before (vitest #8705, rstest #1171)", async () => {
    const printed: string[] = [];
    await using pool = new ThreadPoolExecutor({
      name: "runner",
      maxWorkers: 1,
      onOutput: ({ text }) => void printed.push(text),
    });
    const crash = pool.with({ name: "a.test.ts" }).submit(() => {
      console.error("about to crash");
      setImmediate(() => {
        throw new RangeError("no disk");
      });
      return new Promise(() => {});
    });
    const error = await crash.exception();
    assert(error instanceof BrokenExecutorError);
    const { message, task, worker, exitCode, cause } = error;
    assert.deepEqual(
      { message, task, worker, exitCode },
      {
        message: "Cannot finish task a.test.ts: worker runner-1 ended by RangeError: no disk",
        task: "a.test.ts",
        worker: "runner-1",
        exitCode: 1,
      },
    );
    assert.match((cause as Error).stack!, /wishes-endings/);
    assert.deepEqual(printed, ["about to crash\n"]);
  });

  test("16. that a task knows its worker, and workers start when there is work (vitest #8705, rstest #1171)", async () => {
    await using pool = new ThreadPoolExecutor({ name: "runner", maxWorkers: 3 });
    assert.equal(pool.statistics().workers, 0);
    const who = (): { name: string; id: number } => ({ name: currentThread().name, id: threadId });
    const first = await pool.submit(who);
    assert.equal(first.name, "runner-1");
    assert.equal(pool.statistics().workers, 1);
    const all = await pool.broadcast(who);
    assert.deepEqual(all.map(({ name }) => name).sort(), ["runner-1", "runner-2", "runner-3"]);
    assert.equal(all.find(({ name }) => name === "runner-1")!.id, first.id);
  });
});
