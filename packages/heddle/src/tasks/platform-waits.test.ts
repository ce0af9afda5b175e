/** What the platform has that takes an `AbortSignal`, in tasks that are told to stop. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { EventEmitter, on, once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, get, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough, Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { after, before, describe, test } from "node:test";
import { scheduler, setInterval as ticks, setTimeout as nodeSleep } from "node:timers/promises";
import { promisify } from "node:util";
import { currentTask, sleep, taskGroup, timeoutSignal, withTimeout } from "./index.ts";

/** Answers half of what it promises, and waits. */
let server: Server;
let url: string;

before(async () => {
  server = createServer((request, response) => {
    if (request.url === "/silent") return;
    response.writeHead(200, { "content-length": 10 });
    response.write("half");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(async () => {
  server.close();
  server.closeAllConnections();
  await once(server, "close");
});

/** A stream that never ends and never gives anything. */
const silence = (): Readable => new Readable({ read() {} });

const waits: Record<string, (signal: AbortSignal) => Promise<unknown>> = {
  "fetch() that has no answer": (signal) => fetch(`${url}/silent`, { signal }),
  "fetch() in the middle of its answer": async (signal) => await (await fetch(url, { signal })).text(),
  "http.get()": async (signal) => await once(get(`${url}/silent`, { signal }), "response"),
  "timers/promises setTimeout()": (signal) => nodeSleep(60_000, undefined, { signal }),
  "timers/promises setInterval()": async (signal) => {
    for await (const _ of ticks(60_000, undefined, { signal })) assert.fail("it ticked");
  },
  "timers/promises scheduler.wait()": (signal) => scheduler.wait(60_000, { signal }),
  "stream/promises pipeline()": (signal) => pipeline(silence(), new PassThrough(), { signal }),
  "a stream with a signal": async (signal) => {
    const stream = new Readable({ read() {}, signal });
    for await (const _ of stream) assert.fail("it gave something");
  },
  "a web stream": async (signal) => {
    await new ReadableStream().pipeTo(new WritableStream(), { signal });
  },
  "events once()": (signal) => once(new EventEmitter(), "never", { signal }),
  "events on()": async (signal) => {
    for await (const _ of on(new EventEmitter(), "never", { signal })) assert.fail("it happened");
  },
  "child_process spawn()": async (signal) => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { signal });
    await once(child, "close");
  },
  "child_process execFile()": (signal) =>
    promisify(execFile)(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { signal }),
};

describe("currentTask().signal ends, and the task is cancelled, not failed:", () => {
  for (const [name, wait] of Object.entries(waits)) {
    test(name, async () => {
      await taskGroup(async (group) => {
        const task = group.spawn(() => wait(currentTask().signal));
        await sleep(20);
        assert.equal(task.state, "running");
        group.cancel("stop");
        await task.exception().catch(() => {});
        assert.ok(task.cancelled || task.state === "running", task.state);
      });
    });
  }

  for (const [name, wait] of Object.entries(waits)) {
    test(`${name}, by a deadline around it`, async () => {
      await assert.rejects(
        withTimeout(20, () => wait(currentTask().signal)),
        { name: "TimeoutError", code: "ERR_HEDDLE_TIMEOUT" },
      );
    });
  }

  test("a read of a file that has not begun", async () => {
    await taskGroup(async (group) => {
      const task = group.spawn(() => {
        const { signal } = currentTask();
        group.cancel("stop");
        return readFile(new URL(import.meta.url), { signal });
      });
      await task.exception().catch(() => {});
      assert.ok(task.cancelled);
    });
  });
});

describe("timeoutSignal()", () => {
  test("ends a fetch when its time has run out, and with its task", async () => {
    await assert.rejects(fetch(`${url}/silent`, { signal: timeoutSignal(10) }), {
      name: "TimeoutError",
      code: "ERR_HEDDLE_TIMEOUT",
    });
    await taskGroup(async (group) => {
      const task = group.spawn(() => fetch(`${url}/silent`, { signal: timeoutSignal(60_000) }));
      await sleep(20);
      group.cancel("stop");
      await task.exception().catch(() => {});
    });
  });
});

describe("a stream that is written to in a task that is told to stop", () => {
  test("is destroyed, and the file or socket behind it given up", async () => {
    let destroyed = false;
    const sink = new Writable({
      write: (_chunk, _encoding, done) => void setTimeout(done, 60_000).unref(),
      destroy: (_error, done) => {
        destroyed = true;
        done(null);
      },
    });
    await taskGroup(async (group) => {
      group.spawn(() => pipeline(Readable.from(["a", "b"]), sink, { signal: currentTask().signal }));
      await sleep(5);
      group.cancel("stop");
    });
    assert.ok(destroyed);
  });
});
