import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { setTimeout as sleep, setInterval as ticks, scheduler } from "node:timers/promises";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { VirtualDeadlockError, virtualTime } from "./index.ts";

describe("VirtualClock.run()", () => {
  test("takes a program of hours to its end at once, and shows the time it takes to the program", async () => {
    const realStart = performance.now();
    const seen: unknown[] = [];
    {
      using clock = virtualTime();
      await clock.run(async () => {
        const start = performance.now();
        await sleep(3_600_000);
        seen.push(performance.now() - start, new Date().toISOString(), Date.now(), typeof Date());
      });
      seen.push(clock.nowMs);
    }
    const hour = 3_600_000;
    const end = "2000-01-01T01:00:00.000Z";
    assert.deepEqual(seen, [hour, end, Date.parse(end), "string", hour]);
    assert.ok(performance.now() - realStart < hour);
    assert.ok(Date.now() > Date.UTC(2020, 0));
  });

  test("fires timers in the order of time, those of one time in the order of setting", async () => {
    using clock = virtualTime();
    const order: string[] = [];
    const note = (text: string) => (): void => void order.push(`${clock.nowMs} ${text}`);
    await clock.run(async () => {
      setTimeout(note("late"), 20);
      setTimeout(note("first"), 10);
      setTimeout(() => {
        note("second")();
        queueMicrotask(note("microtask"));
        setImmediate(note("immediate"));
      }, 10);
      setTimeout(note("third"), 10);
      const cleared = setTimeout(note("never"), 15);
      clearTimeout(cleared);
      clearTimeout(Number(setTimeout(note("never"), 15)));
      const refreshed = setTimeout(note("refreshed"), 12);
      setTimeout(() => refreshed.refresh(), 5);
      setTimeout((a: string, b: string) => note(a + b)(), 0, "with ", "arguments");
      await sleep(30);
    });
    assert.deepEqual(order, [
      "1 with arguments",
      "10 first",
      "10 second",
      "10 microtask",
      "10 third",
      "10 immediate",
      "17 refreshed",
      "20 late",
    ]);
  });

  test("waits by all the timers that the platform has", async () => {
    using clock = virtualTime();
    const times = await clock.run(async () => {
      const at: number[] = [];
      const note = (): void => void at.push(clock.nowMs);
      await scheduler.wait(5);
      note();
      await promisify(setTimeout)(5);
      note();
      await once(AbortSignal.timeout(10), "abort");
      note();
      let rounds = 0;
      for await (const value of ticks(10, "tick")) {
        assert.equal(value, "tick");
        note();
        if (++rounds === 2) break;
      }
      await new Promise<void>((resolve) => {
        const interval = setInterval(() => {
          note();
          if (at.length === 7) resolve(clearInterval(interval));
        }, 100);
      });
      return at;
    });
    assert.deepEqual(times, [5, 10, 20, 30, 40, 140, 240]);
    assert.equal(clock.timers, 0);
  });

  test("aborts a sleep by its signal, with the reason as the cause", async () => {
    using clock = virtualTime();
    await clock.run(async () => {
      const controller = new AbortController();
      setTimeout(() => controller.abort("enough"), 7);
      await assert.rejects(sleep(1000, undefined, { signal: controller.signal }), {
        name: "AbortError",
        code: "ABORT_ERR",
        cause: "enough",
      });
      assert.equal(clock.nowMs, 7);
      await assert.rejects(sleep(1, undefined, { signal: AbortSignal.abort() }), { name: "AbortError" });
    });
    assert.equal(clock.timers, 0);
  });

  test("does not jump while files are read or turns of the event loop are under way", async () => {
    using clock = virtualTime();
    await clock.run(async () => {
      const limit = sleep(10, "too late");
      const text = readFile(new URL(import.meta.url), "utf8").then((content) => content.length > 0);
      assert.equal(await Promise.race([text, limit]), true);
      let turns = 0;
      const turn = (resolve: () => void): void => {
        if (++turns === 50) resolve();
        else setImmediate(turn, resolve);
      };
      await Promise.race([new Promise<void>(turn), limit]);
      assert.deepEqual([turns, clock.nowMs], [50, 0]);
    });
  });

  test("stands still for a promise that is held, as of another thread", async () => {
    using clock = virtualTime();
    await clock.run(async () => {
      const worker = new Worker("require('node:worker_threads').parentPort.postMessage(1)", { eval: true });
      const limit = sleep(10, "too late");
      const [message] = (await clock.hold(Promise.race([once(worker, "message"), limit]))) as unknown[];
      assert.deepEqual([message, clock.nowMs], [1, 0]);
      await clock.hold(worker.terminate());
    });
  });

  test("reports that everything waits for ever, and where", async () => {
    using clock = virtualTime();
    const failure = await clock
      .run(async function waiter() {
        await sleep(5);
        await new Promise(() => {});
      })
      .catch((error: unknown) => error);
    assert.ok(failure instanceof VirtualDeadlockError);
    assert.equal(failure.code, "ERR_HEDDLE_VIRTUAL_DEADLOCK");
    assert.match(
      failure.message,
      /^Cannot go on at 5 ms of virtual time: everything waits, and no timer is set\n/,
    );
    assert.ok(failure.waiting.some((site) => /waiter.*virtual-time\.test\.ts:\d+/.test(site)));
  });

  test("takes an interval that nothing waits for as no reason to wait", async () => {
    using clock = virtualTime();
    await assert.rejects(
      clock.run(() => {
        setInterval(() => {}, 10).unref();
        return new Promise(() => {});
      }),
      VirtualDeadlockError,
    );
  });

  test("takes an interval that keeps the program alive as no reason to wait", async () => {
    using clock = virtualTime();
    const keepAlive = setInterval(() => {}, 2 ** 30);
    await assert.rejects(
      clock.run(() => new Promise(() => {})),
      VirtualDeadlockError,
    );
    clearInterval(keepAlive);
  });

  test("cancels no timer of its own for a real one of the same number", () => {
    const real = setTimeout(() => {}, 2 ** 30);
    using clock = virtualTime();
    let latest: NodeJS.Timeout;
    do latest = setTimeout(() => {}, 10);
    while (Number(latest) < Number(real));
    const { timers } = clock;
    clearTimeout(real);
    assert.equal(clock.timers, timers);
  });

  test("gives up on timers that go on for ever", async () => {
    using clock = virtualTime({ maxJumps: 50 });
    await assert.rejects(
      clock.run(() => {
        setInterval(() => {}, 10);
        return new Promise(() => {});
      }),
      /has jumped 50 times, to 500 ms/,
    );
  });

  test("throws what the body or a timer throws", async () => {
    using clock = virtualTime();
    await assert.rejects(
      clock.run(() => sleep(1).then(() => assert.fail("body"))),
      /body/,
    );
    await assert.rejects(
      clock.run(async () => {
        setTimeout(() => assert.fail("timer"), 5);
        await sleep(10);
      }),
      /timer/,
    );
  });
});

describe("VirtualClock", () => {
  test("advances by hand, and settles all that is due on the way", async () => {
    using clock = virtualTime({ start: new Date("2026-01-02") });
    const seen: number[] = [];
    const loop = (async () => {
      for (let round = 0; round < 3; round++) {
        await sleep(10);
        seen.push(clock.nowMs);
      }
    })();
    await clock.advance(25);
    assert.deepEqual(
      [seen, clock.nowMs, new Date().toISOString()],
      [[10, 20], 25, "2026-01-02T00:00:00.025Z"],
    );
    await clock.idle();
    assert.deepEqual([seen, clock.timers], [[10, 20], 1]);
    await clock.advance(5);
    await loop;
    assert.deepEqual(seen, [10, 20, 30]);
    await assert.rejects(clock.advance(-1), RangeError);
  });

  test("is the only one, and moved by one at a time", async () => {
    using clock = virtualTime();
    assert.throws(() => virtualTime(), /Cannot start virtual time/);
    await clock.run(() => assert.rejects(clock.advance(1), /Cannot move virtual time/));
  });

  test("is not started by a program, or by options that are none", () => {
    const { setTimeout } = globalThis;
    for (const [given, message] of [
      [async () => {}, /its options must be an object, and are \[AsyncFunction/],
      [{ begin: 0 }, /it has no option begin; it knows start, maxJumps$/],
    ] as const) {
      assert.throws(() => virtualTime(given as never), { name: "TypeError", message });
    }
    for (const options of [{ start: NaN }, { start: new Date("never") }, { maxJumps: -1 }]) {
      assert.throws(() => virtualTime(options), RangeError);
    }
    assert.equal(globalThis.setTimeout, setTimeout);
  });

  test("goes neither back nor on for ever", async () => {
    using clock = virtualTime();
    await assert.rejects(
      clock.advance(-1),
      /^RangeError: Cannot advance time by -1 ms: it does not go back$/,
    );
    await assert.rejects(clock.advance(Infinity), /^RangeError: Cannot advance time for ever/);
    assert.equal(clock.nowMs, 0);
  });

  test("brings the real clocks and timers back", async () => {
    const before = [
      setTimeout,
      setInterval,
      setImmediate,
      clearTimeout,
      Date,
      sleep,
      Reflect.get(AbortSignal, "timeout"),
    ];
    virtualTime()[Symbol.dispose]();
    assert.deepEqual(before, [
      setTimeout,
      setInterval,
      setImmediate,
      clearTimeout,
      Date,
      sleep,
      Reflect.get(AbortSignal, "timeout"),
    ]);
    await sleep(1);
  });
});
