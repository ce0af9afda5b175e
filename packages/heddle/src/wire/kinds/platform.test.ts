import assert from "node:assert/strict";
import { createHmac, createSecretKey, generateKeyPairSync, webcrypto } from "node:crypto";
import { createSocket } from "node:dgram";
import * as fileSystem from "node:fs";
import { open } from "node:fs/promises";
import { BlockList, Socket, SocketAddress } from "node:net";
import { createHistogram } from "node:perf_hooks";
import { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { describe, test } from "node:test";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { Encoder } from "../codec/encoder.ts";
import { transfer } from "./transfer.ts";
import { TestWire } from "../fixture.test.ts";

declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Memory: new (limits: { initial: number; maximum?: number; shared?: boolean }) => {
    readonly buffer: ArrayBufferLike;
  };
};

const wire = new TestWire();

/** The refusal of `make()` in the place that the issue names. */
function refused(name: string, make: () => unknown, found: RegExp, remedy: RegExp): void {
  test(`${name} is refused: where, what, why, what instead`, () => {
    const value = make();
    const items = [1, 2, 3, { socket: value }];
    assert.throws(
      () => wire.encode([{ items }]),
      (error: Error & { code: string; path: string }) => {
        assert.equal(error.name, "WireError");
        assert.ok(error instanceof TypeError);
        assert.equal(error.code, "ERR_HEDDLE_NOT_CLONEABLE");
        assert.equal(error.path, "args[0].items[3].socket");
        const [head, foundText, remedyText] = /^(Cannot send args\[0\]\.items\[3\]\.socket: )(.*); (.*)$/
          .exec(error.message)!
          .slice(1);
        assert.ok(head);
        assert.match(foundText!, found);
        assert.match(remedyText!, remedy);
        return true;
      },
    );
    assert.deepEqual(wire.encoder.sideItems, []);
    assert.deepEqual(wire.send([{ items: [1] }]), [{ items: [1] }]);
  });
}

describe("what stays in its thread", () => {
  refused("a socket", () => new Socket(), /^it is a Socket, whose descriptor/, /open it in the task/);
  refused(
    "a Node stream",
    () => Readable.from([]),
    /^it is a Readable, whose descriptor/,
    /web stream by transfer/,
  );
  refused("a promise", () => Promise.resolve(1), /^it is a Promise, which settles/, /await it/);
  refused("a WeakMap", () => new WeakMap(), /^it is a WeakMap/, /send the objects/);
  refused("a WeakSet", () => new WeakSet(), /^it is a WeakSet/, /send the objects/);
  refused("a WeakRef", () => new WeakRef({}), /^it is a WeakRef/, /send the objects/);
  refused(
    "a FinalizationRegistry",
    () => new FinalizationRegistry(() => {}),
    /^it is a FinalizationRegistry/,
    /./,
  );
  refused(
    "a proxy of an object",
    () => new Proxy({ a: 1 }, {}),
    /^it is a Proxy/,
    /send the object behind it/,
  );
  refused("a proxy of an array", () => new Proxy([1], {}), /^it is a Proxy/, /send the object behind it/);
  refused(
    "a revoked proxy",
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    },
    /^it is a Proxy/,
    /./,
  );
  refused(
    "a generator",
    () =>
      (function* () {
        yield 1;
      })(),
    /^it is a Generator/,
    /send its values/,
  );
  refused(
    "an async generator",
    () =>
      (async function* () {
        yield 1;
      })(),
    /^it is an AsyncGenerator/,
    /send its values/,
  );
  refused(
    "an iterator of a map",
    () => new Map([[1, 2]]).entries(),
    /^it is a.* Iterator/,
    /send its values/,
  );
  refused("an iterator of an array", () => [1].values(), /^it is a.* Iterator/, /send its values/);
  refused("an AbortController", () => new AbortController(), /^it is an AbortController/, /send its signal/);
  refused("an EventTarget", () => new EventTarget(), /^it is an EventTarget/, /MessagePort/);
  refused(
    "a stream that is not transferred",
    () => new ReadableStream(),
    /^it is a ReadableStream, which can only be moved/,
    /transfer\(\)/,
  );
  refused(
    "a locked stream",
    () => {
      const stream = new ReadableStream();
      stream.getReader();
      return transfer(stream);
    },
    /locked/,
    /release the lock/,
  );
  refused(
    "memory that is not shared",
    () => new WebAssembly.Memory({ initial: 1 }),
    /^it is a Memory, which is not shared/,
    /shared: true/,
  );
  refused(
    "a datagram socket",
    () => {
      const socket = createSocket("udp4");
      setImmediate(() => socket.close());
      return socket;
    },
    /^it is a Socket, which holds a handle/,
    /open it in the task/,
  );
  refused(
    "an entry of a directory, which would not tell what it is",
    () => fileSystem.readdirSync(import.meta.dirname, { withFileTypes: true })[0],
    /^it is a Dirent, which keeps what it is under a symbol/,
    /send the data that it gives/,
  );
  refused(
    "a decoder of text",
    () => new StringDecoder("utf8"),
    /^it is a StringDecoder, which keeps what it is under a symbol/,
    /make it in the task/,
  );
  refused("a timer", () => setTimeout(() => {}, 0), /^it is a Timeout, which the event loop/, /in the task/);
  refused("an immediate", () => setImmediate(() => {}), /^it is an Immediate, which/, /in the task/);
  refused(
    "a watcher of files",
    () => {
      const watcher = fileSystem.watch(import.meta.dirname);
      setImmediate(() => watcher.close());
      return watcher;
    },
    /^it is a FSWatcher, which holds a handle/,
    /in the task/,
  );
  refused("a form", () => new FormData(), /^it is a FormData, whose state/, /send the data/);
  refused("a text decoder", () => new TextDecoder(), /^it is a TextDecoder, whose state/, /in the task/);
  refused(
    "an Intl format",
    () => new Intl.NumberFormat("en"),
    /^it is a NumberFormat, whose state lives outside JavaScript/,
    /in the task/,
  );
  refused(
    "an instance of a class that extends one of the platform's",
    () => new (class Money extends Intl.NumberFormat {})("en"),
    /^it is a Money, whose class extends NumberFormat, which keeps its state outside JavaScript/,
    /in the task/,
  );
  refused("a digest under way", () => createHmac("sha1", "x"), /^it is a Hmac/, /./);
  refused("a module", () => fileSystem, /^it is a Module, whose bindings/, /use it in the function/);
});

describe("the path of what stays", () => {
  const bad = Symbol("bad");
  const cases: [unknown, string][] = [
    [bad, "result"],
    [[bad], "result[0]"],
    [{ a: { "b c": bad } }, 'result.a["b c"]'],
    [{ "": bad }, 'result[""]'],
    [{ 1: bad }, 'result["1"]'],
    [{ größe: bad, x: 1 }, "result.größe"],
    [new Map([["k", [bad]]]), 'result.get("k")[0]'],
    [new Map([[1, bad]]), "result.get(1)"],
    [
      new Map([
        [{}, 1],
        [{}, bad as never],
      ]),
      "result.values()[1]",
    ],
    [
      new Map<unknown, unknown>([
        ["a", 1],
        [{ k: bad }, 1],
      ]),
      "result.keys()[1].k",
    ],
    [new Set([1, 2, { x: bad }]), "result.values()[2].x"],
    [Object.assign([1, , 3], { x: [bad] }), "result.x[0]"],
    [[1, , bad], "result[2]"],
    [AbortSignal.abort({ why: bad }), "result.reason.why"],
    [Object(bad), "result"],
  ];
  for (const [value, path] of cases)
    test(`is ${path}`, () => {
      for (let i = 0; i < 3; i++)
        assert.throws(() => wire.encode(value, "result"), { path, code: "ERR_HEDDLE_NOT_CLONEABLE" });
    });

  test("leads through maps and sets of other realms, and asks no method of a subclass", async () => {
    const { runInNewContext } = await import("node:vm");
    const [map, set] = runInNewContext("[new Map(), new Set()]") as [Map<unknown, unknown>, Set<unknown>];
    assert.throws(() => wire.encode(map.set("k", bad)), { path: 'args.get("k")' });
    assert.throws(() => wire.encode(set.add(bad)), { path: "args.values()[0]" });
    class Locked extends Map<string, unknown> {
      override keys(): MapIterator<string> {
        throw new Error("no");
      }
    }
    assert.throws(() => wire.encode(new Locked([["k", bad]])), { path: 'args.get("k")' });
  });

  test("leads through instances and subclasses", () => {
    class Job {
      input = { list: [bad] };
    }
    class Jobs extends Map<string, Job> {}
    assert.throws(() => wire.encode([new Jobs([["j", new Job()]])]), {
      path: 'args[0].get("j").input.list[0]',
    });
  });
});

describe("what only postMessage can carry", () => {
  test("goes beside the bytes and comes back in its place", async () => {
    const key = createSecretKey(Buffer.from("secret"));
    const { publicKey } = generateKeyPairSync("ed25519");
    const webKey = await webcrypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
    const blockList = new BlockList();
    blockList.addAddress("10.0.0.1");
    const histogram = createHistogram();
    histogram.record(7);
    const value = {
      key,
      publicKey,
      webKey,
      blockList,
      histogram,
      blob: new Blob(["text"]),
      file: new File(["x"], "name.txt"),
      address: new SocketAddress({ address: "127.0.0.1", port: 80 }),
      keyAgain: key,
      module: new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
      memory: new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }),
    };
    const back = wire.send(value);
    assert.equal(back.key.export().toString(), "secret");
    assert.equal(back.keyAgain, back.key);
    assert.equal(back.publicKey.asymmetricKeyType, "ed25519");
    assert.equal(back.webKey.type, "secret");
    assert.ok(back.blockList.check("10.0.0.1"));
    assert.equal(back.histogram.max, 7);
    assert.equal(await back.blob.text(), "text");
    assert.equal(back.file.name, "name.txt");
    assert.equal(back.address.port, 80);
    assert.ok(back.module instanceof WebAssembly.Module);
    assert.ok(back.memory.buffer instanceof SharedArrayBuffer);
  });

  test("moves a port, as there is no copy of one", () => {
    const { port1, port2 } = new MessageChannel();
    const back = wire.send({ port: port2, again: [port2] });
    assert.equal(back.port, back.again[0]);
    port1.postMessage("hello");
    assert.deepEqual(receiveMessageOnPort(back.port), { message: "hello" });
    port1.close();
  });

  test("moves web streams and open files that transfer() marked", async () => {
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue("chunk");
        controller.close();
      },
    });
    const file = await open(import.meta.filename);
    const { size } = await file.stat();
    const back = wire.send([transfer(stream), transfer(file)]) as [ReadableStream<string>, typeof file];
    const chunks: string[] = [];
    for await (const chunk of back[0]) chunks.push(chunk);
    assert.deepEqual(chunks, ["chunk"]);
    assert.equal((await back[1].stat()).size, size);
    await back[1].close();
  });

  test("is listed by the encoder until the next message", () => {
    const blob = new Blob(["x"]);
    const buffer = transfer(new ArrayBuffer(8));
    wire.encode([blob, buffer]);
    assert.deepEqual(wire.encoder.sideItems, [blob, buffer]);
    assert.deepEqual(wire.encoder.transferList, [buffer]);
    wire.encode(1);
    assert.deepEqual([wire.encoder.sideItems, wire.encoder.transferList], [[], []]);
  });
});

test("a getter that throws ends the call with its own error", () => {
  const failure = new RangeError("mine");
  const value = {
    a: 1,
    get b(): never {
      throw failure;
    },
  };
  for (let i = 0; i < 3; i++)
    assert.throws(
      () => wire.encode([value]),
      (error) => error === failure,
    );
  assert.deepEqual(wire.send([1]), [1]);
});

test("what the grower throws ends the call, even inside an error", () => {
  const full = new Error("full");
  const encoder = new Encoder(wire.hooks, () => {
    throw full;
  });
  const region = { bytes: new Uint8Array(64), start: 0, end: 64 };
  const big = "x".repeat(100);
  for (const value of [
    big,
    [{ big }],
    new Error("x", { cause: big }),
    new Uint8Array(100),
    Object.assign(new Error("x"), { big }),
  ]) {
    assert.throws(
      () => encoder.encode(value, region, "args"),
      (error) => error === full,
    );
  }
  assert.equal(encoder.encode(1, region, "args"), 3);
});

test("an encoder that is asked to encode by a getter of what it encodes refuses that, and goes on", () => {
  const value = {
    a: 1,
    get b(): unknown {
      assert.throws(() => wire.encode(2, "inner"), /in the middle of another message/);
      return 3;
    },
  };
  assert.deepEqual(wire.send(value), { a: 1, b: 3 });
});
