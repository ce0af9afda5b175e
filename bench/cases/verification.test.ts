import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { contend, follow, lead, receive, send, sharedWords } from "../contenders/loops.ts";
import type { CaseContext } from "./context.ts";
import { handOver } from "./hand-over.ts";
import { haul, inThread } from "./queues.ts";
import { contended, uncontended } from "./sync.ts";

/** A case's surroundings, with everything as short as can be. */
function contextOf<T>(opened: T, workers: number): CaseContext<T> {
  const loads: Record<string, number> = { batch: 100, capacity: 16, warmUpMs: 1, forMs: 2 };
  return {
    workers,
    open: async () => opened,
    load: (name) => loads[name] ?? 0,
    limitItems: undefined,
  };
}

const close = async (): Promise<void> => {};

/** A turn for each side of a relay within one thread. */
function turns() {
  const waiting: (() => void)[] = [];
  let open = 0;
  return {
    give: (): void => {
      const wake = waiting.shift();
      if (wake === undefined) open++;
      else wake();
    },
    take: async (): Promise<void> => {
      if (open > 0) open--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
    },
  };
}

describe("no figure is given of a run that was wrong", () => {
  test("of a lock that was not entered as often as it was asked for", async () => {
    const broken = { enter: (times: number) => times - 1, close };
    await assert.rejects(
      uncontended(contextOf(broken, 1)),
      /^Error: Cannot trust the figure: the count of a batch is 99/u,
    );
  });

  test("of a lock that let a count be lost", async () => {
    const broken = {
      contend: async () => [{ entered: 7, elapsedMs: 1 }],
      close,
    };
    await assert.rejects(
      contended(contextOf(broken, 1)),
      /^Error: Cannot trust the figure: the count kept inside the lock is 0, not 7/u,
    );
  });

  test("of a hand-over of which one side did not see every turn", async () => {
    const times = { p50: 1, p99: 1 };
    const broken = {
      handOver: async () =>
        [
          { count: 3, ...times },
          { count: 2, ...times },
        ] as const,
      close,
    };
    await assert.rejects(
      handOver(contextOf(broken, 2)),
      /^Error: Cannot trust the figure: the number of turns of the one who follows is 2, not 3/u,
    );
  });

  test("of a queue that lost a value, or gave another", async () => {
    const flow = { count: 5, sum: 10, elapsedMs: 1 };
    const lossy = { haul: async () => [flow, { ...flow, count: 4 }] as const, close };
    await assert.rejects(haul(contextOf(lossy, 2)), /the number of values received is 4, not 5/u);
    const wrong = { haul: async () => [flow, { ...flow, sum: 11 }] as const, close };
    await assert.rejects(haul(contextOf(wrong, 2)), /the sum of the values received is 11, not 10/u);
    const lost = { pass: async () => 1, close };
    await assert.rejects(inThread(contextOf(lost, 1)), /the sum of a batch is 1, not 4950/u);
  });

  test("of what a contender cannot do", async () => {
    await assert.rejects(uncontended(contextOf({ close }, 1)), { name: "CannotError" });
    await assert.rejects(haul(contextOf({ close }, 2)), { name: "CannotError" });
  });
});

describe("the loops of the threads", () => {
  test("count an entry wherever the lock is held", async () => {
    const honest = {
      contend: async (shared: SharedArrayBuffer) => [
        await contend(shared, { threads: 1, forMs: 2, inside: 1, outside: 1 }, (times, body, between) => {
          for (let index = 0; index < times; index++) {
            body();
            between();
          }
        }),
      ],
      close,
    };
    const { metrics } = await contended(contextOf(honest, 1));
    assert.ok(metrics["rate"]! > 0);
    assert.equal(metrics["least"], 100);
  });

  test("send what is received, of either kind, and end", async () => {
    for (const cargo of ["small", "record"] as const) {
      const values: unknown[] = [];
      // One thread plays both sides, one after the other: neither must wait for the other to arrive.
      const sent = await send(
        sharedWords(1),
        { forMs: 1, capacity: 16, cargo },
        (items) => void values.push(...items),
      );
      const received = await receive(sharedWords(1), (take) => {
        while (take(values.shift() as number));
      });
      assert.deepEqual([received.count, received.sum], [sent.count, sent.sum]);
      assert.ok(sent.count > 0);
      assert.equal(values.length, 0);
    }
  });

  test("take a turn at least, however late they come to look at the clock", async () => {
    const there = turns();
    const back = turns();
    const shared = sharedWords(1);
    const over = { forMs: -1, idleMs: 0 };
    const sides = [lead(shared, over, there.give, back.take), follow(shared, over, back.give, there.take)];
    const [led, followed] = await Promise.all(sides);
    assert.deepEqual([led!.count, followed!.count], [1, 1]);
  });

  test("hand a turn there and back as often on either side", async () => {
    const there = turns();
    const back = turns();
    const shared = sharedWords(1);
    const relay = { forMs: 2, idleMs: 0 };
    const [led, followed] = await Promise.all([
      lead(shared, relay, there.give, back.take),
      follow(shared, relay, back.give, there.take),
    ]);
    assert.equal(followed.count, led.count);
    assert.ok(led.count > 0 && led.p50 > 0 && led.p99 >= led.p50);
  });
});
