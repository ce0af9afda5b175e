import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { describe, test } from "node:test";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import fc from "fast-check";
import {
  FrameLink,
  HANDSHAKE_LIMIT_BYTES,
  introduce,
  LARGEST_FRAME_BYTES,
  MessageCodec,
} from "../workers/net/index.ts";
import { certificate, privateKey } from "./fixtures/certificate.ts";
import { Manager, type ManagerServeOptions, remote } from "./index.ts";
import { Kind, packHead } from "./messages.ts";
import { until } from "../heap/fixtures/until.ts";

const REFUSED = { name: "AuthenticationError", code: "ERR_HEDDLE_AUTHENTICATION" };

class Counter {
  count = 0;
  increment(by = 1): number {
    return (this.count += by);
  }
  hold(): Promise<void> {
    return new Promise(() => undefined);
  }
  bytes(length: number): Uint8Array {
    return new Uint8Array(length);
  }
  length(bytes: Uint8Array): number {
    return bytes.length;
  }
}

/** A server with a counter called "counter", and what holds after everything that was done to it. */
async function serve(
  options: Partial<ManagerServeOptions> = {},
): Promise<{ server: Manager; address: string; counter: Counter } & AsyncDisposable> {
  const server = await Manager.serve({ address: "tcp:127.0.0.1:0", authKey: "key", ...options });
  const counter = new Counter();
  await server.register("counter", counter);
  return {
    server,
    address: server.address!,
    counter,
    async [Symbol.asyncDispose]() {
      // It still serves whoever has the key, and holds nothing of the others.
      await until(() => server.statistics().clients === 0 && server.statistics().halfOpen === 0);
      const { count } = counter;
      const tls = options.tls && { rejectUnauthorized: false };
      const client = await Manager.connect({ address: server.address!, authKey: "key", ...(tls && { tls }) });
      assert.equal(await (await client.get<Counter>("counter")).increment(), count + 1);
      await client.shutdown();
      await until(() => server.statistics().clients === 0);
      assert.equal(server.statistics().lent, 0);
      await server.shutdown();
    },
  };
}

function openSocket(address: string): Socket {
  const socket = connect(Number(/:(\d+)$/.exec(address)![1]), "127.0.0.1");
  socket.on("error", () => undefined);
  return socket;
}

/** A client that has the key, and says what it likes. */
async function intruder(address: string): Promise<FrameLink> {
  const link = new FrameLink(openSocket(address), HANDSHAKE_LIMIT_BYTES);
  await introduce(link, { key: Buffer.from("key"), purpose: "manager" });
  link.limitBytes = LARGEST_FRAME_BYTES;
  return link;
}

/** The next message that answers something, or says the settings. */
async function answer(link: FrameLink): Promise<Uint8Array> {
  for (;;) {
    const frame = await link.next();
    if (frame[0] !== Kind.PING) return frame;
  }
}

async function isDropped(socket: Socket): Promise<void> {
  socket.resume();
  // An error is a way to be dropped.
  if (!socket.destroyed) await new Promise((resolve) => socket.once("close", resolve));
}

describe("Manager.serve() to those without the key", () => {
  test("refuses other keys, and says nothing but that", async () => {
    await using kept = await serve();
    for (const authKey of ["", "Key", "key ", Buffer.alloc(1000)]) {
      await assert.rejects(() => Manager.connect({ address: kept.address, authKey }), REFUSED);
    }
  });

  test("an empty key is a key like any other", async () => {
    const server = await Manager.serve({ address: "tcp:127.0.0.1:0", authKey: "" });
    await assert.rejects(() => Manager.connect({ address: server.address!, authKey: "x" }), REFUSED);
    const client = await Manager.connect({ address: server.address!, authKey: new Uint8Array(0) });
    await client.shutdown();
    await server.shutdown();
  });

  test("answers nothing that is asked before the proof", async () => {
    await using kept = await serve();
    const link = new FrameLink(openSocket(kept.address), HANDSHAKE_LIMIT_BYTES);
    const greeting = await link.next();
    assert.equal(greeting.length, 36);
    link.send(packHead({ kind: Kind.CALL, id: 1, target: 0, path: ["get"] }));
    assert.deepEqual([...(await link.next())], [0]);
    await isDropped(link.socket);
  });

  test("refuses what is no message of a handshake, whatever it is, and lives", async () => {
    await using kept = await serve();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
        const socket = openSocket(kept.address);
        socket.end(bytes);
        await isDropped(socket);
      }),
      { numRuns: 100 },
    );
    const long = openSocket(kept.address);
    long.write(Uint8Array.of(255, 255, 255, 255));
    await isDropped(long);
  });

  test("drops a thousand connections that say nothing, and lets in who has the key meanwhile", async () => {
    await using kept = await serve({ maxHalfOpen: 50, handshakeTimeoutMs: 60_000 });
    const sockets = Array.from({ length: 1000 }, () => openSocket(kept.address));
    const client = await Manager.connect({ address: kept.address, authKey: "key" });
    assert.equal(await (await client.get<Counter>("counter")).increment(), 1);
    for (const socket of sockets) socket.resume();
    await until(() => sockets.filter(({ destroyed }) => destroyed).length >= 900);
    assert.ok(kept.server.statistics().halfOpen <= 50);
    for (const socket of sockets) socket.destroy();
    await client.shutdown();
  });

  test("drops who takes too long to prove the key", async () => {
    await using kept = await serve({ handshakeTimeoutMs: 300 });
    const socket = openSocket(kept.address);
    await isDropped(socket);
  });

  test("takes so many clients and no more", async () => {
    await using kept = await serve({ maxConnections: 1 });
    const { address } = kept;
    const client = await Manager.connect({ address, authKey: "key" });
    await assert.rejects(() => Manager.connect({ address, authKey: "key" }), REFUSED);
    await client.shutdown();
    await until(() => kept.server.statistics().clients === 0);
  });
});

describe("Manager.serve() over TLS", () => {
  const tls = { key: privateKey, cert: certificate };

  test("serves whoever believes its certificate and has the key", async () => {
    await using kept = await serve({ tls });
    const { address } = kept;
    const client = await Manager.connect({ address, authKey: "key", tls: { ca: certificate } });
    assert.equal(await (await client.get<Counter>("counter")).increment(), 1);
    await client.shutdown();
    await assert.rejects(
      () => Manager.connect({ address, authKey: "no", tls: { ca: certificate } }),
      REFUSED,
    );
    await assert.rejects(() => Manager.connect({ address, authKey: "key", tls: {} }), {
      name: "ManagerClosedError",
    });
  });

  test("refuses proofs that somebody in between passes on, though both sides have the key", async () => {
    await using kept = await serve({ tls });
    const { port } = new URL(kept.address.replace("tcp:", "tcp://"));
    const middle = createTlsServer(tls, (victim) => {
      const server = connectTls({ port: Number(port), rejectUnauthorized: false });
      victim.on("error", () => undefined).pipe(server);
      server.on("error", () => undefined).pipe(victim);
    }).listen(0, "127.0.0.1");
    await once(middle, "listening");
    const address = `tcp:127.0.0.1:${(middle.address() as AddressInfo).port}`;
    const believing = { rejectUnauthorized: false };
    await assert.rejects(() => Manager.connect({ address, authKey: "key", tls: believing }), REFUSED);
    middle.close();
  });

  test("drops who does not speak TLS, or says nothing", async () => {
    await using kept = await serve({ tls, handshakeTimeoutMs: 300 });
    const plain = openSocket(kept.address);
    plain.write("GET / HTTP/1.1\r\n\r\n");
    await isDropped(plain);
    await isDropped(openSocket(kept.address));
    // What it is told is a matter of which comes first: that the server closes the connection, or that it resets it.
    await assert.rejects(() => Manager.connect({ address: kept.address, authKey: "key" }), {
      code: /^ERR_HEDDLE_(AUTHENTICATION|MANAGER_CLOSED)$/,
    });
  });
});

describe("Manager.serve() to those with the key", () => {
  test("ends a connection that says what is no message, and lives", async () => {
    await using kept = await serve();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
        const link = await intruder(kept.address);
        link.send(bytes);
        link.end();
        await isDropped(link.socket);
      }),
      { numRuns: 60 },
    );
  });

  test("fails calls whose arguments are damaged, and no others", async () => {
    await using kept = await serve();
    const client = await Manager.connect({ address: kept.address, authKey: "key" });
    const link = await intruder(kept.address);
    await answer(link);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 100 }), async (body) => {
        link.send(packHead({ kind: Kind.CALL, id: 7, target: 0, path: ["get"] }), body);
        const reply = await answer(link);
        assert.equal(reply[0]! & 0x7f, Kind.FAIL);
      }),
      { numRuns: 100 },
    );
    assert.equal(await (await client.get<Counter>("counter")).increment(), 1);
    link.destroy();
    await client.shutdown();
  });

  test("drops a client whose message is longer than it takes; its own clients do not send one", async () => {
    await using kept = await serve({ maxMessageBytes: 1000 });
    const link = await intruder(kept.address);
    link.send(packHead({ kind: Kind.CALL, id: 7, target: 0, path: ["get"] }), new Uint8Array(1000));
    await isDropped(link.socket);

    const client = await Manager.connect({ address: kept.address, authKey: "key" });
    const counter = await client.get<Counter>("counter");
    await assert.rejects(() => counter.length(new Uint8Array(1000)), {
      name: "RangeError",
      message: /^Cannot send message: it has \d+ bytes, and the other side takes 1000 at most$/,
    });
    assert.equal(await counter.length(new Uint8Array(100)), 100);
    await client.shutdown();
  });

  test("fails a call whose result is longer than its client takes", async () => {
    await using kept = await serve();
    const client = await Manager.connect({ address: kept.address, authKey: "key", maxMessageBytes: 2000 });
    const counter = await client.get<Counter>("counter");
    await assert.rejects(() => counter.bytes(3000), { name: "RangeError" });
    assert.equal((await counter.bytes(100)).length, 100);
    await client.shutdown();
  });

  test("a message that is cut off ends the connection, and what it held", async () => {
    await using kept = await serve();
    const link = await intruder(kept.address);
    link.socket.end(Uint8Array.of(200, 0, 0, 0, Kind.CALL, 1));
    await isDropped(link.socket);
  });

  test("refuses ids of things that were never lent", async () => {
    await using kept = await serve();
    const link = await intruder(kept.address);
    await answer(link);
    for (const target of [1, 99, 2 ** 32 - 1]) {
      link.send(packHead({ kind: Kind.GET, id: 1, target, path: ["count"] }));
      assert.equal((await answer(link))[0]! & 0x7f, Kind.FAIL);
      link.send(packHead({ kind: Kind.RELEASE, id: target, target: 5 }));
    }
    link.send(packHead({ kind: Kind.RELEASE, id: 0, target: 2 ** 31 }));
    link.send(packHead({ kind: Kind.GET, id: 2, target: 0, path: ["get"] }));
    assert.equal((await answer(link))[0]! & 0x7f, Kind.REPLY);
    link.destroy();
  });

  test("drops a client that is silent for longer than its lease, and what it held", async () => {
    await using kept = await serve({ leaseMs: 1000 });
    const link = await intruder(kept.address);
    await isDropped(link.socket);
  });

  test("drops a client that does not take what it asks for", async () => {
    await using kept = await serve({ leaseMs: 1500 });
    const link = await intruder(kept.address);
    await answer(link);
    link.send(packHead({ kind: Kind.CALL, id: 1, target: 0, path: ["get"] }), argumentsOf("counter"));
    await answer(link);
    link.deafen();
    const pinging = setInterval(() => link.send(packHead({ kind: Kind.PING, id: 0 })), 20);
    link.send(packHead({ kind: Kind.CALL, id: 2, target: 1, path: ["bytes"] }), argumentsOf(50 << 20));
    await until(() => kept.server.statistics().clients === 0);
    clearInterval(pinging);
    link.destroy();
  });

  test("keeps a client that has nothing to say, as its side says so", async () => {
    await using kept = await serve({ leaseMs: 800 });
    const client = await Manager.connect({ address: kept.address, authKey: "key" });
    const counter = await client.get<Counter>("counter");
    const begin = performance.now();
    await until(() => performance.now() - begin > 2.5 * 800);
    assert.equal(await counter.increment(), 1);
    await client.shutdown();
  });

  test("a callback cannot be used to get at more than it is", async () => {
    await using kept = await serve();
    class Thief {
      async steal(callback: () => void): Promise<unknown[]> {
        const proxy = callback as unknown as Record<string, PromiseLike<unknown>>;
        return [await proxy["constructor"], await proxy["__proto__"], await proxy["apply"]];
      }
    }
    const client = await Manager.connect({ address: kept.address, authKey: "key" });
    using thief = await client.create(Thief);
    assert.deepEqual(await thief.steal(() => undefined), [undefined, undefined, undefined]);
    await client.shutdown();
  });

  test("calls of a client that is gone come to their end, and nobody is told", async () => {
    await using kept = await serve();
    const client = await Manager.connect({ address: kept.address, authKey: "key" });
    const held = remote(new Counter());
    await client.register("held", held);
    await kept.server.unregister("held");
    const counter = await client.get<Counter>("counter");
    const holding = assert.rejects(() => counter.hold(), { name: "ManagerClosedError" });
    await client.shutdown();
    await holding;
  });
});

/** The bytes of the arguments of a call. */
function argumentsOf(argument: string | number): Uint8Array {
  return new MessageCodec().encode([argument], "args", true).bytes;
}
