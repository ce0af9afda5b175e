import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { taskGroup } from "../tasks/index.ts";
import { type Guard, ReadWriteLock } from "./index.ts";

const timedOut = { code: "ERR_HEDDLE_TIMEOUT" };

describe("a ReadWriteLock", () => {
  test("lets many read at once, or one write", () => {
    const lock = new ReadWriteLock({ name: "page" });
    const readers = [lock.acquireReadSync(), lock.acquireReadSync(), lock.tryAcquireRead()!];
    assert.deepEqual([lock.name, lock.statistics()], ["page", { readers: 3, writing: false, waiters: 0 }]);
    assert.equal(lock.tryAcquireWrite(), undefined);
    for (const guard of readers) guard.release();
    const writer = lock.tryAcquireWrite()!;
    assert.deepEqual([lock.readers, lock.writing, writer.held, writer.abandoned], [0, true, true, false]);
    assert.equal(lock.tryAcquireWrite(), undefined);
    writer.release();
    assert.deepEqual(lock.statistics(), { readers: 0, writing: false, waiters: 0 });
  });

  test("is free for readers again after somebody tried to write in vain", () => {
    const lock = new ReadWriteLock();
    const reader = lock.acquireReadSync();
    assert.equal(lock.tryAcquireWrite(), undefined);
    const other = lock.tryAcquireRead()!;
    assert.deepEqual(lock.statistics(), { readers: 2, writing: false, waiters: 0 });
    reader.release();
    other.release();
    assert.ok(lock.tryAcquireWrite());
  });

  test("stops new readers while a writer waits, and lets them in behind it, together", async () => {
    const lock = new ReadWriteLock();
    const log: string[] = [];
    const note =
      (what: string) =>
      (guard: Guard): Guard => {
        log.push(`${what} ${lock.readers}${lock.writing ? " W" : ""}`);
        return guard;
      };
    const first = lock.acquireReadSync();
    const writing = lock.acquireWrite().then(note("write"));
    const reading = [1, 2].map((reader) => lock.acquireRead().then(note(`read ${reader}`)));
    const last = lock.acquireWrite().then(note("last"));
    const late = lock.acquireRead().then(note("late"));
    assert.equal(lock.tryAcquireRead(), undefined);
    assert.deepEqual(lock.statistics(), { readers: 1, writing: false, waiters: 5 });
    first.release();
    (await writing).release();
    for (const guard of await Promise.all(reading)) guard.release();
    (await last).release();
    (await late).release();
    assert.deepEqual(log, ["write 0 W", "read 1 2", "read 2 2", "last 0 W", "late 1"]);
  });

  test("has one flow of a thread not read what another one writes, unless that is a task or blocks", async () => {
    const lock = new ReadWriteLock();
    for (const write of [
      () => lock.acquireWrite(),
      () => lock.tryAcquireWrite()!,
      () => lock.acquireWriteSync(),
    ]) {
      using _writer = await write();
      assert.equal(lock.tryAcquireRead(), undefined);
      await assert.rejects(lock.acquireRead({ timeoutMs: 0 }), timedOut);
      using reader = lock.acquireReadSync();
      assert.equal(reader.held, true);
    }
    await taskGroup(async (group) => {
      await group.spawn(async () => {
        using _writer = await lock.acquireWrite();
        using reader = lock.tryAcquireRead();
        assert.equal(reader?.held, true);
      });
    });
    assert.deepEqual(lock.statistics(), { readers: 0, writing: false, waiters: 0 });
  });

  test("lets who writes read, though readers wait, and go on when it has written", async () => {
    const lock = new ReadWriteLock();
    const writer = lock.acquireWriteSync();
    const waiting = [lock.acquireRead(), lock.acquireWrite()] as const;
    const reader = lock.acquireReadSync();
    const again = lock.acquireReadSync();
    again.release();
    writer.release();
    const next = await waiting[0];
    assert.deepEqual(lock.statistics(), { readers: 2, writing: false, waiters: 1 });
    reader.release();
    next.release();
    (await waiting[1]).release();
  });

  test("keeps those out who await to read, in the writer's thread as well", async () => {
    const lock = new ReadWriteLock();
    const writer = await lock.acquireWrite();
    await assert.rejects(lock.acquireRead({ timeoutMs: 1 }), timedOut);
    const reading = lock.acquireRead();
    assert.equal(lock.statistics().waiters, 1);
    writer.release();
    assert.ok((await reading).held);
  });

  test("lets more readers in at once than fit one section", async () => {
    const lock = new ReadWriteLock();
    const writer = await lock.acquireWrite();
    const reading = Array.from({ length: 100 }, () => lock.acquireRead());
    writer.release();
    const guards = await Promise.all(reading);
    assert.equal(lock.readers, 100);
    for (const guard of guards) guard.release();
    assert.equal(lock.readers, 0);
  });

  test("refuses to block for ever for what this thread itself holds", () => {
    const lock = new ReadWriteLock();
    const stuck = { name: "LockStateError", message: /^Cannot block to write .* would wait for itself$/ };
    const reader = lock.acquireReadSync();
    assert.throws(() => lock.acquireWriteSync(), stuck);
    assert.throws(() => lock.acquireWriteSync({ timeoutMs: 1 }), timedOut);
    reader.release();
    const writer = lock.acquireWriteSync();
    assert.throws(() => lock.acquireWriteSync(), stuck);
    writer.release();
    assert.deepEqual(lock.statistics(), { readers: 0, writing: false, waiters: 0 });
  });
});

describe("a wait at a ReadWriteLock that ends early", () => {
  test("lets those go on who stood behind", async () => {
    const lock = new ReadWriteLock();
    const reader = lock.acquireReadSync();
    const controller = new AbortController();
    const writing = lock.acquireWrite({ signal: controller.signal });
    const reading = lock.acquireRead();
    controller.abort(new Error("enough"));
    await assert.rejects(writing, /enough/);
    (await reading).release();
    reader.release();
    assert.deepEqual(lock.statistics(), { readers: 0, writing: false, waiters: 0 });
    assert.ok(lock.tryAcquireRead());
  });

  test("throws TimeoutError, which says what was waited for", async () => {
    const lock = new ReadWriteLock();
    const reader = lock.acquireReadSync();
    const toWrite = { ...timedOut, message: /ReadWriteLock\.acquireWrite\(\)/ };
    await assert.rejects(lock.acquireWrite({ timeoutMs: 1 }), toWrite);
    reader.release();
    const writer = lock.acquireWriteSync();
    await assert.rejects(lock.acquireRead({ timeoutMs: 1 }), { message: /ReadWriteLock\.acquireRead\(\)/ });
    writer.release();
  });

  test("is refused if its options are wrong, or its signal has aborted", async () => {
    const lock = new ReadWriteLock();
    const signal = AbortSignal.abort(new Error("enough"));
    await assert.rejects(lock.acquireRead({ signal }), /enough/);
    await assert.rejects(lock.acquireWrite({ signal }), /enough/);
    assert.throws(() => lock.acquireReadSync({ timeoutMs: -1 }), RangeError);
    assert.throws(() => lock.acquireWriteSync({ timeoutMs: -1 }), RangeError);
    assert.deepEqual(lock.statistics(), { readers: 0, writing: false, waiters: 0 });
  });
});

describe("a guard of a ReadWriteLock", () => {
  test("releases once", () => {
    const lock = new ReadWriteLock();
    const [one, two] = [lock.acquireReadSync(), lock.acquireReadSync()];
    one.release();
    one.release();
    assert.deepEqual([one.held, two.held, lock.readers], [false, true, 1]);
    two.release();
    {
      using _guard = lock.acquireWriteSync();
      assert.ok(lock.writing);
    }
    assert.equal(lock.writing, false);
  });
});
