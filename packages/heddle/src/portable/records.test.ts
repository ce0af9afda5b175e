import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Worker } from "node:worker_threads";
import { threadHeap } from "#heap";

import { here, Side } from "./fixtures/two-tables.ts";
import { RecordKind, RecordStore, settleClaims } from "./records.ts";

const heap = threadHeap();

function claimsOf(address: number): number {
  return heap.load(address + 4);
}

describe("a record", () => {
  test("is held by its maker and by each thread that claims it", () => {
    const [maker, other] = [new RecordStore(heap, () => {}), new RecordStore(heap, () => {})];
    const record = maker.create(RecordKind.VALUE, 0, 8);
    assert.equal(maker.claims(record), 1);
    other.claim(record.address, record.serial);
    assert.equal(maker.claims(record), 2);
  });

  test("cannot be claimed under another serial", () => {
    const store = new RecordStore(heap, () => {});
    const { address, serial } = store.create(RecordKind.VALUE, 0, 8);
    assert.throws(() => store.claim(address, serial + 1), { code: "ERR_HEDDLE_CORRUPT_MESSAGE" });
  });
});

describe("settleClaims()", () => {
  test("gives up all that an ended thread held, and leaves what others hold", async () => {
    const shared = { list: [1, 2, 3] };
    const fns = Array.from({ length: 200 }, (_, i) => () => shared.list.length + i);
    const records = fns.map((fn) => here.publish(fn));
    const ended = new Side();
    for (const record of records) assert.ok((await ended.resolve<() => number>(record))() >= 3);
    assert.ok(records.every(({ address }) => claimsOf(address) === 2));
    settleClaims(heap, ended.table.ledger);
    assert.ok(records.every(({ address }) => claimsOf(address) === 1));
  });

  test("frees what nobody else holds: of a worker that was ended, too", async () => {
    const program = `
      import { parentPort } from "node:worker_threads";
      import { functionTable } from ${JSON.stringify(new URL("./function-table.ts", import.meta.url).href)};
      const table = functionTable();
      const records = Array.from({ length: 100 }, (_, i) => table.publishFunction(() => i, "fn"));
      parentPort.postMessage({ ledger: table.ledger, addresses: records.map(({ address }) => address) });
      setInterval(() => {}, 1000);
    `;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
    const { ledger, addresses } = await new Promise<{ ledger: number; addresses: number[] }>(
      (resolve, reject) => {
        worker.once("message", resolve);
        worker.once("error", reject);
      },
    );
    assert.ok(addresses.every((address) => claimsOf(address) === 1));
    await worker.terminate();
    settleClaims(heap, ledger);
    assert.ok(addresses.every((address) => heap.load(address) === 0 || claimsOf(address) !== 1));
  });
});
