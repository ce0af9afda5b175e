import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { ThreadPoolExecutor } from "heddle";
import { type Compute, countPrimes, drive, serve } from "./server.ts";

const root = new URL("../", import.meta.url);

describe("the server", () => {
  test("answers / while every worker computes, and /primes with the number of primes", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const held = new Int32Array(new SharedArrayBuffer(8));
    const hold = async (words: Int32Array): Promise<void> => {
      words[0] = 1;
      while (words[1] === 0) await new Promise(setImmediate);
    };
    const server = await serve((below, signal) => pool.with({ signal }).submit(countPrimes, below));
    try {
      const holding = pool.submit(hold, held);
      while (held[0] === 0) await new Promise(setImmediate);
      const primes = fetch(`http://127.0.0.1:${server.port}/primes?below=100`);
      for (let i = 0; i < 10; i++) {
        assert.equal(await (await fetch(`http://127.0.0.1:${server.port}/`)).text(), "Hello\n");
      }
      assert.equal(pool.statistics().running, 1);
      held[1] = 1;
      assert.equal(await (await primes).text(), "25");
      await holding;
    } finally {
      await server.close();
    }
  });

  test("does not compute for a client that has gone", async () => {
    let signal: AbortSignal | undefined;
    const asked = Promise.withResolvers<void>();
    const compute: Compute = (_, gone) => {
      signal = gone;
      asked.resolve();
      return new Promise((_, reject) => gone.addEventListener("abort", () => reject(gone.reason as Error)));
    };
    const server = await serve(compute);
    try {
      const client = new AbortController();
      const request = fetch(`http://127.0.0.1:${server.port}/primes?below=100`, { signal: client.signal });
      await asked.promise;
      client.abort();
      await assert.rejects(request, { name: "AbortError" });
      while (!signal!.aborted) await new Promise(setImmediate);
    } finally {
      await server.close();
    }
  });

  test("says why it does not answer", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1, maxQueued: 0 });
    const full = await serve((below) => pool.submit(countPrimes, below));
    const broken = await serve(() => Promise.reject(new RangeError("no primes today")));
    try {
      const held = new Int32Array(new SharedArrayBuffer(8));
      const holding = pool.submit(async (words: Int32Array) => {
        words[0] = 1;
        while (words[1] === 0) await new Promise(setImmediate);
      }, held);
      while (held[0] === 0) await new Promise(setImmediate);
      assert.equal((await fetch(`http://127.0.0.1:${full.port}/primes?below=100`)).status, 503);
      held[1] = 1;
      await holding;
      const response = await fetch(`http://127.0.0.1:${broken.port}/primes?below=100`);
      assert.deepEqual([response.status, await response.text()], [500, "RangeError: no primes today"]);
    } finally {
      await Promise.all([full.close(), broken.close()]);
    }
  });

  test("is driven by a client that checks every answer", async () => {
    const server = await serve(countPrimes);
    try {
      const { count, computed, primes, p50, p99 } = await drive({
        port: server.port,
        forMs: 40,
        busy: 2,
        below: 1_000,
      });
      assert(count > 0 && computed > 0 && p50 > 0 && p50 <= p99);
      assert.equal(primes, 168);
    } finally {
      await server.close();
    }
  });

  test("is asked at least once by each, however late the client comes to look at the clock", async () => {
    const server = await serve(countPrimes);
    try {
      const { count, computed } = await drive({ port: server.port, forMs: -1, busy: 2, below: 1_000 });
      assert.deepEqual([count, computed], [1, 2]);
    } finally {
      await server.close();
    }
  });

  test("shows what it is for, and ends", () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--conditions=@heddle/source", "examples/server.ts", "100"],
      { cwd: root, encoding: "utf8", timeout: 120_000 },
    );
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
    assert.match(
      stdout,
      /^Primes computed on the server's thread:\n {2}alone: .+\n {2}busy: .+\nPrimes computed on a pool:\n {2}alone: .+\n {2}busy: .+\n$/,
    );
  });
});
