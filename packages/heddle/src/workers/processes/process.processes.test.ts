/** {@link Process}: what it gives, and how it ends. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { heapFor } from "../../heap/fixtures/processes.ts";
import { until } from "../../heap/fixtures/until.ts";
import { throwIfCancelled } from "../../scopes/index.ts";
import { Queue } from "../../queues/index.ts";
import { Event, Lock } from "../../sync/index.ts";
import { Process } from "./process.ts";
import { ProcessEndedError, ProcessStateError } from "./process-errors.ts";
import { ThreadLocal } from "../threads/thread-local.ts";

const from = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
const forEver = (): Promise<never> => new Promise(() => setInterval(() => {}, 1000));

class Torn extends Error {
  readonly where = "warp";
}

describe("Process", () => {
  test("runs a function in a process of its own, and gives its result", async () => {
    const base = 40;
    const process_ = new Process((n: number) => [n + base, process.pid] as const, {
      args: [2],
      name: "loom",
    });
    assert.deepEqual(
      [process_.pid, process_.isAlive, process_.exitCode, process_.name],
      [-1, false, undefined, "loom"],
    );
    const early = process_.result;
    process_.start();
    assert.equal(process_.isAlive, true);
    const [sum, pid] = await early;
    assert.deepEqual([sum, pid], [42, process_.pid]);
    assert.notEqual(pid, process.pid);
    await process_.join();
    assert.deepEqual([process_.exitCode, process_.isAlive], [0, false]);
  });

  test("has what the toolkit declares to be everywhere, though it loads little of it", async () => {
    const process_ = new Process(() => [ProcessStateError.name, new ThreadLocal(() => 1).value]).start();
    assert.deepEqual(await process_.result, ["ProcessStateError", 1]);
  });

  test("is started once, and used after that", async () => {
    const process_ = new Process(() => 1);
    for (const use of [() => process_.joinSync(), () => process_.interrupt(), () => process_.kill()]) {
      assert.throws(use, ProcessStateError);
    }
    await assert.rejects(process_.join(), ProcessStateError);
    process_.start();
    assert.throws(() => process_.start(), ProcessStateError);
    await process_.join();
    await process_.join();
  });

  test("refuses what is no function, and options that it does not know", () => {
    assert.throws(
      () => new Process(5 as never),
      /^TypeError: Cannot make a Process: its target must be a function/,
    );
    assert.throws(
      () => new Process(() => 1, { argh: [] } as never),
      /the option argh of a Process: write args/,
    );
  });

  for (const value of ["32", 0, -1, NaN]) {
    test(`refuses a limit of its memory that is none: ${String(value)} (${typeof value})`, () => {
      assert.throws(
        () => new Process(() => 1, { resourceLimits: { maxOldGenerationSizeMb: value as never } }),
        /^(Type|Range)Error: Cannot make a Process: maxOldGenerationSizeMb in its resourceLimits must be a number above 0, and is/,
      );
    });
  }

  test("stays where it was made, and says what to send instead", () => {
    const process_ = new Process(() => 1);
    const why = /"Process" .*it belongs to the thread that has made it.*; send its pid/;
    assert.throws(() => new Process((sent: unknown) => sent, { args: [process_] }).start(), why);
    assert.throws(() => new Queue<unknown>().putSync(process_), why);
  });

  test("is told how to share a lock that another process cannot have", () => {
    const process_ = new Process((lock: Lock) => lock.locked, { args: [new Lock()] });
    assert.throws(
      () => process_.start(),
      /it is a Lock, which lives in this process, and the message leaves it; make it with \{ heap \} in a SharedHeap/,
    );
  });

  test("does not start with what cannot travel, and can be started when it can", async () => {
    const args: [unknown] = [new SharedArrayBuffer(8)];
    const process_ = new Process((n: unknown) => n, { args });
    assert.throws(() => process_.start(), /^WireError: Cannot send args\[0\]: .* lives in this process/);
    args[0] = 7;
    assert.equal(await process_.start().result, 7);
  });

  const ends: [string, () => unknown, number][] = [
    ["by process.exit", () => process.exit(7), 7],
    ["by process.exit without a code", () => process.exit(), 0],
    ["by SIGKILL", () => process.kill(process.pid, "SIGKILL"), -9],
    ["by SIGSEGV", () => process.kill(process.pid, "SIGSEGV"), -11],
    ["with nothing left to do", () => new Promise(() => {}), 0],
  ];
  for (const [how, body, exitCode] of ends) {
    test(`says how it ended before its function: ${how}`, async () => {
      const process_ = new Process(body).start();
      await assert.rejects(process_.result, (error) => {
        assert(error instanceof ProcessEndedError, String(error));
        assert.equal(error.exitCode, exitCode);
        return true;
      });
      assert.equal(process_.exitCode, exitCode);
    });
  }

  test("gives an error whole, and exits with 1", async () => {
    const process_ = new Process(() => {
      throw new Torn("thread", { cause: new RangeError("knot") });
    }).start();
    await assert.rejects(process_.result, (error) => {
      assert(error instanceof Torn);
      assert.deepEqual(
        [error.message, error.where, (error.cause as Error).name],
        ["thread", "warp", "RangeError"],
      );
      assert.match(error.stack!, /process "Process-\d+", started/);
      return true;
    });
    assert.equal(process_.exitCode, 1);
  });

  test("tells its error once it is known to be over, however long the error takes to be read", async () => {
    const torn = new Process(async () => {
      const { UnreadError } = await import("../fixtures/unread.ts");
      throw new UnreadError("its module is not loaded here");
    }).start();
    const isOver = (): Promise<boolean> =>
      torn.join({ timeoutMs: 0 }).then(
        () => true,
        () => false,
      );
    while (!(await isOver())) await new Promise((resolve) => setImmediate(resolve));
    await assert.rejects(torn.result, (error: Error) => error.constructor.name === "UnreadError");
  });

  test("can be waited for by a thread that blocks, for so long", async () => {
    const process_ = new Process(forEver).start();
    assert.throws(() => process_.joinSync({ timeoutMs: 20 }), { name: "TimeoutError" });
    await assert.rejects(process_.join({ timeoutMs: 20 }), { name: "TimeoutError" });
    process_.kill();
    process_.joinSync();
    assert.deepEqual([process_.exitCode, process_.isAlive], [-9, false]);
    await assert.rejects(process_.result, ProcessEndedError);
  });

  test("is interrupted, while it computes and while it waits", async (context) => {
    const heap = heapFor(context);
    const event = new Event({ heap, name: "begun" });
    const bodies = [
      () => {
        event.set();
        for (;;) throwIfCancelled();
      },
      () => {
        event.set();
        return new Event().wait();
      },
    ];
    for (const body of bodies) {
      event.clear();
      const process_ = new Process<unknown, []>(body).start();
      await event.wait();
      const reason = new Torn("enough");
      process_.interrupt(reason);
      await assert.rejects(process_.result, (error) => error === reason);
    }
  });

  test("is terminated by SIGTERM, and by SIGKILL if it does not heed that", async (context) => {
    const plain = new Process(forEver).start();
    void plain.result.catch(() => {});
    await plain.terminate();
    assert.equal(plain.exitCode, -15);

    const heap = heapFor(context);
    const event = new Event({ heap, name: "deaf" });
    const deaf = new Process(() => {
      process.on("SIGTERM", () => {});
      event.set();
      return forEver();
    }).start();
    void deaf.result.catch(() => {});
    await event.wait();
    await deaf.terminate();
    assert.equal(deaf.exitCode, -9);
  });
});

describe("a program with processes", () => {
  const run = (text: string) =>
    spawnSync(
      process.execPath,
      [
        ...process.execArgv,
        "--input-type=module",
        "-e",
        `import { Process } from ${from("./process.ts")};${text}`,
      ],
      {
        encoding: "utf8",
      },
    );

  test("waits for those that are no daemons, and takes the others along", () => {
    const { stdout, status } = run(`
      new Process(() => { setTimeout(() => console.log("done"), 50); }).start();
      const daemon = new Process(() => new Promise(() => setInterval(() => {}, 1000)), { daemon: true }).start();
      console.log(daemon.pid);`);
    assert.equal(status, 0);
    const [pid, done] = stdout.trim().split("\n");
    assert.equal(done, "done");
    assert.equal(existsSync(`/proc/${pid}/exe`), false);
  });

  test("takes along one that has hardly begun when it is killed", async () => {
    const { stdout, signal } = run(`
      console.log(new Process(() => new Promise(() => setInterval(() => {}, 1000))).start().pid);
      process.kill(process.pid, "SIGKILL");`);
    assert.equal(signal, "SIGKILL");
    await until(() => !existsSync(`/proc/${stdout.trim()}/exe`));
  });

  test("ends with an error that nobody reads", () => {
    for (const join of ["", "await"]) {
      const { stderr, status } = run(
        `const process_ = new Process(() => { throw new RangeError("unread"); }).start(); ${join} process_.join();`,
      );
      assert.equal(status, 1);
      assert.match(stderr, /RangeError: unread/);
    }
  });

  test("ends with an end that nobody has asked for, nor waits for", () => {
    const { stderr, status } = run(`new Process(() => process.kill(process.pid, "SIGSEGV")).start();`);
    assert.equal(status, 1);
    assert.match(stderr, /ProcessEndedError/);
  });

  test("goes on after ends that it has asked for, waits for or was told of", () => {
    const { stdout, stderr, status } = run(`
      const forEver = () => new Promise(() => setInterval(() => {}, 1000));
      const killed = new Process(forEver).start();
      killed.kill();
      const terminated = new Process(forEver).start();
      await terminated.terminate();
      const interrupted = new Process(() => new Promise((resolve) => setTimeout(resolve, 1e6))).start();
      interrupted.interrupt();
      interrupted.kill();
      const quitter = new Process(() => process.exit(7)).start();
      await quitter.join();
      const blocked = new Process(() => process.exit(8)).start();
      blocked.joinSync();
      const torn = new Process(() => { throw new RangeError("known by its exit code"); }).start();
      await torn.join();
      console.log(torn.exitCode);`);
    assert.deepEqual([stdout, stderr, status], ["1\n", "", 0]);
  });
});
