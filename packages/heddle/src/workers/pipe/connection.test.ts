import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { transfer } from "../../wire/index.ts";
import { type Connection, Pipe } from "../index.ts";

const CLOSED = { name: "ConnectionClosedError", code: "ERR_HEDDLE_CONNECTION_CLOSED" };
const MISUSED = { name: "ConnectionStateError", code: "ERR_HEDDLE_CONNECTION_STATE" };

describe("Pipe()", () => {
  test("gives two ends, each of which receives what the other sends, in order", async () => {
    const [here, there] = await Pipe<number>();
    for (let i = 0; i < 100; i++) await here.send(i);
    await there.send(-1);
    for (let i = 0; i < 100; i++) assert.equal(await there.receive(), i);
    assert.equal(await here.receive(), -1);
    here.close();
    there.close();
  });

  test("keeps messages apart, empty ones too", async () => {
    const [here, there] = await Pipe();
    for (const message of ["", new Uint8Array(0), undefined, "ab", "c"]) await here.send(message);
    here.close();
    assert.deepEqual(await Array.fromAsync(there), ["", new Uint8Array(0), undefined, "ab", "c"]);
  });

  test("with duplex: false gives an end that only receives, and one that only sends", async () => {
    const [reader, writer] = await Pipe<number>({ duplex: false });
    await writer.send(1);
    assert.equal(await reader.receive(), 1);
    await assert.rejects(() => reader.send(2), MISUSED);
    await assert.rejects(() => writer.receive(), MISUSED);
    await assert.rejects(() => writer.poll(), MISUSED);
    writer.close();
    await assert.rejects(() => reader.receive(), CLOSED);
  });

  test("refuses options that are none", async () => {
    await assert.rejects(() => Pipe(null as never), TypeError);
    await assert.rejects(() => Pipe({ duplex: "no" as never }), TypeError);
  });
});

describe("Connection.send()", () => {
  test("copies the value at once", async () => {
    const [here, there] = await Pipe<{ n: number }>();
    const value = { n: 1 };
    const sending = here.send(value);
    value.n = 2;
    await sending;
    assert.deepEqual(await there.receive(), { n: 1 });
  });

  test("carries a message of 16 MiB", async () => {
    const [here, there] = await Pipe<Uint8Array>();
    const bytes = new Uint8Array(16 << 20).map((_, i) => i % 251);
    await here.send(bytes);
    assert.deepEqual(Buffer.from(await there.receive()).equals(bytes), true);
  });

  test("waits while a mebibyte has not been received, and takes nothing when that takes too long", async () => {
    const [here, there] = await Pipe<Uint8Array | string>();
    await here.send(new Uint8Array(1 << 20));
    await assert.rejects(() => here.send("late", { timeoutMs: 0 }), { name: "TimeoutError" });
    const waiting = here.send("waited");
    assert.equal(((await there.receive()) as Uint8Array).length, 1 << 20);
    await waiting;
    assert.equal(await there.receive(), "waited");
    assert.equal(await there.poll(), false);
  });

  test("throws the signal's reason, and has sent nothing then", async () => {
    const [here, there] = await Pipe<Uint8Array | string>();
    await here.send(new Uint8Array(1 << 20));
    const controller = new AbortController();
    const sending = here.send("never", { signal: controller.signal });
    controller.abort(new RangeError("enough"));
    await assert.rejects(() => sending, { message: "enough" });
    await there.receive();
    assert.equal(await there.poll(), false);
  });

  test("moves what transfer() marks", async () => {
    const [here, there] = await Pipe<ArrayBuffer>();
    const buffer = transfer(new ArrayBuffer(8));
    await here.send(buffer);
    assert.equal(buffer.byteLength, 0);
    assert.equal((await there.receive()).byteLength, 8);
  });

  test("names the path of what cannot travel, and has sent nothing then", async () => {
    const [here, there] = await Pipe();
    await assert.rejects(() => here.send({ list: [new WeakMap()] }), {
      name: "WireError",
      path: "message.list[0]",
    });
    assert.equal(await there.poll(), false);
  });
});

describe("Connection.poll()", () => {
  test("says whether a message is there, as often as it is asked, and takes none", async () => {
    const [here, there] = await Pipe<string>();
    assert.equal(await there.poll(), false);
    assert.equal(await there.poll({ timeoutMs: 1 }), false);
    await here.send("a");
    assert.deepEqual([await there.poll(), await there.poll()], [true, true]);
    assert.equal(await there.receive(), "a");
    assert.equal(await there.poll(), false);
  });

  test("waits for a message, as long as it may", async () => {
    const [here, there] = await Pipe<string>();
    const polling = there.poll({ timeoutMs: 60_000 });
    await here.send("a");
    assert.equal(await polling, true);
  });

  test("says that the end is there", async () => {
    const [here, there] = await Pipe<string>();
    const polling = there.poll({ timeoutMs: 60_000 });
    here.close();
    assert.equal(await polling, true);
    assert.equal(await there.poll(), true);
    await assert.rejects(() => there.receive(), CLOSED);
  });
});

describe("Connection.close()", () => {
  test("leaves what was sent to be received; after that the end is told", async () => {
    const [here, there] = await Pipe<string>();
    await here.send("last");
    here.close();
    here.close();
    assert.equal(await there.receive(), "last");
    await assert.rejects(() => there.receive(), CLOSED);
    await assert.rejects(() => there.send("back"), CLOSED);
  });

  test("ends the waits of both ends", async () => {
    const [here, there] = await Pipe<string>();
    const mine = here.receive();
    const theirs = there.receive();
    here.close();
    await assert.rejects(() => mine, MISUSED);
    await assert.rejects(() => theirs, CLOSED);
  });

  test("makes any further use of the end an error", async () => {
    const [here] = await Pipe<string>();
    {
      using closing = here;
      assert.equal(closing.closed, false);
    }
    assert.equal(here.closed, true);
    await assert.rejects(() => here.send("x"), MISUSED);
    await assert.rejects(() => here.receive(), MISUSED);
    await assert.rejects(() => here.poll(), MISUSED);
  });

  test("fails senders that still wait for room", async () => {
    const [here, there] = await Pipe<Uint8Array>();
    await here.send(new Uint8Array(1 << 20));
    const waiting = here.send(new Uint8Array(1));
    there.close();
    await assert.rejects(() => waiting, CLOSED);
  });
});

describe("Connection", () => {
  test("receives in the order in which receivers came, one message each", async () => {
    const [here, there] = await Pipe<number>();
    const received = Promise.all([there.receive(), there.receive(), there.receive()]);
    for (const n of [1, 2, 3]) await here.send(n);
    assert.deepEqual(await received, [1, 2, 3]);
  });

  test("a wait that ran out has taken nothing", async () => {
    const [here, there] = await Pipe<string>();
    await assert.rejects(() => there.receive({ timeoutMs: 1 }), { name: "TimeoutError" });
    await here.send("kept");
    assert.equal(await there.receive(), "kept");
  });

  test("sent through a pipe is the same connection in its own thread", async () => {
    const [here, there] = await Pipe<Connection<string>>();
    const [inner] = await Pipe<string>();
    await here.send(inner);
    assert.equal(await there.receive(), inner);
  });
});
