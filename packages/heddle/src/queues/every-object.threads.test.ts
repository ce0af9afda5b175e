/** What all shared objects have in common, for each of their classes. */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { inspect } from "node:util";
import { ThreadPoolExecutor } from "../futures/index.ts";
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
  type SharedOptions,
} from "../sync/index.ts";
import { Channel, LifoQueue, PriorityQueue, Queue, select, selectSync } from "./index.ts";

interface Shared {
  readonly name: string;
  statistics(): object;
}

/** A call that may wait, by its options; it would wait, or not. */
type Waits = Readonly<Record<string, (object: never, options: object) => unknown>>;

interface Kind {
  readonly make: (options?: SharedOptions) => Shared;
  readonly statistics: object;
  readonly waits: Waits;
}

const acquires: Waits = {
  acquire: (lock: Lock, options) => lock.acquire(options),
  acquireSync: (lock: Lock, options) => lock.acquireSync(options),
};
const waits: Waits = {
  wait: (event: Event, options) => event.wait(options),
  waitSync: (event: Event, options) => event.waitSync(options),
};
const moves: Waits = {
  put: (queue: Queue<number>, options) => queue.put(1, options),
  putSync: (queue: Queue<number>, options) => queue.putSync(1, options),
  get: (queue: Queue<number>, options) => queue.get(options),
  getSync: (queue: Queue<number>, options) => queue.getSync(options),
  join: (queue: Queue<number>, options) => queue.join(options),
  joinSync: (queue: Queue<number>, options) => queue.joinSync(options),
};
const nobody = { size: 0, unfinished: 0, getters: 0, putters: 0, joiners: 0 };

const kinds: Readonly<Record<string, Kind>> = {
  Lock: { make: (o) => new Lock(o), statistics: { locked: false, waiters: 0 }, waits: acquires },
  RLock: { make: (o) => new RLock(o), statistics: { locked: false, waiters: 0, depth: 0 }, waits: acquires },
  Semaphore: { make: (o) => new Semaphore(2, o), statistics: { available: 2, waiters: 0 }, waits: acquires },
  BoundedSemaphore: {
    make: (o) => new BoundedSemaphore(2, o),
    statistics: { available: 2, waiters: 0 },
    waits: acquires,
  },
  Condition: {
    make: (o) => new Condition(new Lock(), o),
    statistics: { locked: false, waiters: 0 },
    waits: acquires,
  },
  Event: { make: (o) => new Event(o), statistics: { isSet: false, waiters: 0 }, waits },
  Barrier: { make: (o) => new Barrier(2, o), statistics: { parties: 2, waiting: 0, broken: false }, waits },
  ReadWriteLock: {
    make: (o) => new ReadWriteLock(o),
    statistics: { readers: 0, writing: false, waiters: 0 },
    waits: {
      acquireRead: (lock: ReadWriteLock, options) => lock.acquireRead(options),
      acquireReadSync: (lock: ReadWriteLock, options) => lock.acquireReadSync(options),
      acquireWrite: (lock: ReadWriteLock, options) => lock.acquireWrite(options),
      acquireWriteSync: (lock: ReadWriteLock, options) => lock.acquireWriteSync(options),
    },
  },
  Latch: { make: (o) => new Latch(2, o), statistics: { count: 2, waiters: 0 }, waits },
  Once: {
    make: (o) => new Once(o),
    statistics: { done: false, waiters: 0 },
    waits: {
      run: (once: Once, options) => once.run(() => 1, options),
      runSync: (once: Once, options) => once.runSync(() => 1, options),
    },
  },
  Queue: { make: (o) => new Queue(o), statistics: nobody, waits: moves },
  LifoQueue: { make: (o) => new LifoQueue(o), statistics: nobody, waits: moves },
  PriorityQueue: { make: (o) => new PriorityQueue(o), statistics: nobody, waits: moves },
  Channel: {
    make: (o) => new Channel(1, o),
    statistics: { size: 0, capacity: 1, senders: 0, receivers: 0, closed: false },
    waits: {
      send: (channel: Channel<number>, options) => channel.send(1, options),
      sendSync: (channel: Channel<number>, options) => channel.sendSync(1, options),
      receive: (channel: Channel<number>, options) => channel.receive(options),
      receiveSync: (channel: Channel<number>, options) => channel.receiveSync(options),
    },
  },
};

/** Waits that run out of time at once, by what users call. */
const late: Readonly<Record<string, () => unknown>> = {
  "Lock.acquire()": () => held(new Lock()).acquire(AT_ONCE),
  "Lock.acquireSync()": () => held(new Lock()).acquireSync(AT_ONCE),
  "Semaphore.acquire()": () => new Semaphore(0).acquire(AT_ONCE),
  "Semaphore.acquireSync()": () => new Semaphore(0).acquireSync(AT_ONCE),
  "BoundedSemaphore.acquireSync()": () => held(new BoundedSemaphore(1)).acquireSync(AT_ONCE),
  "Condition.wait()": () => held(new Condition()).wait(AT_ONCE),
  "Condition.waitSync()": () => held(new Condition()).waitSync(AT_ONCE),
  "Condition.waitFor()": () => held(new Condition()).waitFor(() => false, AT_ONCE),
  "Condition.waitForSync()": () => held(new Condition()).waitForSync(() => false, AT_ONCE),
  "Event.wait()": () => new Event().wait(AT_ONCE),
  "Event.waitSync()": () => new Event().waitSync(AT_ONCE),
  "Barrier.wait()": () => new Barrier(2).wait(AT_ONCE),
  "Barrier.waitSync()": () => new Barrier(2).waitSync(AT_ONCE),
  "ReadWriteLock.acquireWrite()": () => read(new ReadWriteLock()).acquireWrite(AT_ONCE),
  "ReadWriteLock.acquireWriteSync()": () => read(new ReadWriteLock()).acquireWriteSync(AT_ONCE),
  "Latch.wait()": () => new Latch(1).wait(AT_ONCE),
  "Latch.waitSync()": () => new Latch(1).waitSync(AT_ONCE),
  "Channel.send()": () => new Channel().send(1, AT_ONCE),
  "Channel.sendSync()": () => new Channel().sendSync(1, AT_ONCE),
  "Channel.receive()": () => new Channel().receive(AT_ONCE),
  "Channel.receiveSync()": () => new Channel().receiveSync(AT_ONCE),
  "select()": () => select({ channel: new Channel() }, AT_ONCE),
  "selectSync()": () => selectSync({ channel: new Channel() }, AT_ONCE),
};
const lateAtQueue: Readonly<Record<string, (queue: Queue<number>) => unknown>> = {
  "get()": (queue) => (queue.getSync(), queue.get(AT_ONCE)),
  "getSync()": (queue) => (queue.getSync(), queue.getSync(AT_ONCE)),
  "put()": (queue) => queue.put(1, AT_ONCE),
  "putSync()": (queue) => queue.putSync(1, AT_ONCE),
  "join()": (queue) => queue.join(AT_ONCE),
  "joinSync()": (queue) => queue.joinSync(AT_ONCE),
};
const AT_ONCE = { timeoutMs: 0 };

function held<L extends { acquireSync(): unknown }>(lock: L): L {
  lock.acquireSync();
  return lock;
}

function read(lock: ReadWriteLock): ReadWriteLock {
  lock.acquireReadSync();
  return lock;
}

describe("a wait that runs out of time says what was called", () => {
  const check = async (called: string, call: () => unknown): Promise<void> => {
    const begun = async (): Promise<unknown> => call();
    await assert.rejects(begun(), {
      name: "TimeoutError",
      message: `Cannot complete ${called}: 0 ms have passed`,
    });
  };
  for (const [called, call] of Object.entries(late)) test(called, () => check(called, call));
  for (const cls of [Queue, LifoQueue, PriorityQueue]) {
    for (const [method, call] of Object.entries(lateAtQueue)) {
      test(`${cls.name}.${method}`, async () => {
        const queue = new cls<number>({ maxSize: 1 });
        queue.putSync(1);
        await check(`${cls.name}.${method}`, () => call(queue));
      });
    }
  }
});

const pool = new ThreadPoolExecutor({ maxWorkers: 1 });
after(() => pool.shutdown());

for (const [name, { make, statistics, waits: calls }] of Object.entries(kinds)) {
  describe(`a ${name}`, () => {
    test("has a name, given or by its kind and a number, and tells how it stands", () => {
      assert.equal(make({ name: "mine" }).name, "mine");
      assert.match(make().name, new RegExp(`^${name}-\\d+$`));
      assert.deepEqual(make().statistics(), statistics);
    });

    test("is printed with its name, and how it stands", () => {
      const printed = inspect(make({ name: "mine" }));
      assert.ok(printed.startsWith(`${name} "mine" { `), printed);
      for (const key of Object.keys(statistics)) assert.ok(printed.includes(`${key}: `), printed);
      assert.equal(inspect({ deep: { er: make() } }, { depth: 1 }), `{ deep: { er: [${name}] } }`);
    });

    test("is refused with options that are none, by its name", () => {
      for (const options of [5, null, "x"]) {
        assert.throws(() => make(options as never), new RegExp(`^TypeError: Cannot make a ${name}: `));
      }
      assert.throws(
        () => make({ name: 5 as never }),
        new RegExp(`^TypeError: Cannot make a ${name}: its name must be a string, and is 5$`),
      );
      assert.throws(
        () => make({ nmae: "x" } as never),
        new RegExp(`^TypeError: Cannot make a ${name}: it has no option nmae; it knows .*name, heap$`),
      );
    });

    test("refuses a wait that makes no sense at once, names what was called, and is as it was", async () => {
      const wrong: [object, RegExp][] = [
        [{ timeoutMs: -1 }, /^RangeError: Cannot begin (\w+)\.(\w+)\(\): timeoutMs must be .* and is -1$/],
        [{ timeoutMs: NaN }, /^RangeError: Cannot begin (\w+)\.(\w+)\(\): timeoutMs must be .* and is NaN$/],
        [
          { timeoutMs: "5" },
          /^TypeError: Cannot begin (\w+)\.(\w+)\(\): timeoutMs must be a number, and is 5$/,
        ],
        [{ signal: {} }, /^TypeError: Cannot begin (\w+)\.(\w+)\(\): signal must be an AbortSignal$/],
        [
          { timeout: 3 },
          /^TypeError: Cannot begin (\w+)\.(\w+)\(\): it has no option timeout; write timeoutMs; it knows .*timeoutMs/,
        ],
        [{ signal: AbortSignal.abort(new RangeError("enough")) }, /^RangeError: enough$/],
      ];
      for (const [method, call] of Object.entries(calls)) {
        const object = make();
        for (const [options, message] of wrong) {
          const begun = async (): Promise<unknown> => call(object as never, options);
          const failed = await begun().then(
            () => assert.fail(`${method}() began to wait`),
            (error: unknown) => String(error),
          );
          assert.match(failed, message, method);
          const [, kind, called] = message.exec(failed)!;
          // A condition passes them on to its lock.
          const expected = name === "Condition" ? "Lock" : name;
          if (kind !== undefined) assert.deepEqual([kind, called], [expected, method]);
        }
        assert.deepEqual(object.statistics(), statistics, method);
      }
    });

    test("is the same object as an argument, captured, in a queue and in a channel", async () => {
      const object = make({ name: "one" });
      const away = (given: Shared): [Shared, string] => [given, given.name];
      assert.deepEqual(await pool.submit(away, object), [object, "one"]);
      assert.equal((await pool.submit(away, object))[0], object);
      assert.equal(await pool.submit(() => object), object);
      assert.equal(await pool.submit(() => ({ deep: [object] })).then(({ deep }) => deep[0]), object);
      const [queue, channel] = [new Queue<unknown>(), new Channel<unknown>(2)];
      const back = (from: Queue<unknown>, to: Channel<unknown>): void => {
        const got = from.getSync();
        to.sendSync(got);
        to.sendSync(new Map([[got, got]]));
      };
      queue.putSync(object);
      await pool.submit(back, queue, channel);
      assert.equal(await channel.receive(), object);
      assert.ok(((await channel.receive()) as Map<unknown, unknown>).get(object) === object);
      assert.deepEqual(object.statistics(), statistics);
    });
  });
}
