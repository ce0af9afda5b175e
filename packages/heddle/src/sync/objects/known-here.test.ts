/** A name in a shared heap: each `new` with it gives a handle, and all of them are one object. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { heapFor } from "../../heap/fixtures/processes.ts";
import { Barrier, Lock, Once, ReadWriteLock } from "../index.ts";

describe("several handles of one thread for one name", () => {
  test("of a lock: one releases what another has acquired, and its guard holds no more", (context) => {
    const options = { heap: heapFor(context), name: "lock" };
    const [one, other] = [new Lock(options), new Lock(options)];
    const guard = one.acquireSync();
    assert.equal(other.tryAcquire(), undefined);
    other.release();
    assert.equal(guard.held, false);
  });

  test("of a read-write lock: who writes by one may read by another, and is told that it cannot wait for itself", (context) => {
    const options = { heap: heapFor(context), name: "lock" };
    const [one, other] = [new ReadWriteLock(options), new ReadWriteLock(options)];
    const writing = one.acquireWriteSync();
    assert.equal(other.acquireReadSync().held, true);
    assert.throws(() => other.acquireWriteSync(), { code: "ERR_HEDDLE_LOCK_STATE" });
    writing.release();
    assert.throws(() => other.acquireWriteSync(), /this thread reads, and would wait for itself/);
  });

  test("of a once: both give what the body returned, and neither can be waited for within it", async (context) => {
    const options = { heap: heapFor(context), name: "once" };
    const [one, other] = [new Once(options), new Once(options)];
    const value = await one.run(async () => {
      await assert.rejects(
        other.run(() => {}),
        { code: "ERR_HEDDLE_LOCK_STATE" },
      );
      return { made: "here" };
    });
    assert.equal(await other.run(() => assert.fail("it ran again")), value);
    assert.equal(
      other.runSync(() => assert.fail("it ran again")),
      value,
    );
  });

  test("of a barrier: the action of the first is called whichever comes last, and waits at none of them", async (context) => {
    const options = { heap: heapFor(context), name: "barrier" };
    const calls: string[] = [];
    const one = new Barrier(2, { ...options, action: () => void calls.push("one") });
    const other = new Barrier(2, { ...options, action: () => void calls.push("other") });
    const first = one.wait();
    assert.equal(await other.wait(), 1);
    assert.equal(await first, 0);
    assert.deepEqual(calls, ["one"]);

    const name = { ...options, name: "stuck" };
    let again: Barrier | undefined = undefined;
    const stuck = new Barrier(1, { ...name, action: () => void again!.waitSync() });
    again = new Barrier(1, name);
    await assert.rejects(stuck.wait(), { code: "ERR_HEDDLE_LOCK_STATE" });
  });
});
