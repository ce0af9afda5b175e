import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, test } from "node:test";
import { TimeoutError } from "#heap";
import {
  cancelledFuture,
  fulfil,
  Future,
  reject,
  rejectedFuture,
  settleCancelled,
  type TaskControl,
} from "./future.ts";

/** A task whose state the test sets. */
class FakeTask implements TaskControl {
  running = false;
  graces: number[] = [];
  accept = true;
  isRunning(): boolean {
    return this.running;
  }
  cancel(_future: Future<unknown>, _reason: unknown, graceMs: number): boolean {
    this.graces.push(graceMs);
    return this.accept;
  }
}

const pending = (): Future<unknown> => new Future<unknown>(new FakeTask());

describe("Future", () => {
  test("is pending, then running, then fulfilled", async () => {
    const task = new FakeTask();
    const future = new Future<number>(task);
    assert.equal(future.state, "pending");
    assert.equal(future.done, false);
    task.running = true;
    assert.equal(future.state, "running");
    assert.equal(future.running, true);
    fulfil(future, 7);
    assert.equal(future.state, "fulfilled");
    assert.equal(future.done, true);
    assert.equal(await future, 7);
  });

  test("keeps its first outcome", async () => {
    const future = pending();
    fulfil(future, 1);
    fulfil(future, 2);
    reject(future, new Error("too late"));
    assert.equal(await future.result(), 1);
  });

  test("gives every waiter the value, before and after it came, in order", async () => {
    const future = pending();
    const seen: string[] = [];
    const first = future.then((value) => seen.push(`a${String(value)}`));
    const second = future.then((value) => seen.push(`b${String(value)}`));
    fulfil(future, 1);
    const third = future.then((value) => seen.push(`c${String(value)}`));
    await Promise.all([first, second, third]);
    assert.deepEqual(seen, ["a1", "b1", "c1"]);
  });

  test("never calls a handler while then() runs", async () => {
    const future = pending();
    fulfil(future, 1);
    let called = false;
    const waiting = future.then(() => (called = true));
    assert.equal(called, false);
    await waiting;
    assert.equal(called, true);
  });

  test("rejects what waits with the very error, falsy ones included", async () => {
    for (const reason of [new RangeError("no"), 0, "", null, undefined]) {
      const future = pending();
      const waiting = future.then(
        () => "value",
        (error: unknown) => ({ error }),
      );
      reject(future, reason);
      assert.deepEqual(await waiting, { error: reason });
      assert.equal(await future.exception(), reason);
      assert.equal(future.state, "rejected");
    }
  });

  test("turns a throw of a handler into the rejection of what then() gave, and goes on", async () => {
    const future = pending();
    const bad = future.then(() => {
      throw new Error("in the handler");
    });
    const good = future.then((value) => value);
    fulfil(future, 3);
    await assert.rejects(bad, /in the handler/);
    assert.equal(await good, 3);
  });

  test("passes value and error through then() without handlers, catch() and finally()", async () => {
    const good = pending();
    fulfil(good, 1);
    assert.equal(await good.then(undefined, undefined), 1);
    assert.equal(await good.catch(() => 2), 1);
    let cleaned = 0;
    assert.equal(await good.finally(() => void cleaned++), 1);
    const bad = rejectedFuture(new Error("bad"));
    await assert.rejects(bad.then(undefined, undefined), /bad/);
    assert.equal(await bad.catch(() => 2), 2);
    await assert.rejects(
      bad.finally(() => void cleaned++),
      /bad/,
    );
    assert.equal(cleaned, 2);
  });

  test("adopts a promise that a handler returns", async () => {
    const future = pending();
    fulfil(future, 2);
    assert.equal(await future.then(async (value) => (value as number) * 2), 4);
  });

  test("result() throws TimeoutError when the wait runs out, and can be asked again", async () => {
    const future = pending();
    await assert.rejects(future.result({ timeoutMs: 1 }), (error) => {
      assert(error instanceof TimeoutError);
      assert.equal(error.code, "ERR_HEDDLE_TIMEOUT");
      assert.equal(error.timeoutMs, 1);
      return true;
    });
    fulfil(future, "later");
    assert.equal(await future.result({ timeoutMs: 1 }), "later");
  });

  test("result() throws the reason of a signal, aborted before or during the wait", async () => {
    const future = pending();
    await assert.rejects(
      future.result({ signal: AbortSignal.abort("before") }),
      (reason) => reason === "before",
    );
    const controller = new AbortController();
    const waiting = future.result({ signal: controller.signal });
    controller.abort("during");
    await assert.rejects(waiting, (reason) => reason === "during");
    assert.equal(future.done, false);
  });

  test("exception() gives undefined for a value, and throws the reason of a cancellation", async () => {
    const good = pending();
    fulfil(good, 1);
    assert.equal(await good.exception(), undefined);
    await assert.rejects(cancelledFuture("why").exception(), (reason) => reason === "why");
  });

  test("refuses a wait with a bad limit or signal, naming the option", async () => {
    await assert.rejects(pending().result({ timeoutMs: -1 }), /timeoutMs must be .* and is -1$/);
    await assert.rejects(pending().result({ timeoutMs: NaN }), RangeError);
    await assert.rejects(pending().result({ signal: {} as AbortSignal }), /signal must be an AbortSignal/);
  });

  test("runs callbacks in order with the future; one that throws is a warning, and the others run", async () => {
    const future = pending();
    const seen: unknown[] = [];
    const warning = new Promise<Error>((resolve) => process.once("warning", resolve));
    future.addDoneCallback((done) => seen.push(done));
    future.addDoneCallback(() => {
      throw new Error("in a callback");
    });
    future.addDoneCallback(() => seen.push("last"));
    fulfil(future, 1);
    assert.deepEqual(seen, [future, "last"]);
    assert.match((await warning).message, /in a callback/);
    future.addDoneCallback(() => seen.push("at once"));
    assert.deepEqual(seen, [future, "last", "at once"]);
  });

  test("runs callbacks within the cancel() that cancels it", () => {
    const seen: unknown[] = [];
    const queued = new Future<unknown>({
      isRunning: () => false,
      cancel(cancelled, reason) {
        settleCancelled(cancelled, reason);
        seen.push("taken off");
        return true;
      },
    });
    queued.addDoneCallback((done) => seen.push(done.cancelled));
    queued.addDoneCallback(() => seen.push("second"));
    assert.equal(queued.cancel(), true);
    assert.deepEqual(seen, ["taken off", true, "second"]);
  });

  test("runs no callback before one that was added earlier, also when somebody else has just cancelled it", () => {
    const future = pending();
    const seen: string[] = [];
    future.addDoneCallback(() => seen.push("earlier"));
    settleCancelled(future, "the group was cancelled");
    future.addDoneCallback(() => seen.push("later"));
    assert.deepEqual(seen, ["earlier", "later"]);
  });

  test("what a callback throws is printed whole: its stack, and what caused it", () => {
    const program = `
      const { InlineExecutor } = await import("heddle");
      const future = new InlineExecutor().submit(() => 1);
      future.addDoneCallback(function careless() {
        throw new RangeError("in a callback", { cause: new Error("the reason") });
      });
      future.addDoneCallback(() => { throw Object.freeze(new Error("frozen")); });
      await future;`;
    const { status, stderr } = spawnSync(
      process.execPath,
      ["--conditions=@heddle/source", "--input-type=module", "--eval", program],
      { encoding: "utf8" },
    );
    assert.match(stderr, /RangeError: in a callback\n +at .*careless[^]*cause[^]*the reason/);
    assert.match(stderr, /Error: frozen/);
    assert.equal(status, 0);
  });

  test("cancel() asks the task, with the grace that was given", () => {
    const task = new FakeTask();
    const future = new Future<number>(task);
    assert.equal(future.cancel(), true);
    assert.equal(future.cancel("why", { graceMs: 5 }), true);
    task.accept = false;
    assert.equal(future.cancel(), false);
    assert.deepEqual(task.graces, [Infinity, 5, Infinity]);
    assert.throws(() => future.cancel("why", { graceMs: -1 }), RangeError);
    fulfil(future, 1);
    assert.equal(future.cancel(), false);
  });
});

describe("An error that nobody asks for", () => {
  const run = (body: string): { status: number | null; stderr: string } => {
    const module = JSON.stringify(fileURLToPath(new URL("./future.ts", import.meta.url)));
    const script = `import { rejectedFuture } from ${module};\n${body}`;
    const { status, stderr } = spawnSync(
      process.execPath,
      ["--conditions=@heddle/source", "--expose-gc", "--input-type=module", "--eval", script],
      { encoding: "utf8" },
    );
    return { status, stderr };
  };

  test("ends the program with an unhandled rejection when it has nothing left to do", () => {
    const { status, stderr } = run(`globalThis.kept = rejectedFuture(new RangeError("lost?"));`);
    assert.equal(status, 1);
    assert.match(stderr, /RangeError: lost\?/);
  });

  test("surfaces when its future is collected", () => {
    const { status, stderr } = run(`
      process.on("unhandledRejection", (error) => { console.error("found", error.message); process.exit(3); });
      (() => { rejectedFuture(new Error("gone")); })();
      const timer = setInterval(() => globalThis.gc(), 5);
    `);
    assert.equal(status, 3);
    assert.match(stderr, /found gone/);
  });

  test("is silent when it was asked for, however late", () => {
    const { status, stderr } = run(`
      const future = rejectedFuture(new Error("seen"));
      setTimeout(() => future.then(undefined, () => {}), 20);
    `);
    assert.equal(stderr, "");
    assert.equal(status, 0);
  });
});

test("Futures that were awaited while a collection ran are gone with the next one, however many", () => {
  const program = `
    import { fulfil, Future } from ${JSON.stringify(new URL("./future.ts", import.meta.url).href)};
    const gc = (type) => globalThis.gc({ type });
    const task = { isRunning: () => false, cancel: () => false };
    async function burst() {
      const futures = Array.from({ length: 10_000 }, () => new Future(task));
      for (const future of futures) void future.then(() => {});
      await undefined;
      gc("minor");
      for (const future of futures) fulfil(future, 1);
    }
    async function bursts(count) {
      for (let i = 0; i < count; i++) { await burst(); gc("minor"); }
    }
    // Whoever allocates in the old generation has begun to by then.
    await bursts(40);
    gc("major");
    const before = process.memoryUsage().heapUsed;
    await bursts(4);
    console.log(process.memoryUsage().heapUsed - before);
  `;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=@heddle/source", "--expose-gc", "--input-type=module", "--eval", program],
    { encoding: "utf8" },
  );
  assert.equal(stderr, "");
  const left = Number.parseInt(stdout, 10);
  assert.ok(left < 3_000_000, `${left} bytes are left of four bursts`);
});
