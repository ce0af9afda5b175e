import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ThreadPoolExecutor } from "../../futures/index.ts";
import { Lock } from "../../sync/index.ts";
import { type Connection, Pipe } from "../index.ts";

const CLOSED = { name: "ConnectionClosedError" };

describe("Connection between threads", () => {
  test("travels as an argument, and talks both ways", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const [here, there] = await Pipe<number>();
    const sum = pool.submit(async (connection: Connection<number>) => {
      let sum = 0;
      for await (const n of connection) {
        sum += n;
        await connection.send(sum);
      }
      return sum;
    }, there);
    for (const n of [1, 2, 3]) {
      await here.send(n);
      await here.receive();
    }
    here.close();
    assert.equal(await sum, 6);
  });

  test("travels in a closure, to several threads: each message goes to one of them", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const [here, there] = await Pipe<number>();
    const work = async (): Promise<number> => {
      let count = 0;
      for await (const n of there) count += n;
      return count;
    };
    const counts = [pool.submit(work), pool.submit(work)];
    for (let i = 0; i < 50; i++) await here.send(1);
    here.close();
    const [first, second] = await Promise.all(counts);
    assert.equal(first! + second!, 50);
  });

  test("joins two threads, neither of which made the pipe", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    const [left, right] = await Pipe<string>();
    const reply = pool.submit(async (connection: Connection<string>) => {
      await connection.send("ping");
      return await connection.receive();
    }, left);
    await pool.submit(async (connection: Connection<string>) => {
      assert.equal(await connection.receive(), "ping");
      await connection.send("pong");
    }, right);
    assert.equal(await reply, "pong");
  });

  test("carries locks, and the ends of other pipes", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const [here, there] = await Pipe();
    const [inner, innerThere] = await Pipe<string>();
    const lock = new Lock();
    const guard = await lock.acquire();
    const done = pool.submit(async (connection: Connection<unknown>) => {
      const [theirLock, theirEnd] = (await connection.receive()) as [Lock, Connection<string>];
      await theirEnd.send(String(theirLock.locked));
      using _guard = await theirLock.acquire();
      await theirEnd.send(String(theirLock.locked));
    }, there);
    await here.send([lock, innerThere]);
    assert.equal(await inner.receive(), "true");
    guard.release();
    assert.equal(await inner.receive(), "true");
    await done;
    assert.equal(lock.locked, false);
  });

  test("a wait elsewhere that ran out has taken nothing", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const [here, there] = await Pipe<string>();
    const tried = pool.submit(async (connection: Connection<string>) => {
      const failed = await connection.receive({ timeoutMs: 1 }).catch((error: Error) => error.name);
      const polls = [await connection.poll()];
      await connection.send("ready");
      polls.push(await connection.poll({ timeoutMs: 60_000 }));
      return [failed, ...polls, await connection.receive()];
    }, there);
    assert.equal(await here.receive(), "ready");
    await here.send("kept");
    assert.deepEqual(await tried, ["TimeoutError", false, true, "kept"]);
  });

  test("closes when the thread that had the other end is gone", async () => {
    const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const [here, there] = await Pipe<string>();
    await pool.submit((connection: Connection<string>) => connection.send("still here"), there);
    assert.equal(await here.receive(), "still here");
    const waiting = here.receive();
    waiting.catch(() => undefined);
    await pool.shutdown();
    await assert.rejects(() => waiting, CLOSED);
  });

  test("is closed for all by who closes it elsewhere", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const [here, there] = await Pipe<string>();
    await pool.submit(async (connection: Connection<string>) => {
      await connection.send("last");
      connection.close();
      await connection.send("too late").catch((error: Error) => error.name);
    }, there);
    assert.deepEqual(await Array.fromAsync(here), ["last"]);
    await assert.rejects(() => here.send("back"), CLOSED);
  });
});
