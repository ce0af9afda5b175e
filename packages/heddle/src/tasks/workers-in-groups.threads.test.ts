/** Waiting for threads, processes and what they send, in a group that is cancelled. */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { ThreadPoolExecutor } from "../futures/index.ts";
import { Event } from "../sync/index.ts";
import { Pipe, Process, Thread } from "../workers/index.ts";
import { sleep, taskGroup, withTimeout } from "./index.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const go = new Event({ name: "go on" });
const thread = new Thread(() => go.wait().then(() => "given"), { daemon: true }).start();
const child = new Process(() => sleep(600_000), { daemon: true }).start();
const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
const full = new ThreadPoolExecutor({ maxWorkers: 1, maxQueued: 0 });
full.submit(() => sleep(60_000)).catch(() => {});
const [here, there] = await Pipe<number>();
after(async () => {
  go.set();
  here.close();
  there.close();
  child.kill();
  await Promise.all([
    thread.join(),
    child.join(),
    pool.shutdown({ graceMs: 0 }),
    full.shutdown({ graceMs: 0 }),
  ]);
});

/** Waits that cannot end yet. */
const waits: Record<string, () => PromiseLike<unknown>> = {
  "Thread.join()": () => thread.join(),
  "Thread.result": () => thread.result,
  "Process.join()": () => child.join(),
  "Process.result": () => child.result,
  "Connection.receive()": () => here.receive(),
  "Connection.poll()": () => here.poll({ timeoutMs: 60_000 }),
  "Executor.broadcast()": () => pool.broadcast(() => sleep(60_000)),
  "Executor.ready()": () => full.ready(),
};

describe("in a group that is cancelled, what waits throws the reason:", () => {
  for (const [name, begin] of Object.entries(waits)) {
    test(name, async () => {
      await taskGroup(async (group) => {
        const ends: unknown[] = [];
        group.spawn(async () => {
          const note = (end: unknown): void => void ends.push(end);
          await begin().then(note, note);
        });
        await turn();
        assert.deepEqual(ends, []);
        group.cancel("stop");
        await turn();
        assert.deepEqual(ends, ["stop"]);
      });
    });
  }
});

describe("in a group that is cancelled, what nobody awaits is no unhandled rejection:", () => {
  for (const [name, begin] of Object.entries(waits)) {
    test(name, async () => {
      await taskGroup(async (group) => {
        void begin();
        await turn();
        group.cancel("stop");
      });
      await turn();
    });
  }
});

test("Connection.poll() throws the reason of its signal, and gives false when time runs out", async () => {
  const controller = new AbortController();
  const polling = here.poll({ timeoutMs: 60_000, signal: controller.signal });
  controller.abort("enough");
  await assert.rejects(polling, (error) => error === "enough");
  assert.equal(await here.poll({ timeoutMs: 1 }), false);
});

test("the result of a thread, asked for first by code that is told to stop, is there for whoever asks next", async () => {
  const gate = new Event();
  const slow = new Thread(() => gate.wait().then(() => 7)).start();
  await taskGroup(async (group) => {
    group.spawn(async () => await slow.result);
    await turn();
    group.cancel("stop");
  });
  gate.set();
  assert.equal(await slow.result, 7);
});

test("a thread that is disposed of in a group that is cancelled has ended, and the group throws nothing", async () => {
  const gate = new Event();
  const slow = new Thread(() => gate.wait());
  await taskGroup(async (group) => {
    group.spawn(async () => {
      await using _disposed = slow.start();
      await sleep(Infinity);
    });
    await turn();
    group.cancel("stop");
    await turn();
    gate.set();
  });
  assert.equal(slow.isAlive, false);
});

test("a blocking wait for a process ends with the deadline around it", async () => {
  await assert.rejects(
    withTimeout(20, () => child.joinSync()),
    { name: "TimeoutError", timeoutMs: 20 },
  );
  assert.throws(() => child.joinSync({ timeoutMs: 1 }), /Process\.joinSync\(\)/);
});
