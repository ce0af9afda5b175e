/** Heddle: a Lock, entered in each of the ways it offers; a hand-over by two semaphores, or by a condition. */
import { ThreadPoolExecutor } from "heddle/futures";
import { Queue } from "heddle/queues";
import { Condition, Lock, Semaphore } from "heddle/sync";
import type { Contest, Relay } from "../loops.ts";
import { contend, follow, lead } from "../loops.ts";
import type { OpenOptions } from "../pool.ts";
import type { SyncSubject } from "./subject.ts";

/** The ways in, by the contender's setting. */
const ways: Readonly<Record<string, (lock: Lock, times: number) => number | Promise<number>>> = {
  guard: (lock, times) => {
    let count = 0;
    for (let index = 0; index < times; index++) {
      const guard = lock.acquireSync();
      count++;
      guard.release();
    }
    return count;
  },
  using: (lock, times) => {
    let count = 0;
    for (let index = 0; index < times; index++) {
      using _guard = lock.acquireSync();
      count++;
    }
    return count;
  },
  async: async (lock, times) => {
    let count = 0;
    for (let index = 0; index < times; index++) {
      const guard = await lock.acquire();
      count++;
      guard.release();
    }
    return count;
  },
  run: async (lock, times) => {
    let count = 0;
    const add = (): void => {
      count++;
    };
    for (let index = 0; index < times; index++) await lock.run(add);
    return count;
  },
};

function tryEnter(lock: Lock, times: number): number {
  let count = 0;
  for (let index = 0; index < times; index++) {
    const guard = lock.tryAcquire();
    if (guard === undefined) continue;
    count++;
    guard.release();
  }
  return count;
}

const contendBlocking = (lock: Lock, shared: SharedArrayBuffer, contest: Contest) =>
  contend(shared, contest, (times, body, between) => {
    for (let index = 0; index < times; index++) {
      const guard = lock.acquireSync();
      body();
      guard.release();
      between();
    }
  });

const contendAsync = (lock: Lock, shared: SharedArrayBuffer, contest: Contest) =>
  contend(shared, contest, async (times, body, between) => {
    for (let index = 0; index < times; index++) {
      const guard = await lock.acquire();
      body();
      guard.release();
      between();
    }
  });

/** A side of a relay: wakes the other through `theirs`, waits on `mine`. */
const relayBlocking = (
  side: typeof lead,
  theirs: Semaphore,
  mine: Semaphore,
  shared: SharedArrayBuffer,
  relay: Relay,
) =>
  side(
    shared,
    relay,
    () => theirs.release(),
    () => void mine.acquireSync(),
  );

const relayAsync = (
  side: typeof lead,
  theirs: Semaphore,
  mine: Semaphore,
  shared: SharedArrayBuffer,
  relay: Relay,
) =>
  side(
    shared,
    relay,
    () => theirs.release(),
    async () => void (await mine.acquire()),
  );

/** The same through one condition: the turn is that of the side whose number stands in the word. */
const relayByCondition = (
  side: typeof lead,
  own: number,
  condition: Condition,
  turn: SharedArrayBuffer,
  shared: SharedArrayBuffer,
  relay: Relay,
) => {
  const words = new Int32Array(turn);
  return side(
    shared,
    relay,
    () => {
      using _guard = condition.acquireSync();
      words[0] = 1 - own;
      condition.notify();
    },
    () => {
      using _guard = condition.acquireSync();
      condition.waitForSync(() => words[0] === own);
    },
  );
};

export async function open({ workers, settings }: OpenOptions): Promise<SyncSubject> {
  const lock = new Lock();
  const way = String(settings["way"]);
  // From here on another thread might have it.
  if (settings["known"] === true) new Queue<Lock>().putSync(lock);
  const enter = ways[way];
  if (workers === 1)
    return {
      ...(enter !== undefined && { enter: (times: number) => enter(lock, times) }),
      tryEnter: (times) => tryEnter(lock, times),
      close: async () => {},
    };

  const pool = new ThreadPoolExecutor({ minWorkers: workers, maxWorkers: workers });
  const contendOnce = way === "async" ? contendAsync : contendBlocking;
  const relayOnce = way === "async" ? relayAsync : relayBlocking;
  return {
    contend: (shared, contest) =>
      Promise.all(Array.from({ length: workers }, () => pool.submit(contendOnce, lock, shared, contest))),
    handOver: (shared, relay) => {
      if (way === "condition") {
        const condition = new Condition(new Lock());
        const turn = new SharedArrayBuffer(4);
        return Promise.all([
          pool.submit(relayByCondition, lead, 0, condition, turn, shared, relay),
          pool.submit(relayByCondition, follow, 1, condition, turn, shared, relay),
        ]);
      }
      const there = new Semaphore(0);
      const back = new Semaphore(0);
      return Promise.all([
        pool.submit(relayOnce, lead, there, back, shared, relay),
        pool.submit(relayOnce, follow, back, there, shared, relay),
      ]);
    },
    close: () => pool.shutdown(),
  };
}
