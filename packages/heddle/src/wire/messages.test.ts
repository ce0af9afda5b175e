import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { Decoder } from "./codec/decoder.ts";
import { NotLoadedError } from "./errors.ts";
import { deliver, TestWire } from "./fixture.test.ts";

const wire = new TestWire();

describe("a message", () => {
  test("of arguments is read like any array", () => {
    for (const args of [[], [1, 2], ["a", { b: 1 }], Array.from({ length: 100 }, (_, i) => i), [[], [[]]]]) {
      const region = { bytes: new Uint8Array(1000), start: 5, end: 1000 };
      const length = wire.encoder.encodeArguments(args, region);
      assert.deepStrictEqual(wire.decode({ ...region, end: 5 + length }), args);
    }
    const args: unknown[] = [{ a: 1 }];
    args.push(args[0], args);
    const region = { bytes: new Uint8Array(100), start: 0, end: 100 };
    const length = wire.encoder.encodeArguments(args, region);
    const back = wire.decode({ ...region, end: length }) as unknown[];
    assert.equal(back[0], back[1]);
    assert.equal(back[2], back);
    assert.throws(() => wire.encoder.encodeArguments([Symbol("x")], region), { path: "args[0]" });
  });

  test("moves a port, though the one before it went to several threads, and could not", () => {
    const { port1, port2 } = new MessageChannel();
    const region = { bytes: new Uint8Array(100), start: 0, end: 100 };
    assert.throws(() => wire.encoder.encodeArguments([port1], region, true), { path: "args[0]" });
    wire.encode(port1);
    assert.deepEqual(wire.encoder.transferList, [port1]);
    port2.close();
  });

  test("of hundreds of kinds of records is read back, first and later", () => {
    const kinds = Array.from({ length: 300 }, (_, i) => ({
      id: i,
      [`field${i}`]: { [`inner${i % 50}`]: "x" },
    }));
    const value = [...kinds, ...kinds.map((record) => ({ ...record })), ...kinds];
    for (let i = 0; i < 60; i++) assert.deepStrictEqual(wire.send(value), value);
  });

  test("is read back while a program uses more lists of keys than are remembered", () => {
    for (let i = 0; i < 40_000; i++) {
      const value = { a: 1, [`n${i}`]: 2, z: i };
      if (i % 500 === 0)
        for (let again = 0; again < 3; again++) assert.deepStrictEqual(wire.send(value), value);
      else wire.encode(value);
    }
    const value = [
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ];
    for (let i = 0; i < 3; i++) assert.deepStrictEqual(wire.send(value), value);
  });

  test("is no longer than it need be", () => {
    const length = (value: unknown): number => {
      const { start, end } = wire.encode(value);
      return end - start;
    };
    assert.equal(length([1, 2]), 5);
    assert.equal(length("hello"), 12);
    assert.equal(length([]), 3);
    const records = Array.from({ length: 1000 }, (_, i) => ({ identifier: i % 90, description: "x" }));
    wire.encode(records);
    assert.ok(length(records) < 5000);
  });

  test("asks for room in few steps, however long", () => {
    const before = wire.growths;
    wire.send(Array.from({ length: 20_000 }, (_, i) => ({ i, text: `number ${i}` })));
    assert.ok(wire.growths - before < 20);
  });
});

describe("a decoder", () => {
  test("can be used by a hook that it calls", () => {
    const inner = wire.encode({ answer: 42 });
    const innerMessage = {
      bytes: inner.bytes.slice(inner.start, inner.end),
      start: 0,
      end: inner.end - inner.start,
    };
    const double = (): void => {};
    const outer = wire.encode([{ before: 1 }, double, { after: [1, "x"] }]);
    const answers: unknown[] = [];
    const decoder = new Decoder({
      publishFunction: () => assert.fail(),
      resolveFunction: () => {
        const { bytes, start, end } = innerMessage;
        answers.push(decoder.decode(bytes, start, end, []));
        return double;
      },
    });
    const back = decoder.decode(outer.bytes, outer.start, outer.end, []);
    assert.deepEqual(back, [{ before: 1 }, double, { after: [1, "x"] }]);
    assert.deepEqual(answers, [{ answer: 42 }]);
  });

  test("decodes a message again once its functions are loaded, signals and ports included", async () => {
    const controller = new AbortController();
    const work = (): void => {};
    const message = wire.encode([controller.signal, work]);
    const bytes = message.bytes.slice(message.start, message.end);
    const sideItems = deliver(wire.encoder);
    let isLoaded = false;
    const decoder = new Decoder({
      publishFunction: () => assert.fail(),
      resolveFunction: () => {
        if (!isLoaded) throw new NotLoadedError(Promise.resolve().then(() => (isLoaded = true)));
        return work;
      },
    });
    const decode = (): unknown => decoder.decode(bytes, 0, bytes.length, sideItems);
    for (let i = 0; i < 3; i++)
      assert.throws(decode, { name: "NotLoadedError", code: "ERR_HEDDLE_NOT_LOADED" });
    try {
      decode();
    } catch (error) {
      await (error as NotLoadedError).ready;
    }
    const [signal, fn] = decode() as [AbortSignal, unknown];
    assert.equal(fn, work);
    const aborted = once(signal, "abort");
    controller.abort("done");
    await aborted;
    assert.equal(signal.reason, "done");
  });

  test("waits for the class of a signal's reason", async () => {
    class Reason {
      why = "because";
    }
    let isLoaded = false;
    const controller = new AbortController();
    const { bytes, start, end } = wire.encode(controller.signal);
    const decoder = new Decoder({
      publishFunction: () => assert.fail(),
      resolveFunction: () => {
        if (!isLoaded) throw new NotLoadedError(Promise.resolve().then(() => (isLoaded = true)));
        return Reason;
      },
    });
    const signal = decoder.decode(bytes, start, end, deliver(wire.encoder)) as AbortSignal;
    const aborted = once(signal, "abort");
    controller.abort(new Reason());
    await aborted;
    assert.ok(signal.reason instanceof Reason);
  });

  test("passes on what a hook throws", () => {
    const work = (): void => {};
    const { bytes, start, end } = wire.encode([work]);
    const failure = new RangeError("mine");
    const decoder = new Decoder({
      publishFunction: () => assert.fail(),
      resolveFunction: () => {
        throw failure;
      },
    });
    assert.throws(
      () => decoder.decode(bytes, start, end, []),
      (error) => error === failure,
    );
  });
});
