import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Lock } from "../../sync/index.ts";
import { MessageCodec } from "../net/message-codec.ts";
import { type Connection, Pipe } from "../index.ts";

const CLOSED = { name: "ConnectionClosedError" };
const peer = fileURLToPath(new URL("./fixtures/peer.ts", import.meta.url));

/** A process that has `connection`, by way of its command line. */
function start(deed: string, connection: Connection<never>): ChildProcess {
  const handle = Buffer.from(new MessageCodec().encode(connection, "connection", true).bytes).toString("hex");
  return spawn(process.execPath, [...process.execArgv.filter(isCondition), peer, deed, handle], {
    stdio: "inherit",
  });
}

function isCondition(flag: string): boolean {
  return flag.startsWith("--conditions");
}

describe("Connection between processes", () => {
  test("carries values of any kind, and 16 MiB, there and back", async () => {
    const [here, there] = await Pipe();
    const child = start("echo", there as Connection<never>);
    class Point {
      x = 3;
    }
    const big = Buffer.alloc(16 << 20, 7);
    const messages = ["", { a: [1n, new Date(5)] }, new RangeError("no"), new Map([[1, new Set([2])]]), big];
    for (const message of messages) {
      await here.send(message);
      assert.deepEqual(await here.receive(), message);
    }
    await here.send(new Point());
    assert.ok((await here.receive()) instanceof Point);
    here.close();
    assert.deepEqual(await once(child, "exit"), [0, null]);
  });

  test("carries functions with what they capture", async () => {
    const [here, there] = await Pipe();
    const child = start("double", there as Connection<never>);
    const factor = { by: 2 };
    await here.send((n: number) => n * factor.by);
    assert.equal(await here.receive(), 42);
    await once(child, "exit");
  });

  test("carries the ends of other pipes", async () => {
    const [here, there] = await Pipe();
    const [inner, innerThere] = await Pipe<string>();
    const child = start("passOn", there as Connection<never>);
    await here.send(innerThere);
    assert.deepEqual(await Array.fromAsync(inner), ["through two"]);
    here.close();
    await once(child, "exit");
  });

  test("refuses what lives in one process, and names it", async () => {
    const [here, there] = await Pipe();
    const child = start("stay", there as Connection<never>);
    await here.receive();
    await assert.rejects(() => here.send({ locks: [new Lock()] }), {
      name: "WireError",
      path: "message.locks[0]",
    });
    await here.send("done");
    await once(child, "exit");

    const [mine, theirs] = await Pipe();
    const other = start("refused", theirs as Connection<never>);
    assert.match(
      String(await mine.receive()),
      /Cannot send message: it is a SharedArrayBuffer, .* leaves it/,
    );
    await once(other, "exit");
  });

  test("fails to receive there what was sent here before anybody knew where it goes, and goes on", async () => {
    const [here, there] = await Pipe();
    await here.send(new Lock());
    await here.send("next");
    start("twice", there as Connection<never>);
    assert.deepEqual(await Array.fromAsync(here), ["WireError", "next"]);
  });

  test("ends when the process that had the other end has ended, or was killed", async () => {
    const [here, there] = await Pipe();
    start("leave", there as Connection<never>);
    assert.deepEqual(await Array.fromAsync(here), ["going"]);

    const [mine, theirs] = await Pipe();
    const child = start("stay", theirs as Connection<never>);
    assert.equal(await mine.receive(), child.pid);
    const waiting = mine.receive();
    child.kill("SIGKILL");
    await assert.rejects(() => waiting, CLOSED);
    await assert.rejects(() => mine.send("anybody?"), CLOSED);
  });
});
