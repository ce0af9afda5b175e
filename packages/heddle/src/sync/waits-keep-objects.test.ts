import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Barrier, Condition, Event, Latch, Lock, Once, ReadWriteLock, RLock, Semaphore } from "./index.ts";
import { collect } from "../heap/fixtures/collect.ts";

/** Each makes an object and waits for it; the wait is all that is left of it. */
const waits: Record<string, (signal: AbortSignal) => [object: object, waiting: Promise<unknown>]> = {
  "an Event"(signal) {
    const event = new Event();
    return [event, event.wait({ signal })];
  },
  "a Latch"(signal) {
    const latch = new Latch(1);
    return [latch, latch.wait({ signal })];
  },
  "a Barrier"(signal) {
    const barrier = new Barrier(2);
    return [barrier, barrier.wait({ signal })];
  },
  "a Semaphore"(signal) {
    const semaphore = new Semaphore(0);
    return [semaphore, semaphore.acquire({ signal })];
  },
  "a Lock"(signal) {
    const lock = new Lock();
    lock.acquireSync();
    return [lock, lock.acquire({ signal })];
  },
  "the RLock of a Condition"(signal) {
    const lock = new RLock();
    lock.acquireSync();
    return [lock, new Condition(lock).wait({ signal })];
  },
  "a ReadWriteLock"(signal) {
    const lock = new ReadWriteLock();
    lock.acquireWriteSync();
    return [lock, lock.acquireRead({ signal })];
  },
  "a Once"(signal) {
    const once = new Once();
    void once.run(() => new Promise(() => {}));
    return [once, once.run(() => {}, { signal })];
  },
};

function begin(make: (signal: AbortSignal) => [object: object, waiting: Promise<unknown>]) {
  const controller = new AbortController();
  const handles: WeakRef<object>[] = [];
  const waiting: Promise<unknown>[] = [];
  for (let i = 0; i < 10; i++) {
    const [object, wait] = make(controller.signal);
    handles.push(new WeakRef(object));
    waiting.push(wait);
  }
  return { controller, handles, waiting };
}

const left = (handles: readonly WeakRef<object>[]): number =>
  handles.filter((handle) => handle.deref() !== undefined).length;

describe("what is waited for is there until the wait ends, though nobody else has it:", () => {
  for (const [name, make] of Object.entries(waits)) {
    test(name, async () => {
      const { controller, handles, waiting } = begin(make);
      await collect();
      assert.equal(left(handles), 10);
      controller.abort(new Error("enough"));
      for (const wait of waiting) await assert.rejects(wait, /enough/);
    });
  }
});
