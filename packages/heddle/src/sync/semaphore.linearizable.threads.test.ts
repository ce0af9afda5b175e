/** What real threads see of a semaphore can be explained by one order of their calls. */
import { describe, test } from "node:test";
import { assertLinearizable, specifications } from "@heddle/testing";
import { type RecordedCall, recordCalls } from "./fixtures/recorded.ts";
import { BoundedSemaphore, Semaphore } from "./index.ts";

const calls: RecordedCall<Semaphore>[] = [
  (semaphore, recorder, thread) => {
    recorder.call(thread, "acquireSync", [], () => void semaphore.acquireSync({ timeoutMs: 1 }));
  },
  (semaphore, recorder, thread) => {
    recorder.call(thread, "tryAcquire", [], () => semaphore.tryAcquire() !== undefined);
  },
  (semaphore, recorder, thread) => {
    recorder.call(thread, "release", [], () => semaphore.release());
  },
  (semaphore, recorder, thread) => {
    recorder.call(thread, "available", [], () => semaphore.available);
  },
];

/** Of several permits at once: only such as do not wait, for who waits holds up smaller requests behind it. */
const several: RecordedCall<Semaphore>[] = [
  (semaphore, recorder, thread) => {
    recorder.call(thread, "tryAcquire", [2], () => semaphore.tryAcquire(2) !== undefined);
  },
  (semaphore, recorder, thread) => {
    recorder.call(thread, "release", [2], () => semaphore.release(2));
  },
];

describe("what threads see of", () => {
  test("a Semaphore has one order", async () => {
    const history = await recordCalls(new Semaphore(2), calls, 400);
    assertLinearizable(history, specifications.semaphore(2));
  });

  test("a Semaphore of which several permits are taken has one order", async () => {
    const history = await recordCalls(new Semaphore(3), [...calls.slice(1), ...several], 400);
    assertLinearizable(history, specifications.semaphore(3));
  });

  test("a BoundedSemaphore has one order", async () => {
    const history = await recordCalls(new BoundedSemaphore(2), calls, 400);
    assertLinearizable(history, specifications.semaphore(2, { maximum: 2 }));
  });
});
