import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { Decoder } from "../codec/decoder.ts";
import { NotLoadedError } from "../errors.ts";
import { deliver, TestWire } from "../fixture.test.ts";

const wire = new TestWire();

describe("an abort signal", () => {
  test("that has aborted comes back so, with its reason", () => {
    class Stopped extends Error {
      code = "E_STOP";
    }
    for (const reason of ["text", undefined, { why: 1 }, new Stopped("x")]) {
      const value = AbortSignal.abort(reason);
      const back = wire.send({ signal: value, again: value });
      assert.equal(back.signal.aborted, true);
      assert.deepStrictEqual(back.signal.reason, value.reason);
      assert.equal(back.again, back.signal);
      assert.throws(() => back.signal.throwIfAborted());
    }
  });

  test("that has not aborted does so on the other side when it does here", async () => {
    const controller = new AbortController();
    const back = wire.send({ signal: controller.signal, list: [controller.signal] });
    assert.ok(back.signal instanceof AbortSignal);
    assert.equal(back.signal, back.list[0]);
    assert.equal(back.signal.aborted, false);
    const aborted = once(back.signal, "abort");
    controller.abort(new RangeError("enough"));
    await aborted;
    assert.equal(back.signal.aborted, true);
    assert.ok(back.signal.reason instanceof RangeError);
    assert.equal(back.signal.reason.message, "enough");
  });

  test("shows the abort to a task that only asks, and never lets the event loop turn", () => {
    const controller = new AbortController();
    const back = wire.send(controller.signal);
    let asked = 0;
    while (!back.aborted) if (++asked === 10) controller.abort("now");
    assert.equal(asked, 10);
    assert.equal(back.reason, "now");
    const other = new AbortController();
    const second = wire.send(other.signal);
    other.abort("later");
    assert.throws(
      () => second.throwIfAborted(),
      (reason) => reason === "later",
    );
  });

  test("tells its listeners once, whoever noticed first", async () => {
    const controller = new AbortController();
    const back = wire.send(controller.signal);
    let calls = 0;
    back.addEventListener("abort", () => calls++);
    back.onabort = () => calls++;
    controller.abort();
    assert.equal(back.aborted, true);
    await new Promise(setImmediate);
    assert.equal(calls, 2);
    assert.equal((back.reason as DOMException).name, "AbortError");
  });

  test("that is sent on is linked on", async () => {
    const controller = new AbortController();
    const third = wire.send(wire.send(wire.send(controller.signal)));
    const aborted = once(third, "abort");
    controller.abort("all the way");
    await aborted;
    assert.equal(third.reason, "all the way");
  });

  test("works with AbortSignal.any and AbortSignal.timeout", async () => {
    const timed = wire.send(AbortSignal.timeout(1));
    const any = AbortSignal.any([timed]);
    const alive = setTimeout(() => {}, 10_000);
    await once(any, "abort");
    clearTimeout(alive);
    assert.equal((timed.reason as DOMException).name, "TimeoutError");
  });

  test("with a reason that cannot travel aborts all the same", async () => {
    const controller = new AbortController();
    const back = wire.send(controller.signal);
    const aborted = once(back, "abort");
    controller.abort(Symbol("mine"));
    await aborted;
    assert.equal((back.reason as DOMException).name, "AbortError");
  });

  test("aborts all images though its reason can be moved to one of them only", async () => {
    const controller = new AbortController();
    const images = [wire.send(controller.signal), wire.send(controller.signal)];
    const all = Promise.all(images.map((image) => once(image, "abort")));
    const { port1, port2 } = new MessageChannel();
    controller.abort(port1);
    await all;
    const names = images.map(({ reason }) => (reason as object).constructor.name);
    assert.deepEqual(names, ["MessagePort", "DOMException"]);
    (images[0]!.reason as MessagePort).close();
    port2.close();
  });

  test("aborts though its reason cannot be read, or what that needs cannot be loaded", async () => {
    class Reason {
      why = "because";
    }
    const cannotLoad = (): Error => new NotLoadedError(Promise.reject(new Error("no")));
    for (const fail of [() => new Error("no"), cannotLoad]) {
      const controller = new AbortController();
      const { bytes, start, end } = wire.encode(controller.signal);
      let asked = 0;
      const decoder = new Decoder({
        publishFunction: () => assert.fail(),
        resolveFunction: () => {
          throw asked++ === 0 ? fail() : new Error("no");
        },
      });
      const signal = decoder.decode(bytes, start, end, deliver(wire.encoder)) as AbortSignal;
      const aborted = once(signal, "abort");
      controller.abort(new Reason());
      await aborted;
      const { name, cause } = signal.reason as DOMException;
      assert.deepEqual([name, (cause as Error).message], ["AbortError", "no"]);
    }
  });

  test("is not linked when the message fails, or a part of it is given up", () => {
    const controller = new AbortController();
    assert.throws(() => wire.send([controller.signal, Symbol("x")]), { path: "args[1]" });
    wire.send(Object.assign(new Error("x"), { broken: { a: [controller.signal, Symbol("x")] } }));
    assert.deepEqual(wire.encoder.sideItems, []);
  });

  test("keeps the event loop alive on neither side", async () => {
    const program = `
      import { TestWire } from ${JSON.stringify(import.meta.resolve("../fixture.test.ts"))};
      const controller = new AbortController();
      const back = new TestWire().send(controller.signal);
      back.addEventListener("abort", () => {});
      globalThis.kept = [controller, back];
      process.on("exit", () => console.log("done", back.aborted));
    `;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--conditions=@heddle/source", "--input-type=module", "-e", program],
      { timeout: 20_000 },
    );
    assert.equal(stdout, "done false\n");
  });

  test("leaves nothing behind on either side when both are collected", async () => {
    const program = `
      import { TestWire } from ${JSON.stringify(import.meta.resolve("../fixture.test.ts"))};
      const wire = new TestWire();
      const kept = new AbortController();
      const refs = [];
      for (let i = 0; i < 200; i++) refs.push(new WeakRef(wire.send(kept.signal)), new WeakRef(wire.send(new AbortController().signal)));
      let listeners = 0;
      const { getEventListeners } = await import("node:events");
      for (let round = 0; round < 50; round++) {
        gc();
        await new Promise(setImmediate);
        listeners = getEventListeners(kept.signal, "abort").length;
        if (listeners === 0 && refs.every((ref) => ref.deref() === undefined)) break;
      }
      console.log(listeners, refs.filter((ref) => ref.deref() !== undefined).length);
    `;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--expose-gc", "--conditions=@heddle/source", "--input-type=module", "-e", program],
      { timeout: 20_000 },
    );
    assert.equal(stdout, "0 0\n");
  });

  test("stays while it has listeners, though nobody else holds it", async () => {
    const program = `
      import { TestWire } from ${JSON.stringify(import.meta.resolve("../fixture.test.ts"))};
      const controller = new AbortController();
      let heard = false;
      (() => { new TestWire().send(controller.signal).addEventListener("abort", () => (heard = true)); })();
      for (let round = 0; round < 20; round++) { gc(); await new Promise(setImmediate); }
      controller.abort();
      for (let round = 0; round < 10_000 && !heard; round++) await new Promise(setImmediate);
      console.log(heard);
    `;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--expose-gc", "--conditions=@heddle/source", "--input-type=module", "-e", program],
      { timeout: 20_000 },
    );
    assert.equal(stdout, "true\n");
  });
});
