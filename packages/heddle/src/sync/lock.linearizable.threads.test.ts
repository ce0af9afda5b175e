/** What real threads see of a lock can be explained by one order of their calls. */
import { test } from "node:test";
import { assertLinearizable, specifications } from "@heddle/testing";
import { type RecordedCall, recordCalls } from "./fixtures/recorded.ts";
import { Lock } from "./index.ts";

/** Any thread may release the lock, whoever holds it. */
const calls: RecordedCall<Lock>[] = [
  (lock, recorder, thread) => {
    recorder.call(thread, "acquireSync", [], () => void lock.acquireSync({ timeoutMs: 1 }));
  },
  (lock, recorder, thread) => {
    recorder.call(thread, "tryAcquire", [], () => lock.tryAcquire() !== undefined);
  },
  (lock, recorder, thread) => {
    recorder.call(thread, "release", [], () => lock.release());
  },
  (lock, recorder, thread) => {
    recorder.call(thread, "locked", [], () => lock.locked);
  },
];

test("what threads see of a Lock has one order", async () => {
  assertLinearizable(await recordCalls(new Lock(), calls, 300), specifications.lock());
});
