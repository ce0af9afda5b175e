import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Worker } from "node:worker_threads";
import { Ledger, settleLedger, settleThread, threadHeap } from "#heap";

import { here, Side } from "./fixtures/two-tables.ts";
import { RecordKind, RecordStore } from "./records.ts";

const heap = threadHeap();

function newStore(): RecordStore {
  return new RecordStore(heap, new Ledger(heap), () => {});
}

function claimsOf(address: number): number {
  return heap.load(address + 4);
}

describe("a record", () => {
  test("is held by its maker and by each thread that claims it", () => {
    const [maker, other] = [newStore(), newStore()];
    const record = maker.create(RecordKind.VALUE, 0, 8);
    assert.equal(maker.claims(record), 1);
    other.claim(record.address, record.serial);
    assert.equal(maker.claims(record), 2);
  });

  test("cannot be claimed under another serial", () => {
    const store = newStore();
    const { address, serial } = store.create(RecordKind.VALUE, 0, 8);
    assert.throws(() => store.claim(address, serial + 1), { code: "ERR_HEDDLE_CORRUPT_MESSAGE" });
  });
});

describe("the records of a thread that has ended", () => {
  test("are given up, and stay with those who hold them still", async () => {
    const shared = { list: [1, 2, 3] };
    const fns = Array.from({ length: 200 }, (_, i) => () => shared.list.length + i);
    const records = fns.map((fn) => here.publish(fn));
    const ended = new Side();
    for (const record of records) assert.ok((await ended.resolve<() => number>(record))() >= 3);
    assert.ok(records.every(({ address }) => claimsOf(address) === 2));
    settleLedger(heap, ended.ledger.address);
    assert.ok(records.every(({ address }) => claimsOf(address) === 1));
  });

  test("are freed if nobody else holds them: of a worker that was terminated, too", async () => {
    const program = `
      import { parentPort } from "node:worker_threads";
      import { functionTable } from ${JSON.stringify(new URL("./function-tables.ts", import.meta.url).href)};
      const table = functionTable();
      const records = Array.from({ length: 100 }, (_, i) => table.publishFunction(() => i, "fn"));
      parentPort.postMessage(records.map(({ address }) => address));
      setInterval(() => {}, 1000);
    `;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
    const { threadId } = worker;
    const addresses = await new Promise<number[]>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
    assert.ok(addresses.every((address) => claimsOf(address) === 1));
    await worker.terminate();
    settleThread(threadId);
    assert.ok(addresses.every((address) => heap.load(address) === 0 || claimsOf(address) !== 1));
  });
});
