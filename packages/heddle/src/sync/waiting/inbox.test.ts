import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DoneList, threadHeap } from "#heap";
import { Inbox } from "./inbox.ts";
import { NODE_BYTES } from "./node.ts";
import { INBOX, LOOK, RECORD_BYTES } from "./record.ts";

const heap = threadHeap();

function setUp() {
  const record = heap.allocate(RECORD_BYTES);
  heap.bytesTo(record + RECORD_BYTES).fill(0, record, record + RECORD_BYTES);
  const heard: (number | "look")[] = [];
  let wake = (): void => {};
  const next = (): Promise<void> => new Promise((resolve) => (wake = resolve));
  const hear = (what: number | "look"): void => {
    heard.push(what);
    wake();
  };
  const inbox = new Inbox(heap, record, { granted: hear, look: () => hear("look") });
  const list = new DoneList(heap, record + INBOX);
  return { record, inbox, list, heard, next };
}

const block = (): number => heap.allocate(NODE_BYTES);

describe("Inbox", () => {
  test("tells of every node that comes, in order, while anybody waits", async () => {
    const { inbox, list, heard, next } = setUp();
    inbox.add();
    inbox.add();
    const nodes = [block(), block(), block()];
    for (const node of nodes.slice(0, 2)) list.push(node);
    await next();
    assert.deepEqual(heard, nodes.slice(0, 2));
    list.push(nodes[2]!);
    await next();
    assert.deepEqual(heard, nodes);
    inbox.remove();
    inbox.remove();
  });

  test("tells of what had come before anybody waited, once he has said so", async () => {
    const { inbox, list, heard, next } = setUp();
    const node = block();
    list.push(node);
    inbox.add();
    assert.deepEqual(heard, []);
    await next();
    assert.deepEqual(heard, [node]);
    inbox.remove();
  });

  test("has its owner look when a thread has ended, also one that ended before it began to listen", async () => {
    const { record, inbox, list, heard, next } = setUp();
    heap.store(record + LOOK, 1);
    inbox.add();
    await next();
    assert.deepEqual(heard, ["look"]);
    heap.store(record + LOOK, 1);
    list.awake();
    heap.notify(record + INBOX);
    await next();
    assert.deepEqual(heard, ["look", "look"]);
    assert.equal(heap.load(record + LOOK), 0);
    inbox.remove();
  });

  test("listens again when somebody waits again", async () => {
    const { inbox, list, heard, next } = setUp();
    for (let round = 0; round < 3; round++) {
      inbox.add();
      const node = block();
      list.push(node);
      await next();
      assert.equal(heard.at(-1), node);
      inbox.remove();
    }
    assert.equal(heard.length, 3);
  });
});
