/** Waits that run out of time: is it told where in the program they were? */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { asCompleted, InlineExecutor } from "../futures/index.ts";
import { Channel, PriorityQueue, Queue, select } from "../queues/index.ts";
import {
  Barrier,
  Condition,
  Event,
  Latch,
  Lock,
  Once,
  ReadWriteLock,
  RLock,
  Semaphore,
} from "../sync/index.ts";
import { RateLimit, sleep, taskGroup, withTimeout } from "./index.ts";

const never = new Promise<never>(() => {});
const limit = { timeoutMs: 1 };

function heldLock(lock: Lock): Lock {
  lock.acquireSync();
  return lock;
}

function writtenLock(): ReadWriteLock {
  const lock = new ReadWriteLock();
  lock.acquireWriteSync();
  return lock;
}

function fullQueue<Q extends Queue<number>>(queue: Q): Q {
  queue.putSync(1);
  return queue;
}

async function readAll(values: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of values) assert.fail("there was one");
}

const limited: Record<string, () => PromiseLike<unknown>> = {
  "Lock.acquire()": () => heldLock(new Lock()).acquire(limit),
  "Lock.run()": () => heldLock(new Lock()).run(() => assert.fail("it ran"), limit),
  "RLock.acquire()": async () => {
    const lock = new RLock();
    await taskGroup((group) => group.spawn(() => lock.acquire()));
    await lock.acquire(limit);
  },
  "Semaphore.acquire()": () => new Semaphore(0).acquire(limit),
  "Condition.acquire()": () => new Condition(heldLock(new Lock())).acquire(limit),
  "Condition.wait()": async () => {
    const condition = new Condition();
    using _guard = await condition.acquire();
    await condition.wait(limit);
  },
  "Condition.waitFor()": async () => {
    const condition = new Condition();
    using _guard = await condition.acquire();
    await condition.waitFor(() => false, limit);
  },
  "Event.wait()": () => new Event().wait(limit),
  "Barrier.wait()": () => new Barrier(2).wait(limit),
  "ReadWriteLock.acquireRead()": () => writtenLock().acquireRead(limit),
  "ReadWriteLock.acquireWrite()": () => writtenLock().acquireWrite(limit),
  "Latch.wait()": () => new Latch(1).wait(limit),
  "Once.run()": () => {
    const once = new Once();
    void once.run(() => never);
    return once.run(() => never, limit);
  },
  "Queue.put()": () => fullQueue(new Queue<number>({ maxSize: 1 })).put(2, limit),
  "Queue.get()": () => new Queue().get(limit),
  "Queue.join()": () => fullQueue(new Queue<number>()).join(limit),
  "PriorityQueue.put()": () => fullQueue(new PriorityQueue<number>({ maxSize: 1 })).put(2, limit),
  "Channel.send()": () => new Channel<number>().send(1, limit),
  "Channel.receive()": () => new Channel().receive(limit),
  "select()": () => select({ values: new Channel() }, limit),
  "asCompleted()": () => readAll(asCompleted([new InlineExecutor().submit(() => never)], limit)),
  "Future.result()": () => new InlineExecutor().submit(() => never).result(limit),
  "Future.exception()": () => new InlineExecutor().submit(() => never).exception(limit),
  "map()": () => readAll(new InlineExecutor().map(() => never, [1], limit)),
  "RateLimit.take()": async () => {
    const rate = new RateLimit({ tokens: 1, perMs: 60_000 });
    rate.tryTake();
    await rate.take(1, limit);
  },
  "withTimeout()": () => withTimeout(1, () => sleep(60_000)),
  "taskGroup()": () => taskGroup(() => sleep(60_000), limit),
};

async function theProgram(begin: () => PromiseLike<unknown>): Promise<void> {
  await begin();
}

describe("the error of a wait that runs out of time has the code in its stack that waited:", () => {
  for (const [name, begin] of Object.entries(limited)) {
    test(name, async () => {
      await assert.rejects(theProgram(begin), (error: Error & { code: string }) => {
        assert.equal(error.code, "ERR_HEDDLE_TIMEOUT");
        assert.match(error.stack!, /^TimeoutError: Cannot complete [^\n]*\n(.|\n)*at (async )?theProgram/);
        return true;
      });
    });
  }
});
