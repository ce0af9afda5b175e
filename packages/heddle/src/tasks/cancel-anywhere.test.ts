/** Cancelled means that it did not happen, wherever it comes. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { asCompleted, InlineExecutor, wait } from "../futures/index.ts";
import { Channel, LifoQueue, PriorityQueue, Queue, select } from "../queues/index.ts";
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
import { allTasks } from "../scopes/index.ts";
import {
  gather,
  moveOnAfter,
  race,
  RateLimit,
  retry,
  shield,
  SingleFlight,
  sleep,
  taskGroup,
} from "./index.ts";

/** What the programs share. Every use is undone by whoever made it, or it is a loss. */
class World {
  readonly locks = [new Lock(), new Lock()];
  readonly executor = new InlineExecutor();
  readonly limit = new RateLimit({ tokens: 1000, perMs: 1, burst: 5 });
  readonly flights = new SingleFlight<string, number>();
  readonly reentrant = new RLock();
  readonly permits = new Semaphore(2);
  readonly readWrite = new ReadWriteLock();
  readonly condition = new Condition();
  readonly event = new Event();
  /** Items that were put less items that were got. */
  readonly queue = new Queue<number>({ maxSize: 1 });
  readonly others = [new LifoQueue<number>({ maxSize: 1 }), new PriorityQueue<number>({ maxSize: 1 })];
  readonly latch = new Latch(1);
  readonly channel = new Channel<number>();
  balance = 0;
  otherBalance = 0;
  /** Who is inside each lock. */
  readonly inside = [0, 0];

  assertWhole(): void {
    for (const [i, lock] of this.locks.entries()) {
      assert.deepEqual(lock.statistics(), { locked: false, waiters: 0 }, `lock ${i}`);
      assert.equal(this.inside[i], 0);
    }
    assert.equal(this.permits.available, 2);
    assert.equal(this.reentrant.locked, false);
    assert.deepEqual([this.readWrite.readers, this.readWrite.writing], [0, false]);
    assert.equal(this.condition.tryAcquire()?.held, true, "the lock of the condition");
    this.condition.release();
    assert.equal(this.balance, this.queue.size, "items lost or doubled");
    const left = this.others.reduce((sum, { size }) => sum + size, 0);
    assert.equal(this.otherBalance, left, "items of other queues lost or doubled");
    assert.equal(this.latch.statistics().waiters, 0);
    const { queued, running } = this.executor.statistics();
    assert.deepEqual({ queued, running }, { queued: 0, running: 0 });
    assert.equal(this.limit.waiting, 0);
    assert.equal(this.flights.size, 0);
    assert.deepEqual(
      allTasks().map(({ name }) => name),
      [],
    );
    assert.equal(process.getActiveResourcesInfo().includes("Timeout"), false, "a timer");
  }
}

/** A step of a program. Each is made of others, so that they nest. */
type Step = (world: World) => Promise<unknown>;

const inTurn =
  (steps: readonly Step[]): Step =>
  async (world) => {
    for (const step of steps) await step(world);
  };

const leaves: readonly Step[] = [
  () => sleep(0),
  (world) => world.executor.submit(() => 1).result(),
  async (world) => await world.executor.submit(() => sleep(0)),
  (world) => world.executor.map((n) => n + 1, [1, 2, 3]).toArray(),
  (world) => wait([world.executor.submit(() => 1), world.executor.submit(() => 2)]),
  async (world) => {
    for await (const future of asCompleted([1, 2].map((n) => world.executor.submit(() => n)))) await future;
  },
  (world) => world.limit.take(2),
  (world) => world.flights.run("key", () => sleep(0).then(() => 1)),
  async (world) => {
    using _outer = await world.reentrant.acquire();
    using _inner = await world.reentrant.acquire();
    await sleep(0);
  },
  async (world) => {
    using _guard = await world.permits.acquire({ permits: 2 });
    await sleep(0);
  },
  async (world) => {
    using _guard = await world.readWrite.acquireRead();
    await sleep(0);
  },
  async (world) => {
    using _guard = await world.readWrite.acquireWrite();
    await sleep(0);
  },
  async (world) => {
    using _guard = await world.condition.acquire();
    await moveOnAfter(1, () => world.condition.wait());
  },
  async (world) => {
    using _guard = await world.condition.acquire();
    world.condition.notify();
  },
  (world) => moveOnAfter(1, () => world.event.wait()),
  async (world) => {
    await world.queue.put(1);
    world.balance++;
    await world.queue.get();
    world.balance--;
  },
  async (world) => {
    for (const queue of world.others) {
      await queue.put(1);
      world.otherBalance++;
      await queue.get();
      world.otherBalance--;
    }
  },
  (world) => moveOnAfter(1, () => world.latch.wait()),
  async () => {
    const barrier = new Barrier(2);
    const places = await gather(...[1, 2].map(() => () => barrier.wait()));
    assert.deepEqual(
      places.toSorted((one, other) => one - other),
      [0, 1],
    );
  },
  () => new Once().run(() => sleep(0)),
  async (world) => {
    let sent = 0;
    await taskGroup((group) => {
      group.spawn(() => world.channel.send(1).then(() => sent++));
      group.spawn(() => world.channel.receive().then(() => sent--));
    });
    assert.equal(sent, 0, "a value lost between two who met");
  },
  (world) => moveOnAfter(1, () => select({ item: world.channel, never: new Promise(() => {}) })),
  (world) => moveOnAfter(1, () => select({ sent: world.channel.sending(1), never: new Promise(() => {}) })),
  () => retry((attempt) => (attempt < 2 ? Promise.reject(new Error("again")) : 1), { delayMs: 1 }),
];

/** Does it within a lock; those that have the first lock want the second as well. */
const locked =
  (i: number, step: Step): Step =>
  async (world) => {
    using _guard = await world.locks[i]!.acquire();
    world.inside[i]!++;
    try {
      assert.equal(world.inside[i], 1, "two owners");
      await step(world);
      if (i === 0) await locked(1, step)(world);
    } finally {
      world.inside[i]!--;
    }
  };

const program: fc.Arbitrary<Step> = fc.letrec<{ step: Step }>((tie) => {
  const inner = fc.array(tie("step"), { minLength: 1, maxLength: 3 });
  return {
    step: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom(...leaves),
      fc.tuple(fc.nat(1), fc.constantFrom(...leaves)).map(([i, leaf]): Step => locked(i, leaf)),
      fc.tuple(inner, fc.constantFrom(1, Infinity)).map(
        ([steps, limit]): Step =>
          (world) =>
            taskGroup((group) => steps.map((step) => group.spawn(() => step(world))).length, { limit }),
      ),
      inner.map(
        (steps): Step =>
          (world) =>
            gather(...steps.map((step) => () => step(world))),
      ),
      inner.map(
        (steps): Step =>
          (world) =>
            race(...steps.map((step) => () => step(world))),
      ),
      inner.map(
        (steps): Step =>
          (world) =>
            moveOnAfter(1, () => inTurn(steps)(world)),
      ),
      inner.map(
        (steps): Step =>
          (world) =>
            shield(() => moveOnAfter(1, () => inTurn(steps)(world))),
      ),
      inner.map(
        (steps): Step =>
          (world) =>
            taskGroup((group) => {
              const task = group.spawn(() => inTurn(steps)(world));
              group.spawn(() => void task.cancel("stopped by its sibling"));
            }),
      ),
    ),
  };
}).step;

/** Runs it, and cancels it after so many turns of the event loop; gives whether it had ended by then. */
async function cancelAfter(step: Step, world: World, turns: number): Promise<boolean> {
  const state = { hasEnded: false };
  const controller = new AbortController();
  let failure: unknown;
  const whole = taskGroup(() => step(world), { signal: controller.signal })
    .catch((error: unknown) => (failure = error))
    .finally(() => (state.hasEnded = true));
  for (let i = 0; i < turns && !state.hasEnded; i++) {
    // Microtasks have ends of their own, between two turns.
    if (i % 2 === 0) await Promise.resolve();
    else await new Promise((resolve) => setImmediate(resolve));
  }
  const hadEnded = state.hasEnded;
  controller.abort("stop");
  await whole;
  assert.ok(failure === undefined || (failure === "stop" && !hadEnded), String(failure));
  return hadEnded;
}

describe("a program made of the primitives, cancelled at any suspension point", () => {
  test("loses nothing: no lock held, no call, no timer, no task left behind", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(program, { minLength: 1, maxLength: 3 }), async (steps) => {
        for (let turns = 0; ; turns++) {
          const world = new World();
          const hadEnded = await cancelAfter(inTurn(steps), world, turns);
          world.assertWhole();
          if (hadEnded || turns > 60) return;
        }
      }),
      { numRuns: 60 },
    );
  });
});
