/** How threads end, well or badly: whoever waits hears of it, with the thread's name and the cause. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Channel } from "../../queues/index.ts";
import { throwIfCancelled } from "../../scopes/index.ts";
import { Event, Lock } from "../../sync/index.ts";
import { currentTask, sleep } from "../../tasks/index.ts";
import { onUncaught, Thread, ThreadEndedError, type UncaughtError } from "../index.ts";

class PressError extends Error {
  readonly sheet: number;
  constructor(message: string, sheet: number, options?: ErrorOptions) {
    super(message, options);
    this.sheet = sheet;
  }
}

const never = (): Promise<never> => sleep(Infinity) as Promise<never>;

/** What a promise is rejected with. */
const errorOf = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it was not rejected");
};

describe("the end of a Thread", () => {
  const faults: [what: string, body: () => unknown, message: RegExp, exitCode?: number][] = [
    ["process.exit in its function", () => process.exit(3), /"victim": it called process\.exit\(3\)/, 3],
    [
      "process.exit in a timer",
      () => (setTimeout(() => process.exit(0)), never()),
      /"victim": it called process\.exit\(0\)/,
      0,
    ],
    ["having nothing left to do", () => new Promise(() => {}), /"victim": nothing was left to do/],
  ];
  for (const [what, body, message, exitCode] of faults) {
    test(`by ${what} is told by its result, to all who ask, blocked or not`, async () => {
      const thread = new Thread(body, { name: "victim" });
      const elsewhere = new Thread(() => thread.result.catch((error: Error) => [error.name, error.message]));
      thread.start();
      const joined = exitCode === undefined ? assert.rejects(thread.join(), message) : thread.join();
      await joined;
      const error = (await errorOf(thread.result)) as ThreadEndedError;
      assert.ok(error instanceof ThreadEndedError);
      assert.equal(error.code, "ERR_HEDDLE_THREAD_ENDED");
      assert.match(error.message, message);
      assert.deepEqual([error.thread, error.exitCode], ["victim", exitCode]);
      assert.deepEqual(await elsewhere.start().result, ["ThreadEndedError", error.message]);
      assert.ok(!thread.isAlive);
    });
  }

  test("by running out of memory is told by its result, with the cause", async () => {
    const body = (): void => {
      const all: object[] = [];
      for (;;) all.push({ text: `${all.length}` });
    };
    const limits = { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 };
    const thread = new Thread(body, { name: "hoarder", resourceLimits: limits }).start();
    const error = (await errorOf(thread.result)) as ThreadEndedError;
    assert.match(error.message, /"hoarder": it ended by .*memory/);
    assert.equal((error.cause as { code?: string }).code, "ERR_WORKER_OUT_OF_MEMORY");
    await thread.join();
  });

  test("by running out of memory is heard of by a thread that blocks", async () => {
    const body = (): void => {
      const all: object[] = [];
      for (;;) all.push({ text: `${all.length}` });
    };
    const limits = { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 };
    const thread = new Thread(body, { name: "hoarder", resourceLimits: limits }).start();
    assert.throws(() => thread.joinSync(), { name: "ThreadEndedError" });
    await errorOf(thread.result);
  });

  test("by an overflow of the stack is an error as any other", async () => {
    const deeper = (n: number): number => 1 + deeper(n + 1);
    const error = await errorOf(new Thread(() => deeper(0)).start().result);
    assert.ok(error instanceof RangeError);
  });

  test("by an exception in a timer, or an unhandled rejection, is that error, whole", async () => {
    const bodies = [
      () => (
        setTimeout(() => {
          throw new PressError("jammed", 7, { cause: new TypeError("paper") });
        }),
        never()
      ),
      () => (void Promise.reject(new PressError("jammed", 7, { cause: new TypeError("paper") })), never()),
    ];
    for (const body of bodies) {
      const error = (await errorOf(new Thread(body, { name: "press" }).start().result)) as PressError;
      assert.ok(error instanceof PressError);
      assert.deepEqual([error.message, error.sheet], ["jammed", 7]);
      assert.ok(error.cause instanceof TypeError);
      assert.match(error.stack!, /--- thread "press", started ---/);
    }
  });

  test("by a value that cannot travel, or that nobody else can have, is told by its result", async () => {
    assert.equal(
      ((await errorOf(new Thread(() => new WeakMap()).start().result)) as Error).name,
      "WireError",
    );
    const thread = new Thread(() => new MessageChannel().port1);
    const other = new Thread(() =>
      thread.result.then(
        () => "",
        ({ message }: Error) => message,
      ),
    );
    thread.start();
    const port = await thread.result;
    port.close();
    assert.match(await other.start().result, /only be sent to the thread that has started it/);
  });

  test("by what is no error is that", async () => {
    const throws = (): never => {
      throw "just words";
    };
    assert.equal(await errorOf(new Thread(throws).start().result), "just words");
    assert.equal(await errorOf(new Thread(() => Promise.reject(0)).start().result), 0);
  });
});

describe("terminate()", () => {
  test("ends a thread that computes, and gives when it is gone", async () => {
    const ready = new Event();
    const body = (): void => {
      ready.set();
      for (;;);
    };
    const thread = new Thread(body, { name: "busy" }).start();
    const { result } = thread;
    await ready.wait();
    await Promise.all([thread.terminate(), assert.rejects(result, /"busy": it was terminated/)]);
    assert.ok(!thread.isAlive);
    await thread.join();
    await thread.terminate();
  });

  test("of a thread that is about to begin, or has ended, leaves nothing behind", async () => {
    const early = new Thread(() => 1).start();
    await early.terminate();
    await early.join();
    const late = new Thread(() => 1).start();
    await late.join();
    await late.terminate();
    assert.equal(await late.result, 1);
  });

  test("hands over what the thread has locked, as abandoned", async () => {
    const lock = new Lock();
    const locked = new Event();
    const thread = new Thread(() => {
      lock.acquireSync();
      locked.set();
      return never();
    }).start();
    await locked.wait();
    const next = lock.acquire();
    await thread.terminate();
    using guard = await next;
    assert.ok((guard as unknown as { abandoned: boolean }).abandoned);
  });

  test("works from any thread, also while the one that has started it blocks", async () => {
    const ready = new Event();
    const victim = new Thread(
      () => {
        ready.set();
        for (;;);
      },
      { name: "far" },
    );
    const killer = new Thread(async () => {
      await ready.wait();
      await victim.terminate();
      return victim.isAlive;
    });
    victim.start();
    killer.start();
    victim.joinSync();
    assert.equal(await killer.result, false);
    await assert.rejects(victim.result, /was terminated/);
  });

  test("takes those along that the thread has started, and everybody hears of it", async () => {
    const [inner, ready] = [new Channel<Thread<void>>(1), new Event()];
    const outer = new Thread(async () => {
      const thread = new Thread(() => {
        ready.set();
        for (;;);
      }).start();
      await inner.send(thread);
      await never();
    }).start();
    const thread = await inner.receive();
    await ready.wait();
    const joined = thread.join().catch((error: Error) => error);
    await outer.terminate();
    assert.ok((await joined) instanceof ThreadEndedError);
    assert.ok(!thread.isAlive);
  });
});

describe("interrupt()", () => {
  const lock = new Lock();
  const channel = new Channel<number>();
  const bodies: [what: string, body: (ready: Event) => unknown][] = [
    [
      "computes",
      (ready) => {
        for (ready.set(); ;) throwIfCancelled();
      },
    ],
    ["sleeps", (ready) => (ready.set(), sleep(Infinity))],
    ["waits at a lock", (ready) => (ready.set(), lock.acquire())],
    ["blocks at a lock", (ready) => (ready.set(), lock.acquireSync())],
    ["blocks at a channel", (ready) => (ready.set(), channel.receiveSync())],
    [
      "listens to the signal of its task",
      (ready) =>
        new Promise((_resolve, reject) => {
          const { signal } = currentTask();
          signal.addEventListener("abort", () => reject(signal.reason as Error));
          setInterval(() => {}, 1000).unref();
          ready.set();
          sleep(Infinity).catch(() => {});
        }),
    ],
  ];
  for (const [what, body] of bodies) {
    test(`stops a thread that ${what}, with the reason`, async () => {
      using _guard = lock.acquireSync();
      const ready = new Event();
      const thread = new Thread(body, { args: [ready] }).start();
      await ready.wait();
      const reason = new PressError("stop the presses", 1);
      thread.interrupt(reason);
      thread.interrupt("the first reason counts");
      await thread.join();
      assert.equal(await errorOf(thread.result), reason);
    });
  }

  test("before its function begins keeps that from running", async () => {
    const ran = new Event();
    const thread = new Thread(() => ran.set()).start();
    thread.interrupt();
    const error = (await errorOf(thread.result)) as Error;
    assert.equal(error.name, "AbortError");
    assert.ok(!ran.isSet);
  });

  test("can be heeded, or not: what the thread gives counts", async () => {
    const ready = new Event();
    const thread = new Thread(async () => {
      ready.set();
      try {
        await sleep(Infinity);
      } catch (reason) {
        return `cleaned up after ${String(reason)}`;
      }
      return "not interrupted";
    }).start();
    await ready.wait();
    thread.interrupt("a hint");
    assert.equal(await thread.result, "cleaned up after a hint");
    thread.interrupt("too late");
  });

  test("works from any thread", async () => {
    const thread = new Thread(() => sleep(Infinity));
    const other = new Thread(() => thread.interrupt("from afar"));
    thread.start();
    await other.start().join();
    assert.equal(await errorOf(thread.result), "from afar");
  });

  test("refuses a reason that cannot travel", async () => {
    const thread = new Thread(() => sleep(Infinity)).start();
    assert.throws(() => thread.interrupt(new WeakMap()), { name: "WireError" });
    thread.interrupt();
    await thread.join();
  });
});

describe("the error of a Thread", () => {
  const failing = (): never => {
    throw new PressError("jammed", 3);
  };

  test("arrives whole at whoever reads its result, and joins are only told that it is over", async () => {
    using handler = seeing();
    const thread = new Thread(failing).start();
    const error = (await errorOf(thread.result)) as PressError;
    assert.ok(error instanceof PressError);
    assert.equal(error.sheet, 3);
    await thread.join();
    thread.joinSync();
    await nextTurn();
    assert.deepEqual(handler.seen, []);
  });

  test("arrives at those who join, if nobody else has it", async () => {
    const thread = new Thread(failing).start();
    await Promise.all([1, 2].map(() => assert.rejects(thread.join(), PressError)));
    await assert.rejects(thread.join(), PressError);
    assert.throws(() => thread.joinSync(), PressError);
    await assert.rejects(thread.result, PressError);
  });

  test("arrives at who joins later, though others were awaited meanwhile", async () => {
    const [failed, other] = [new Thread(failing).start(), new Thread(() => sleep(20)).start()];
    await other.join();
    await assert.rejects(failed.join(), PressError);
  });

  test("arrives at a thread that blocks for it", () => {
    const thread = new Thread(failing).start();
    assert.throws(() => thread.joinSync(), PressError);
  });

  test("is told to the handlers of uncaught errors, with its thread, and then to nobody else", async () => {
    using handler = seeing();
    const thread = new Thread(failing, { name: "unseen" }).start();
    await thread.join();
    assert.equal(handler.seen.length, 1);
    const [{ thread: info, error }] = handler.seen as [UncaughtError];
    assert.equal(info, thread);
    assert.ok(error instanceof PressError);
    thread.joinSync();
  });

  test("is told to handlers also when nobody joins; and to no handler that was disposed of", async () => {
    const gone = seeing();
    gone[Symbol.dispose]();
    gone[Symbol.dispose]();
    const told = Promise.withResolvers<UncaughtError>();
    using _handler = onUncaught(told.resolve);
    new Thread(failing, { name: "forgotten" }).start();
    assert.equal((await told.promise).thread.name, "forgotten");
    assert.deepEqual(gone.seen, []);
  });

  test("of a thread that a thread has started is told to the handlers of that one, else of the main thread", async () => {
    using handler = seeing();
    const outer = new Thread(async () => {
      await new Thread(
        () => {
          throw new PressError("seen above", 1);
        },
        { name: "inner" },
      )
        .start()
        .join();
      const seen: string[] = [];
      using _own = onUncaught(({ error }) => seen.push((error as Error).message));
      await new Thread(() => {
        throw new PressError("seen here", 2);
      })
        .start()
        .join();
      return seen;
    }).start();
    assert.deepEqual(await outer.result, ["seen here"]);
    while (handler.seen.length === 0) await nextTurn();
    const [{ thread, error }] = handler.seen as [UncaughtError];
    assert.deepEqual([thread.name, (error as Error).message], ["inner", "seen above"]);
  });

  test("is not uncaught when it was terminated, interrupted or has called process.exit", async () => {
    using handler = seeing();
    const exits = new Thread(() => process.exit(1)).start();
    const stops = new Thread(() => sleep(Infinity)).start();
    const dies = new Thread(() => sleep(Infinity)).start();
    stops.interrupt();
    await dies.terminate();
    await Promise.all([exits.join(), stops.join(), dies.join()]);
    assert.deepEqual(handler.seen, []);
  });

  test("refuses handlers that are no functions", () => {
    assert.throws(() => onUncaught(3 as never), TypeError);
  });
});

/** Notes what handlers are told. */
function seeing(): Disposable & { seen: UncaughtError[] } {
  const seen: UncaughtError[] = [];
  const handler = onUncaught((uncaught) => void seen.push(uncaught));
  return { seen, [Symbol.dispose]: () => handler[Symbol.dispose]() };
}
