import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BoundedSemaphore, type Guard, Semaphore } from "./index.ts";

/** The order in which acquires of the given sizes come through, asked for in this order. */
function line(semaphore: Semaphore, sizes: readonly number[]): { came: number[]; guards: Promise<Guard>[] } {
  const came: number[] = [];
  const guards = sizes.map((permits, index) =>
    semaphore.acquire({ permits }).then((guard) => {
      came.push(index);
      return guard;
    }),
  );
  return { came, guards };
}

const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe("a Semaphore", () => {
  test("has one permit if it is not told otherwise, and may begin with none", () => {
    assert.equal(new Semaphore().available, 1);
    assert.equal(new Semaphore(0).available, 0);
    assert.equal(new Semaphore(7, { name: "seven" }).name, "seven");
    assert.match(new Semaphore().name, /^Semaphore-\d+$/);
  });

  test("gives as many permits as there are, one or several at once", () => {
    const semaphore = new Semaphore(3);
    const two = semaphore.acquireSync({ permits: 2 });
    assert.equal(semaphore.tryAcquire(2), undefined);
    const one = semaphore.tryAcquire()!;
    assert.deepEqual(semaphore.statistics(), { available: 0, waiters: 0 });
    two.release();
    one.release();
    assert.equal(semaphore.available, 3);
  });

  test("may be released by anybody, above what it had at the start", () => {
    const semaphore = new Semaphore(1);
    semaphore.release();
    semaphore.release(5);
    assert.equal(semaphore.available, 7);
  });

  test("lets as many of a crowd in as there are permits, and as many more as are released, each time", async () => {
    const semaphore = new Semaphore(7);
    for (let i = 0; i < 5; i++) semaphore.acquireSync();
    const { came, guards } = line(
      semaphore,
      Array.from({ length: 20 }, () => 1),
    );
    for (const [released, inside] of [
      [0, 2],
      [1, 3],
      [6, 9],
      [5, 14],
      [9, 20],
    ] as const) {
      if (released > 0) semaphore.release(released);
      await settled();
      assert.deepEqual(
        came,
        Array.from({ length: inside }, (_, index) => index),
      );
    }
    await Promise.all(guards);
    assert.deepEqual(semaphore.statistics(), { available: 3, waiters: 0 });
  });

  test("serves in the order of asking, however much was asked for", async () => {
    const semaphore = new Semaphore(0);
    const { came, guards } = line(semaphore, [1, 3, 1, 2]);
    assert.equal(semaphore.statistics().waiters, 4);
    semaphore.release();
    await guards[0];
    semaphore.release(2);
    await settled();
    assert.deepEqual(came, [0], "a small request came before a large one");
    semaphore.release();
    await guards[1];
    semaphore.release(3);
    await Promise.all(guards);
    assert.deepEqual(came, [0, 1, 2, 3]);
  });

  test("lets nobody overtake who waits, though there are permits enough for a smaller request", async () => {
    const semaphore = new Semaphore(1);
    const large = semaphore.acquire({ permits: 2 });
    assert.equal(semaphore.tryAcquire(), undefined);
    assert.equal(semaphore.available, 1);
    assert.throws(() => semaphore.acquireSync({ timeoutMs: 0 }), { code: "ERR_HEDDLE_TIMEOUT" });
    semaphore.release();
    (await large).release();
    assert.ok(semaphore.tryAcquire(2));
  });

  test("wakes with one release as many as fit, a hundred and more", async () => {
    const semaphore = new Semaphore(0);
    const { came, guards } = line(
      semaphore,
      Array.from({ length: 150 }, () => 1),
    );
    semaphore.release(149);
    await Promise.all(guards.slice(0, 149));
    assert.deepEqual(semaphore.statistics(), { available: 0, waiters: 1 });
    semaphore.release();
    await Promise.all(guards);
    assert.deepEqual(
      came,
      Array.from({ length: 150 }, (_, index) => index),
    );
  });

  test("is free for everybody again once nobody waits any more", async () => {
    const semaphore = new Semaphore(0);
    const { guards } = line(semaphore, [1]);
    semaphore.release(3);
    await Promise.all(guards);
    assert.ok(semaphore.tryAcquire(2));
    assert.equal(semaphore.available, 0);
  });
});

describe("a wait for permits that ends early", () => {
  test("throws TimeoutError, and takes nothing", async () => {
    const semaphore = new Semaphore(1);
    const timedOut = { code: "ERR_HEDDLE_TIMEOUT", message: /Semaphore\.acquire(Sync)?\(\)/ };
    assert.throws(() => semaphore.acquireSync({ permits: 2, timeoutMs: 1 }), timedOut);
    await assert.rejects(semaphore.acquire({ permits: 2, timeoutMs: 1 }), timedOut);
    assert.deepEqual(semaphore.statistics(), { available: 1, waiters: 0 });
  });

  test("throws the signal's reason, at once if it has aborted before", async () => {
    const semaphore = new Semaphore(1);
    const reason = new Error("enough");
    await assert.rejects(semaphore.acquire({ signal: AbortSignal.abort(reason) }), reason);
    assert.throws(() => semaphore.acquireSync({ signal: AbortSignal.abort(reason) }), reason);
    const controller = new AbortController();
    const waiting = semaphore.acquire({ permits: 2, signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(waiting, reason);
    assert.deepEqual(semaphore.statistics(), { available: 1, waiters: 0 });
  });

  test("lets those go on who stood behind", async () => {
    const semaphore = new Semaphore(1);
    const controller = new AbortController();
    const first = semaphore.acquire({ permits: 5, signal: controller.signal });
    const second = semaphore.acquire();
    controller.abort(new Error("enough"));
    await assert.rejects(first, /enough/);
    assert.ok((await second).held);
  });

  test("loses no permit when it is cancelled just after it was granted", async () => {
    const semaphore = new Semaphore(0);
    const controller = new AbortController();
    const first = semaphore.acquire({ signal: controller.signal });
    semaphore.release();
    controller.abort(new Error("too late"));
    (await first).release();
    assert.equal(semaphore.available, 1);
  });
});

describe("a guard of permits", () => {
  test("gives back what it holds, once", async () => {
    const semaphore = new Semaphore(4);
    const guard = await semaphore.acquire({ permits: 3 });
    assert.deepEqual([guard.held, guard.abandoned], [true, false]);
    guard.release();
    guard.release();
    assert.deepEqual([guard.held, semaphore.available], [false, 4]);
  });

  test("gives it back at the end of a block", () => {
    const semaphore = new Semaphore(2);
    {
      using _guard = semaphore.acquireSync({ permits: 2 });
      assert.equal(semaphore.available, 0);
    }
    assert.equal(semaphore.available, 2);
  });
});

describe("a BoundedSemaphore", () => {
  for (let limit = 1; limit < 10; limit++) {
    test(`of ${limit} is never released above that`, () => {
      const semaphore = new BoundedSemaphore(limit);
      const tooMany = {
        name: "RangeError",
        message: new RegExp(`^Cannot release 1 of semaphore "BoundedSemaphore-\\d+": .* more than ${limit} `),
      };
      assert.throws(() => semaphore.release(), tooMany);
      for (let i = 0; i < limit; i++) assert.ok(semaphore.tryAcquire());
      assert.equal(semaphore.tryAcquire(), undefined);
      for (let i = 0; i < limit; i++) semaphore.release();
      assert.throws(() => semaphore.release(), tooMany);
      assert.equal(semaphore.available, limit);
    });
  }

  test("changes nothing by a release of too many, though somebody waits", async () => {
    const semaphore = new BoundedSemaphore(3);
    const guard = semaphore.acquireSync({ permits: 2 });
    const waiting = semaphore.acquire({ permits: 3 });
    assert.throws(() => semaphore.release(3), RangeError);
    assert.deepEqual(semaphore.statistics(), { available: 1, waiters: 1 });
    guard.release();
    (await waiting).release();
    assert.equal(semaphore.available, 3);
  });

  test("is a Semaphore, and says its own name in errors", () => {
    const semaphore = new BoundedSemaphore(2);
    assert.ok(semaphore instanceof Semaphore);
    assert.throws(() => semaphore.acquireSync({ permits: 3 }), {
      name: "RangeError",
      message:
        "Cannot begin BoundedSemaphore.acquireSync(): permits must be a whole number from 1 to 2, and is 3",
    });
    assert.throws(() => new BoundedSemaphore(-1), /^RangeError: Cannot make a BoundedSemaphore: permits /);
  });
});

describe("the arguments of a Semaphore", () => {
  const wrong: [unknown, string, RegExp][] = [
    [-1, "RangeError", /permits must be a whole number from \d to \d+, and is -1$/],
    [1.5, "RangeError", /and is 1\.5$/],
    [NaN, "RangeError", /and is NaN$/],
    [Infinity, "RangeError", /and is Infinity$/],
    [2 ** 30, "RangeError", /and is 1073741824$/],
    ["3", "TypeError", /permits must be a number, and is '3'$/],
    [null, "TypeError", /and is null$/],
    [3n, "TypeError", /and is 3n$/],
  ];
  for (const [value, name, message] of wrong) {
    test(`are refused at once: ${String(value)} (${typeof value})`, async () => {
      const semaphore = new Semaphore(1);
      const permits = value as number;
      assert.throws(() => new Semaphore(permits), { name, message });
      assert.throws(() => semaphore.release(permits), { name, message });
      assert.throws(() => semaphore.tryAcquire(permits), { name, message });
      assert.throws(() => semaphore.acquireSync({ permits }), { name, message });
      await assert.rejects(semaphore.acquire({ permits }), { name, message });
      assert.deepEqual(semaphore.statistics(), { available: 1, waiters: 0 });
    });
  }

  test("ask for one permit at least", async () => {
    const semaphore = new Semaphore(1);
    const message =
      "Cannot begin Semaphore.acquire(): permits must be a whole number from 1 to 536870911, and is 0";
    await assert.rejects(semaphore.acquire({ permits: 0 }), { name: "RangeError", message });
    assert.throws(() => semaphore.release(0), RangeError);
    assert.throws(() => semaphore.tryAcquire(0), RangeError);
  });

  test("know what options are", async () => {
    const semaphore = new Semaphore(1);
    await assert.rejects(
      semaphore.acquire(5 as never),
      /^TypeError: Cannot begin Semaphore\.acquire\(\): its options/,
    );
    await assert.rejects(semaphore.acquire({ timeoutMs: -1 }), RangeError);
    assert.throws(() => semaphore.acquireSync({ signal: {} as never }), TypeError);
    assert.equal(semaphore.available, 1);
  });
});
