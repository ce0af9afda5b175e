import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Barrier } from "./index.ts";

const broken = {
  name: "BrokenBarrierError",
  code: "ERR_HEDDLE_BROKEN_BARRIER",
  message: /^Cannot pass barrier "/,
};
const timedOut = { code: "ERR_HEDDLE_TIMEOUT", message: /Barrier\.wait(Sync)?\(\)/ };

/** So many begin to wait. */
const come = (barrier: Barrier, count: number): Promise<number>[] =>
  Array.from({ length: count }, () => barrier.wait());

describe("a Barrier", () => {
  test("lets all go when all have come, each with an index of its own", async () => {
    const barrier = new Barrier(5, { name: "meeting" });
    const waiting = come(barrier, 4);
    assert.deepEqual(barrier.statistics(), { parties: 5, waiting: 4, broken: false });
    const last = await barrier.wait();
    assert.deepEqual([...(await Promise.all(waiting)), last], [0, 1, 2, 3, 4]);
    assert.deepEqual([barrier.name, barrier.parties, barrier.waiting], ["meeting", 5, 0]);
  });

  test("of one party lets it pass at once, again and again", async () => {
    const barrier = new Barrier(1);
    for (let round = 0; round < 5; round++) {
      assert.equal(barrier.waitSync(), 0);
      assert.equal(await barrier.wait(), 0);
    }
  });

  test("is there for the next round, with more parties than fit one section", async () => {
    const barrier = new Barrier(100);
    for (let round = 0; round < 3; round++) {
      const indices = await Promise.all(come(barrier, 100));
      assert.deepEqual(
        indices,
        indices.map((_, index) => index),
      );
    }
  });

  test("counts those for the next round who come too early", async () => {
    const barrier = new Barrier(2);
    const indices = await Promise.all(come(barrier, 6));
    assert.deepEqual(indices, [0, 1, 0, 1, 0, 1]);
  });
});

describe("the action of a Barrier", () => {
  test("runs once a round, before anybody leaves", async () => {
    const log: string[] = [];
    const barrier = new Barrier(3, { action: () => void log.push("action") });
    for (let round = 0; round < 2; round++) {
      await Promise.all(come(barrier, 3).map((waiting) => waiting.then(() => log.push("left"))));
    }
    assert.deepEqual(log, ["action", "left", "left", "left", "action", "left", "left", "left"]);
  });

  test("breaks the barrier by an error, which the one that called it gets", async () => {
    let failing = true;
    const action = (): void => {
      if (failing) throw new Error("no luck");
    };
    const barrier = new Barrier(3, { action });
    const results = await Promise.allSettled(come(barrier, 3));
    const reasons = results.map((result) => (result as PromiseRejectedResult).reason as Error);
    assert.deepEqual(
      reasons.map(({ name, message }) => (name === "Error" ? message : name)),
      ["BrokenBarrierError", "BrokenBarrierError", "no luck"],
    );
    assert.ok(barrier.broken);
    failing = false;
    barrier.reset();
    assert.deepEqual(await Promise.all(come(barrier, 3)), [0, 1, 2]);
  });

  test("runs in the thread of who blocks, if that is the last", () => {
    let runs = 0;
    const barrier = new Barrier(1, { action: () => void runs++ });
    barrier.waitSync();
    assert.equal(runs, 1);
  });

  test("must not wait at the barrier", async () => {
    const errors: unknown[] = [];
    const barrier: Barrier = new Barrier(1, {
      action: () => {
        try {
          barrier.waitSync();
        } catch (error) {
          errors.push(error);
        }
      },
    });
    assert.equal(await barrier.wait(), 0);
    assert.match(
      String(errors[0]),
      /^LockStateError: Cannot wait at barrier "Barrier-\d+": its action is running/,
    );
  });

  test("may abort the barrier", async () => {
    const barrier: Barrier = new Barrier(2, { action: () => barrier.abort() });
    const waiting = come(barrier, 2);
    for (const one of waiting) await assert.rejects(one, broken);
    assert.ok(barrier.broken);
  });

  test("is refused if it is no function", () => {
    assert.throws(
      () => new Barrier(2, { action: 5 as never }),
      /^TypeError: Cannot make a Barrier: its action /,
    );
  });
});

describe("the action of a Barrier that is asynchronous", () => {
  test("is refused at once, as nobody would wait for it", () => {
    const action: () => unknown = async () => {};
    assert.throws(
      () => new Barrier(2, { action }),
      /^TypeError: Cannot make a Barrier: its action is asynchronous/,
    );
  });

  test("breaks the barrier when it turns out to be so, and says that to who has called it", async () => {
    const action: () => unknown = () => Promise.resolve();
    const barrier = new Barrier(2, { action });
    const [first, last] = come(barrier, 2);
    await Promise.all([
      assert.rejects(last!, /^TypeError: Cannot pass barrier ".*": its action gave a promise/),
      assert.rejects(first!, broken),
    ]);
    assert.ok(barrier.broken);
  });
});

describe("a Barrier that is broken", () => {
  test("by abort() refuses those who wait and those who come, until it is reset", async () => {
    const barrier = new Barrier(3);
    const waiting = come(barrier, 2);
    barrier.abort();
    for (const one of waiting) await assert.rejects(one, broken);
    await assert.rejects(barrier.wait(), broken);
    assert.throws(() => barrier.waitSync(), broken);
    assert.deepEqual(barrier.statistics(), { parties: 3, waiting: 0, broken: true });
    barrier.reset();
    assert.equal(barrier.broken, false);
    assert.deepEqual(await Promise.all(come(barrier, 3)), [0, 1, 2]);
  });

  test("by a party that ran out of time is broken for all", async () => {
    const barrier = new Barrier(3);
    const waiting = barrier.wait();
    await assert.rejects(barrier.wait({ timeoutMs: 1 }), timedOut);
    await assert.rejects(waiting, broken);
    assert.ok(barrier.broken);
    barrier.reset();
    assert.throws(() => barrier.waitSync({ timeoutMs: 1 }), timedOut);
    assert.ok(barrier.broken);
  });

  test("by a party that ran out of the time that the barrier gives", async () => {
    const barrier = new Barrier(2, { timeoutMs: 0.5 });
    await assert.rejects(barrier.wait(), timedOut);
    assert.ok(barrier.broken);
    barrier.reset();
    const waiting = barrier.wait({ timeoutMs: Infinity });
    assert.equal(barrier.waitSync(), 1);
    assert.equal(await waiting, 0);
  });

  test("by reset() is so only for those who wait", async () => {
    const barrier = new Barrier(3);
    const waiting = come(barrier, 2);
    barrier.reset();
    for (const one of waiting) await assert.rejects(one, broken);
    assert.equal(barrier.broken, false);
    assert.deepEqual(await Promise.all(come(barrier, 3)), [0, 1, 2]);
  });
});

describe("a party whose signal aborts", () => {
  test("leaves, and the others wait for another one", async () => {
    const barrier = new Barrier(2);
    const controller = new AbortController();
    const leaving = barrier.wait({ signal: controller.signal });
    controller.abort(new Error("enough"));
    await assert.rejects(leaving, /enough/);
    assert.deepEqual(barrier.statistics(), { parties: 2, waiting: 0, broken: false });
    assert.deepEqual(await Promise.all(come(barrier, 2)), [0, 1]);
  });

  test("is let go with the others if all had come", async () => {
    const barrier = new Barrier(2);
    const controller = new AbortController();
    const waiting = [barrier.wait({ signal: controller.signal }), barrier.wait()];
    controller.abort(new Error("too late"));
    assert.deepEqual(await Promise.all(waiting), [0, 1]);
  });
});

describe("the arguments of a Barrier", () => {
  test("are refused at once if they are wrong", async () => {
    for (const parties of [0, -1, 1.5, NaN]) {
      assert.throws(
        () => new Barrier(parties),
        /^RangeError: Cannot make a Barrier: parties must be a whole number from 1 /,
      );
    }
    assert.throws(
      () => new Barrier("2" as never),
      /^TypeError: Cannot make a Barrier: parties must be a number/,
    );
    for (const timeoutMs of [-1, NaN]) {
      assert.throws(
        () => new Barrier(2, { timeoutMs }),
        /^RangeError: Cannot make a Barrier: timeoutMs must be a number of milliseconds, 0 or more, and is /,
      );
    }
    assert.throws(
      () => new Barrier(2, { timeoutMs: "5" as never }),
      /^TypeError: Cannot make a Barrier: timeoutMs must be a number, and is '5'$/,
    );
    assert.throws(
      () => new Barrier(2, { timeout: 5 } as never),
      /^TypeError: Cannot make a Barrier: it has no option timeout; write timeoutMs; it knows action, timeoutMs, name, heap$/,
    );
    await assert.rejects(new Barrier(2).wait({ timeoutMs: -1 }), RangeError);
  });
});
