/** Every wait that the toolkit has, in a scope that is cancelled: while it waits, and before it begins. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { asCompleted, type Future, InlineExecutor, wait } from "../futures/index.ts";
import {
  after,
  Channel,
  LifoQueue,
  PriorityQueue,
  Queue,
  select,
  selectSync,
  trySelect,
} from "../queues/index.ts";
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Event,
  Latch,
  Lock,
  Once,
  ReadWriteLock,
  RLock,
  Semaphore,
} from "../sync/index.ts";
import {
  checkpoint,
  gather,
  moveOnAfter,
  race,
  RateLimit,
  retry,
  SingleFlight,
  sleep,
  taskGroup,
  withTimeout,
} from "./index.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const isStop = (error: unknown): boolean => error === "stop";
const never = new Promise<never>(() => {});

/** One wait, and what shows that it has happened or not. */
interface Wait {
  readonly begin: () => PromiseLike<unknown>;
  /** What would be another if it had happened. */
  readonly state?: () => unknown;
}

function heldLock(): Lock {
  const lock = new Lock();
  lock.acquireSync();
  return lock;
}

/** A lock that another task holds. */
function heldRLock(): RLock {
  const lock = new RLock();
  lock.acquireSync();
  return lock;
}

function pending(): Future<unknown> {
  return new InlineExecutor().submit(() => never);
}

function full<Q extends Queue<number>>(queue: Q): Q {
  queue.putSync(1);
  return queue;
}

/** A wait at an object that tells how it stands. */
function at<O extends { statistics(): unknown }, R>(object: O, begin: (object: O) => R) {
  return { begin: (): R => begin(object), state: (): unknown => object.statistics() };
}

/** Waits that cannot end yet, made anew for each test. */
const blocked: Record<string, () => Wait> = {
  "Lock.acquire()": () => at(heldLock(), (lock) => lock.acquire()),
  "Lock.run()": () => at(heldLock(), (lock) => lock.run(() => assert.fail("it ran"))),
  "RLock.acquire()": () => at(heldRLock(), (lock) => lock.acquire()),
  "Semaphore.acquire()": () => at(new Semaphore(1), (permits) => permits.acquire({ permits: 2 })),
  "BoundedSemaphore.acquire()": () => at(new BoundedSemaphore(0), (permits) => permits.acquire()),
  "Condition.acquire()": () => at(new Condition(heldLock()), (condition) => condition.acquire()),
  "Condition.wait()": () =>
    at(new Condition(new Lock()), async (condition) => {
      using _guard = await condition.acquire();
      await condition.wait();
    }),
  "Condition.waitFor()": () =>
    at(new Condition(new Lock()), async (condition) => {
      using _guard = await condition.acquire();
      await condition.waitFor(() => false);
    }),
  "Event.wait()": () => at(new Event(), (event) => event.wait()),
  "Barrier.wait()": () => at(new Barrier(2), (barrier) => barrier.wait()),
  "ReadWriteLock.acquireRead()": () => {
    const lock = new ReadWriteLock();
    lock.acquireWriteSync();
    return { begin: () => lock.acquireRead(), state: () => lock.statistics() };
  },
  "ReadWriteLock.acquireWrite()": () => {
    const lock = new ReadWriteLock();
    lock.acquireReadSync();
    return { begin: () => lock.acquireWrite(), state: () => lock.statistics() };
  },
  "Latch.wait()": () => at(new Latch(1), (latch) => latch.wait()),
  "Once.run()": () => {
    const once = new Once();
    void once.run(() => never);
    return { begin: () => once.run(() => assert.fail("it ran")), state: () => once.statistics() };
  },
  "Queue.put()": () => at(full(new Queue<number>({ maxSize: 1 })), (queue) => queue.put(2)),
  "Queue.get()": () => at(new Queue<number>(), (queue) => queue.get()),
  "LifoQueue.get()": () => at(new LifoQueue<number>(), (queue) => queue.get()),
  "PriorityQueue.put()": () =>
    at(full(new PriorityQueue<number>({ maxSize: 1 })), (queue) => queue.put(2, { priority: 1 })),
  "Queue.join()": () => at(full(new Queue<number>()), (queue) => queue.join()),
  "a loop over a queue": () =>
    at(new Queue<number>(), async (queue) => {
      for await (const _ of queue) assert.fail("there was an item");
    }),
  "Channel.send()": () => at(new Channel<number>(), (channel) => channel.send(1)),
  "Channel.receive()": () => at(new Channel<number>(), (channel) => channel.receive()),
  "a loop over a channel": () =>
    at(new Channel<number>(), async (channel) => {
      for await (const _ of channel) assert.fail("there was a value");
    }),
  "select()": () => {
    const [from, to] = [new Channel<number>(), new Channel<number>()];
    const future = pending();
    return {
      begin: () => select({ from, to: to.sending(1), late: after(60_000), future }),
      state: () => [from.statistics(), to.statistics()],
    };
  },
  "await of a future": () => {
    const future = pending();
    return { begin: async () => await future, state: () => future.done };
  },
  "Future.then()": () => {
    const future = pending();
    return { begin: () => future.then(() => assert.fail("it ran")), state: () => future.done };
  },
  "Future.result()": () => {
    const future = pending();
    return { begin: () => future.result(), state: () => future.done };
  },
  "Future.exception()": () => {
    const future = pending();
    return { begin: () => future.exception(), state: () => future.done };
  },
  "wait()": () => {
    const futures = [pending(), pending()];
    return { begin: () => wait(futures), state: () => futures.map(({ done }) => done) };
  },
  "asCompleted()": () => {
    const futures = [pending()];
    return {
      begin: async () => {
        for await (const _ of asCompleted(futures)) assert.fail("one was done");
      },
      state: () => futures.map(({ done }) => done),
    };
  },
  "asCompleted() that was called outside": () => {
    const completions = asCompleted([pending()]);
    return { begin: () => completions.next() };
  },
  "Executor.map()": () => {
    const executor = new InlineExecutor();
    return { begin: () => executor.map(() => sleep(Infinity), [1, 2]).toArray() };
  },
  "Executor.map() that was called outside": () => {
    const results = new InlineExecutor().map(() => never, [1, 2]);
    return { begin: () => results.next() };
  },
  "sleep()": () => ({ begin: () => sleep(Infinity) }),
  "checkpoint()": () => ({ begin: () => moreOften(checkpoint) }),
  "RateLimit.take()": () => {
    const limit = new RateLimit({ tokens: 1, perMs: 3_600_000 });
    limit.tryTake();
    return { begin: () => limit.take(), state: () => limit.waiting };
  },
  "SingleFlight.run()": () => {
    const flights = new SingleFlight<string, unknown>();
    return { begin: () => flights.run("key", () => sleep(Infinity)), state: () => flights.size };
  },
  "taskGroup()": () => ({ begin: () => taskGroup((group) => group.spawn(() => sleep(Infinity))) }),
  "withTimeout()": () => ({ begin: () => withTimeout(60_000, () => sleep(Infinity)) }),
  "moveOnAfter()": () => ({ begin: () => moveOnAfter(60_000, () => sleep(Infinity)) }),
  "gather()": () => ({ begin: () => gather(() => sleep(Infinity), never) }),
  "race()": () => ({ begin: () => race(() => sleep(Infinity), never) }),
  "retry()": () => ({
    begin: () => retry(() => Promise.reject(new Error("no")), { delayMs: 3_600_000 }),
  }),
};

async function moreOften(body: () => Promise<void>): Promise<never> {
  for (;;) await body();
}

/** Waits that could end at once. */
const ready: Record<string, () => Wait> = {
  "Lock.acquire()": () => at(new Lock(), (lock) => lock.acquire()),
  "RLock.acquire()": () => at(new RLock(), (lock) => lock.acquire()),
  "Semaphore.acquire()": () => {
    const permits = new Semaphore(1);
    return { begin: () => permits.acquire(), state: () => permits.available };
  },
  "Event.wait()": () => {
    const event = new Event();
    event.set();
    return { begin: () => event.wait() };
  },
  "Barrier.wait()": () => ({ begin: () => new Barrier(1).wait() }),
  "ReadWriteLock.acquireRead()": () => at(new ReadWriteLock(), (lock) => lock.acquireRead()),
  "ReadWriteLock.acquireWrite()": () => at(new ReadWriteLock(), (lock) => lock.acquireWrite()),
  "Latch.wait()": () => ({ begin: () => new Latch(0).wait() }),
  "Once.run()": () => {
    const once = new Once();
    return { begin: () => once.run(() => assert.fail("it ran")), state: () => once.done };
  },
  "Queue.put()": () => {
    const queue = new Queue<number>();
    return { begin: () => queue.put(1), state: () => queue.size };
  },
  "Queue.get()": () => {
    const queue = full(new Queue<number>());
    return { begin: () => queue.get(), state: () => queue.size };
  },
  "Queue.join()": () => ({ begin: () => new Queue<number>().join() }),
  "Channel.send()": () => {
    const channel = new Channel<number>(1);
    return { begin: () => channel.send(1), state: () => channel.size };
  },
  "Channel.receive()": () => {
    const channel = new Channel<number>(1);
    channel.sendSync(1);
    return { begin: () => channel.receive(), state: () => channel.size };
  },
  "select()": () => {
    const channel = new Channel<number>(1);
    return { begin: () => select({ to: channel.sending(1) }), state: () => channel.size };
  },
  "sleep(0)": () => ({ begin: () => sleep(0) }),
  "RateLimit.take()": () => {
    const limit = new RateLimit({ tokens: 1, perMs: 3_600_000 });
    return { begin: () => limit.take(), state: () => limit.tryTake() };
  },
  "taskGroup()": () => ({ begin: () => taskGroup(() => assert.fail("it ran")) }),
  "withTimeout()": () => ({ begin: () => withTimeout(60_000, () => assert.fail("it ran")) }),
  "gather()": () => ({ begin: () => gather(() => assert.fail("it ran"), Promise.resolve(1)) }),
  "race()": () => ({ begin: () => race(() => assert.fail("it ran"), Promise.resolve(1)) }),
};

/** What blocks the thread, though it need not. */
const blocking: Record<string, () => { readonly begin: () => unknown; readonly state?: () => unknown }> = {
  "Lock.acquireSync()": () => {
    const lock = new Lock();
    return { begin: () => lock.acquireSync(), state: () => lock.locked };
  },
  "RLock.acquireSync()": () => {
    const lock = new RLock();
    return { begin: () => lock.acquireSync(), state: () => lock.locked };
  },
  "Semaphore.acquireSync()": () => {
    const permits = new Semaphore(1);
    return { begin: () => permits.acquireSync(), state: () => permits.available };
  },
  "ReadWriteLock.acquireReadSync()": () => at(new ReadWriteLock(), (lock) => lock.acquireReadSync()),
  "ReadWriteLock.acquireWriteSync()": () => at(new ReadWriteLock(), (lock) => lock.acquireWriteSync()),
  "Event.waitSync()": () => {
    const event = new Event();
    event.set();
    return { begin: () => event.waitSync() };
  },
  "Barrier.waitSync()": () => ({ begin: () => new Barrier(1).waitSync() }),
  "Latch.waitSync()": () => ({ begin: () => new Latch(0).waitSync() }),
  "Once.runSync()": () => ({ begin: () => new Once().runSync(() => assert.fail("it ran")) }),
  "Queue.putSync()": () => {
    const queue = new Queue<number>();
    return { begin: () => queue.putSync(1), state: () => queue.size };
  },
  "Queue.getSync()": () => {
    const queue = full(new Queue<number>());
    return { begin: () => queue.getSync(), state: () => queue.size };
  },
  "Queue.joinSync()": () => ({ begin: () => new Queue<number>().joinSync() }),
  "a plain loop over a queue": () => {
    const queue = full(new Queue<number>());
    return { begin: () => queue[Symbol.iterator]().next(), state: () => queue.size };
  },
  "Channel.sendSync()": () => {
    const channel = new Channel<number>(1);
    return { begin: () => channel.sendSync(1), state: () => channel.size };
  },
  "Channel.receiveSync()": () => {
    const channel = new Channel<number>(1);
    channel.sendSync(1);
    return { begin: () => channel.receiveSync(), state: () => channel.size };
  },
  "selectSync()": () => {
    const channel = new Channel<number>(1);
    return { begin: () => selectSync({ to: channel.sending(1) }), state: () => channel.size };
  },
};

describe("in a group that is cancelled, what waits throws the reason, and has not happened:", () => {
  for (const [name, make] of Object.entries(blocked)) {
    test(name, async () => {
      const { begin, state } = make();
      const before = state?.();
      await taskGroup(async (group) => {
        const task = group.spawn(async () => await begin());
        await turn();
        await turn();
        assert.equal(task.done, false);
        group.cancel("stop");
        await turn();
        assert.ok(task.cancelled, "it still waits");
      });
      assert.deepEqual(state?.(), before);
    });
  }
});

describe("when only the task is cancelled, what waits throws the reason, and has not happened:", () => {
  for (const [name, make] of Object.entries(blocked)) {
    test(name, async () => {
      const { begin, state } = make();
      const before = state?.();
      await taskGroup(async (group) => {
        const task = group.spawn(async () => await begin());
        await turn();
        await turn();
        task.cancel("stop");
        await assert.rejects(task.result(), isStop);
      });
      assert.deepEqual(state?.(), before);
    });
  }
});

/** Promises of asynchronous functions of ours, or of loops, which nobody can mark. */
const OF_OTHERS = [
  "Condition.wait()",
  "Condition.waitFor()",
  "a loop over a queue",
  "a loop over a channel",
  "await of a future",
  "asCompleted()",
  "Executor.map() that was called outside",
  "checkpoint()",
];

describe("in a group that is cancelled, what nobody awaits is no unhandled rejection:", () => {
  for (const [name, make] of Object.entries(blocked)) {
    if (OF_OTHERS.includes(name)) continue;
    test(name, async () => {
      const { begin } = make();
      await taskGroup(async (group) => {
        void begin();
        await turn();
        group.cancel("stop");
      });
      await turn();
    });
  }
});

describe("in a group that was cancelled, what could happen at once throws the reason, and does not:", () => {
  for (const [name, make] of Object.entries({ ...ready, ...blocked })) {
    test(name, async () => {
      const { begin, state } = make();
      const before = name === "RateLimit.take()" ? undefined : state?.();
      await taskGroup(async (group) => {
        group.cancel("stop");
        await assert.rejects(async () => await begin(), isStop);
      });
      if (before !== undefined) assert.deepEqual(state?.(), before);
    });
  }

  for (const [name, make] of Object.entries(blocking)) {
    test(name, async () => {
      const { begin, state } = make();
      const before = state?.();
      await taskGroup((group) => {
        group.cancel("stop");
        assert.throws(begin, isStop);
      });
      assert.deepEqual(state?.(), before);
    });
  }

  test("but what never waits, does", async () => {
    const [lock, permits, queue] = [new Lock(), new Semaphore(1), new Queue<number>()];
    const channel = new Channel<number>(1);
    await taskGroup((group) => {
      group.cancel("stop");
      assert.ok(lock.tryAcquire()?.held);
      assert.ok(permits.tryAcquire()?.held);
      assert.ok(queue.tryPut(1));
      assert.deepEqual(queue.tryGet(), { value: 1 });
      assert.ok(channel.trySend(1));
      assert.equal(trySelect({ channel })?.name, "channel");
    });
  });
});
