import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, test } from "node:test";
import { DoneList, type Heap, threadHeap } from "#heap";
import { Turnstile } from "../fixtures/turnstile.ts";
import { granted as grantedState, STATE } from "./node.ts";
import { isTaken, nodesOf } from "./nodes.ts";
import { INBOX } from "./record.ts";
import { thisThread } from "./this-thread.ts";
import type { Place } from "./waits.ts";

const { waits, monitor, record, heap: words } = thisThread();
const heap: Heap = threadHeap();

function turnstile(): Turnstile {
  const object = heap.allocate(64);
  heap.bytesTo(object + 64).fill(0, object, object + 64);
  return new Turnstile(monitor, object);
}

/** How many nodes of this thread are in use. */
const taken = (): number => [...nodesOf(words, record)].filter((node) => isTaken(words, node)).length;

describe("a wait", () => {
  test("that is granted before it has set up how else it may end leaves nothing of that behind", async () => {
    class Quick extends Turnstile {
      override enlist(node: number): boolean {
        // As another thread does it, a moment later.
        heap.store(node + STATE, grantedState(heap.load(node + STATE)));
        new DoneList(heap, record + INBOX).push(node);
        return false;
      }
    }
    // Nobody has waited in this thread, so nothing listens.
    const { object } = turnstile();
    const { signal } = new AbortController();
    await waits.promise(new Quick(monitor, object), 0, { signal, timeoutMs: 1 });
    assert.equal(getEventListeners(signal, "abort").length, 0);
    assert.equal(taken(), 0);
    // The timer of that wait would end another one, which has its node now.
    const next = waits.promise(turnstile(), 0, { timeoutMs: 20 });
    await assert.rejects(next, { timeoutMs: 20 });
  });

  test("is over at once when there is nothing to wait for", async () => {
    const place = turnstile();
    place.add(2);
    assert.equal(waits.block(place, 0, { timeoutMs: 0 }), 2);
    assert.equal(await waits.promise(place, 0, { timeoutMs: 0 }), 1);
    assert.equal(taken(), 0);
  });

  test("gives what it was granted, in the order of asking", async () => {
    const place = turnstile();
    const promises = [1, 2, 3].map(() => waits.promise(place, 0));
    place.add(3);
    assert.deepEqual(await Promise.all(promises), [3, 2, 1]);
    assert.equal(taken(), 0);
  });

  test("that runs out of time throws TimeoutError, and leaves neither a node nor a place in line", async () => {
    const place = turnstile();
    const expected = { code: "ERR_HEDDLE_TIMEOUT", timeoutMs: 2 };
    assert.throws(() => waits.block(place, 0, { timeoutMs: 2 }), expected);
    await assert.rejects(waits.promise(place, 0, { timeoutMs: 2 }), expected);
    assert.deepEqual([place.waiters, taken()], [0, 0]);
  });

  test("that is aborted does not look for its listener among those of all others", async () => {
    const place = turnstile();
    const controller = new AbortController();
    const { signal } = controller;
    let looks = 0;
    const remove = signal.removeEventListener.bind(signal);
    signal.removeEventListener = (...listener: Parameters<AbortSignal["removeEventListener"]>) => {
      looks++;
      remove(...listener);
    };
    const aborted = Array.from({ length: 10 }, () => waits.promise(place, 0, { signal }));
    controller.abort(new Error("enough"));
    for (const wait of aborted) await assert.rejects(wait, /enough/);
    assert.equal(looks, 0);
    assert.equal(getEventListeners(signal, "abort").length, 0);
  });

  test("that is aborted throws the reason, leaves the line, and no listener behind", async () => {
    const place = turnstile();
    const controller = new AbortController();
    const { signal } = controller;
    const granted = waits.promise(place, 0, { signal });
    place.add(1);
    assert.equal(await granted, 1);
    assert.equal(getEventListeners(signal, "abort").length, 0);
    const aborted = waits.promise(place, 0, { signal });
    const reason = new Error("enough");
    controller.abort(reason);
    await assert.rejects(aborted, reason);
    assert.equal(getEventListeners(signal, "abort").length, 0);
    assert.throws(() => waits.block(place, 0, { signal }), reason);
    await assert.rejects(waits.promise(place, 0, { signal }), reason);
    assert.deepEqual([place.waiters, taken()], [0, 0]);
  });

  test("takes what it was granted before its time ran out, though it was told later", async () => {
    const place = turnstile();
    const wait = waits.promise(place, 0, { timeoutMs: 1 });
    place.add(1);
    const until = performance.now() + 5;
    while (performance.now() < until);
    assert.equal(await wait, 1);
  });

  test("whose place throws is undone, and gives its node back", async () => {
    const place = turnstile();
    const error = new Error("no");
    const throwing: Place<number> = {
      object: place.object,
      operation: "",
      enlist(node) {
        place.enlist(node);
        throw error;
      },
      pump: () => place.pump(),
      collect: (node) => place.collect(node),
    };
    assert.throws(() => waits.block(throwing, 0), error);
    await assert.rejects(waits.promise(throwing, 0), error);
    assert.deepEqual([place.waiters, taken()], [0, 0]);
  });

  test("whose result cannot be had throws what is wrong with it, and gives its node back", async () => {
    const place = turnstile();
    const error = new Error("no");
    const throwing: Place<number> = {
      object: place.object,
      operation: "",
      enlist: (node) => place.enlist(node),
      pump: () => place.pump(),
      collect() {
        throw error;
      },
    };
    const late = waits.promise(throwing, 0);
    place.add(3);
    await assert.rejects(late, error);
    assert.throws(() => waits.block(throwing, 0), error);
    await assert.rejects(waits.promise(throwing, 0), error);
    assert.equal(taken(), 0);
  });

  test("that has to stay when its time is over stays until it is granted", async () => {
    const place = turnstile();
    const asked: number[] = [];
    const staying: Place<number> = {
      object: place.object,
      operation: "",
      enlist: (node) => place.enlist(node),
      pump: () => place.pump(),
      collect: (node) => place.collect(node),
      withdraw() {
        asked.push(1);
        return false;
      },
    };
    const wait = waits.promise(staying, 0, { timeoutMs: 1 });
    while (asked.length === 0) await new Promise(setImmediate);
    assert.equal(place.waiters, 1);
    place.add(1);
    assert.equal(await wait, 1);
    assert.equal(taken(), 0);
  });
});
