import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ThreadPoolExecutor } from "../futures/index.ts";
import { Condition, Event, Lock, Semaphore } from "../sync/index.ts";
import { until } from "../heap/fixtures/until.ts";
import { Channel } from "./channel/channel.ts";
import { Queue } from "./queue/queue.ts";
import { selectSync } from "./select/select.ts";

/** Blocks a worker, and aborts the signal that it was given when it waits. */
async function abortWhenWaiting(
  wait: (signal: AbortSignal) => unknown,
  isWaiting: () => boolean,
): Promise<void> {
  await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
  const controller = new AbortController();
  const waiting = pool.submit(wait, controller.signal);
  await until(isWaiting);
  controller.abort("enough");
  await assert.rejects(waiting, (reason) => reason === "enough");
  // The worker goes on with others.
  assert.equal(await pool.submit(() => 7), 7);
}

describe("a wait that blocks a thread", () => {
  test("ends with the reason of its signal, which another thread aborts meanwhile", async () => {
    const lock = new Lock();
    using _held = await lock.acquire();
    const semaphore = new Semaphore(0);
    const event = new Event();
    const queue = new Queue<number>();
    const channel = new Channel<number>();
    const condition = new Condition(new Lock());
    const waits: readonly [wait: (signal: AbortSignal) => unknown, isWaiting: () => boolean][] = [
      [(signal) => lock.acquireSync({ signal }), () => lock.statistics().waiters === 1],
      [(signal) => semaphore.acquireSync({ signal }), () => semaphore.statistics().waiters === 1],
      [(signal) => event.waitSync({ signal }), () => event.statistics().waiters === 1],
      [(signal) => queue.getSync({ signal }), () => queue.statistics().getters === 1],
      [(signal) => channel.sendSync(1, { signal }), () => channel.statistics().senders === 1],
      [(signal) => selectSync({ channel }, { signal }), () => channel.statistics().receivers === 1],
      [
        (signal) => {
          using _guard = condition.acquireSync();
          condition.waitSync({ signal });
        },
        () => condition.statistics().waiters === 1,
      ],
    ];
    for (const [wait, isWaiting] of waits) await abortWhenWaiting(wait, isWaiting);
    assert.equal(condition.tryAcquire() !== undefined, true);
    assert.equal(queue.statistics().getters, 0);
    assert.equal(channel.statistics().receivers, 0);
  });
});
