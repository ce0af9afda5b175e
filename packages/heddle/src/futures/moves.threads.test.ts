import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { MessageChannel } from "node:worker_threads";
import { transfer, WireError } from "../wire/index.ts";
import { Thread } from "../workers/index.ts";
import { ThreadPoolExecutor } from "./index.ts";

/** What the types of Node leave out. */
interface Platform {
  readonly WebAssembly: {
    readonly Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
  };
}

const memory = (): ArrayBuffer => {
  const { WebAssembly } = globalThis as unknown as Platform;
  return new WebAssembly.Memory({ initial: 1 }).buffer;
};

describe("what is to be moved and cannot be fails its call, and is told by name:", () => {
  const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  after(() => pool.shutdown());

  const kept =
    /ArrayBuffer .*that is to be moved: it is memory that its owner keeps, as a WebAssembly\.Memory/;
  const size = (given: ArrayBuffer): number => given.byteLength;

  test("memory of WebAssembly, beside what can be, which stays", async () => {
    const other = new ArrayBuffer(8);
    const sent = pool.submit((...all: ArrayBuffer[]) => all.length, transfer(other), transfer(memory()));
    await assert.rejects(sent.result(), { name: "WireError", message: kept });
    assert.equal(other.byteLength, 8);
    assert.equal(await pool.submit(size, other), 8);
    assert.equal(other.byteLength, 0, "it is marked still");
  });

  test("memory of WebAssembly that is a result", async () => {
    const made = pool.submit(() => transfer(memory()));
    await assert.rejects(made.result(), { name: "WireError", message: kept });
    assert.equal(await pool.submit(() => 1), 1);
  });

  test("memory of WebAssembly for a thread, which can be started again", () => {
    const buffer = memory();
    const thread = new Thread(size, { args: [transfer(buffer)] });
    assert.throws(
      () => thread.start(),
      (error) => error instanceof WireError && kept.test(error.message),
    );
  });

  test("a port that was moved before, and one that stays open beside it", async () => {
    const [first, second] = [new MessageChannel(), new MessageChannel()];
    structuredClone(first.port1, { transfer: [first.port1] });
    const sent = pool.submit((...all: unknown[]) => all.length, second.port1, first.port1);
    await assert.rejects(
      sent.result(),
      /MessagePort .*that is to be moved: it was closed, or moved before; transfer it once/,
    );
    assert.equal(
      await pool.submit((port) => {
        port.close();
        return 1;
      }, second.port1),
      1,
    );
    for (const port of [first.port2, second.port2]) port.close();
  });
});
