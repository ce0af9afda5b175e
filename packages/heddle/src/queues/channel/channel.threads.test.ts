/** Channels and select among real threads, some of which are killed. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ThreadPoolExecutor } from "../../futures/index.ts";
import { until } from "../../heap/fixtures/until.ts";
import { Channel, select, selectSync, trySelect } from "../index.ts";

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const upTo = (count: number): number => (count * (count - 1)) / 2;

const sendAll = (channel: Channel<number>, from: number, to: number): void => {
  for (let i = from; i < to; i++) channel.sendSync(i);
};
const sendAllLater = async (channel: Channel<number>, from: number, to: number): Promise<void> => {
  for (let i = from; i < to; i++) await channel.send(i);
};
const takeAll = (channel: Channel<number>): number => {
  let total = 0;
  for (const value of channel) total += value;
  return total;
};
const takeAllLater = async (channel: Channel<number>): Promise<number> => {
  let total = 0;
  for await (const value of channel) total += value;
  return total;
};

describe("a channel among threads", () => {
  test("is the same channel when it comes back", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const channel = new Channel<string>(1, { name: "there and back" });
    assert.equal(await pool.submit((it: Channel<string>) => it, channel), channel);
    await channel.send("hello");
    assert.deepEqual(
      await pool.submit((it: Channel<string>) => [it.name, it.capacity, it.receiveSync()], channel),
      ["there and back", 1, "hello"],
    );
  });

  for (const capacity of [0, 1, 100]) {
    test(`gives each value once, to threads that block and to those that do not, with capacity ${capacity}`, async () => {
      await using pool = new ThreadPoolExecutor({ maxWorkers: 3 });
      const channel = new Channel<number>(capacity);
      const count = 4000;
      const takers = [pool.submit(takeAll, channel), takeAllLater(channel)];
      const senders = [
        pool.submit(sendAll, channel, 0, count),
        pool.submit(sendAllLater, channel, count, 2 * count),
        sendAllLater(channel, 2 * count, 3 * count),
      ];
      await Promise.all(senders);
      channel.close();
      assert.equal(sum(await Promise.all(takers)), upTo(3 * count));
      assert.deepEqual(channel.statistics(), { size: 0, capacity, senders: 0, receivers: 0, closed: true });
    });
  }

  test("keeps the order of a sender", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const channel = new Channel<number>(3);
    const sending = pool.submit(sendAll, channel, 0, 5000);
    for (let i = 0; i < 5000; i++) assert.equal(await channel.receive(), i);
    await sending;
  });

  test("wakes a thread that is blocked when it is closed", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const channel = new Channel<number>();
    const waiting = pool.submit((it: Channel<number>) => it.receiveSync(), channel);
    await until(() => channel.statistics().receivers === 1);
    channel.close(new RangeError("over"));
    await assert.rejects(
      async () => await waiting,
      (error: Error) => error.name === "ChannelClosedError" && error.cause instanceof RangeError,
    );
  });
});

describe("a select among threads", () => {
  test("sends each value to one of four channels", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 3 });
    const channels = Array.from({ length: 4 }, () => new Channel<number>());
    const count = 5000;
    const takers = [
      pool.submit(takeAll, channels[0]!),
      pool.submit(takeAll, channels[1]!),
      takeAllLater(channels[2]!),
      takeAllLater(channels[3]!),
    ];
    await pool.submit(
      (to: Channel<number>[], values: number) => {
        const [a, b, c, d] = to as [Channel<number>, Channel<number>, Channel<number>, Channel<number>];
        for (let i = 0; i < values; i++) {
          selectSync({ a: a.sending(i), b: b.sending(i), c: c.sending(i), d: d.sending(i) });
        }
      },
      channels,
      count,
    );
    for (const channel of channels) channel.close();
    assert.equal(sum(await Promise.all(takers)), upTo(count));
  });

  test("meets another select, whichever side each takes", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const [one, two] = [new Channel<number>(), new Channel<number>()];
    const rounds = 3000;
    const other = pool.submit(
      (here: Channel<number>, there: Channel<number>, count: number) => {
        let sent = 0;
        for (let i = 0; i < count; i++) {
          if (selectSync({ out: there.sending(i), in: here }).name === "out") sent++;
        }
        return sent;
      },
      one,
      two,
      rounds,
    );
    let received = 0;
    for (let i = 0; i < rounds; i++) {
      const got = await select({ out: one.sending(i), in: two });
      if (got.name === "in") received++;
    }
    assert.equal(await other, received);
    for (const channel of [one, two]) {
      assert.deepEqual(channel.statistics(), {
        size: 0,
        capacity: 0,
        senders: 0,
        receivers: 0,
        closed: false,
      });
    }
  });

  test("that only tries finds a case, if at every moment one is ready", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const [a, b] = [new Channel<number>(1), new Channel<number>(1)];
    const [begin, done] = [new Channel<number>(), new Channel<boolean>()];
    const rounds = 5000;
    const trying = pool.submit(
      (from: Channel<number>[], [start, end]: [Channel<number>, Channel<boolean>]) => {
        const [first, second] = from as [Channel<number>, Channel<number>];
        for (const _ of start) end.sendSync(trySelect({ first, second }) !== undefined);
      },
      [a, b],
      [begin, done] as [Channel<number>, Channel<boolean>],
    );
    for (let round = 0; round < rounds; round++) {
      a.sendSync(1);
      begin.sendSync(round);
      b.sendSync(2);
      a.tryReceive();
      assert.equal(done.receiveSync(), true, `in round ${round} nothing was found`);
      a.tryReceive();
      b.tryReceive();
    }
    begin.close();
    await trying;
  });
});

describe("a thread that is killed", () => {
  const waits: Record<string, (a: Channel<number>, b: Channel<number>) => unknown> = {
    "in a select": (a: Channel<number>, b: Channel<number>) => void selectSync({ a, b, out: a.sending(1) }),
    "in a select that does not block": (a: Channel<number>, b: Channel<number>) =>
      select({ a, b, out: a.sending(1) }),
    "to receive": (a: Channel<number>, b: Channel<number>) =>
      Promise.all([a.receive(), b.receive(), a.send(1)]),
  };
  for (const [where, wait] of Object.entries(waits)) {
    test(`while it waits ${where} leaves no trace`, async () => {
      await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
      const [a, b] = [new Channel<number>(), new Channel<number>()];
      const waiting = pool.submit(wait, a, b);
      await until(() => b.statistics().receivers === 1);
      assert.equal(waiting.cancel(undefined, { graceMs: 0 }), true);
      await until(() => b.statistics().receivers === 0);
      assert.deepEqual(
        [a, b].map((it) => [it.statistics().senders, it.statistics().receivers]),
        [
          [0, 0],
          [0, 0],
        ],
      );
      const receiving = b.receive();
      await b.send(7);
      assert.equal(await receiving, 7);
    });
  }

  test("at any moment leaves channels that work, and others that wait go on", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const [a, b] = [new Channel<number>(), new Channel<number>(2)];
    for (let round = 0; round < 15; round++) {
      const busy = pool.submit(
        (x: Channel<number>, y: Channel<number>) => {
          for (let i = 0; ; i++) selectSync({ out: x.sending(i), in: x, put: y.sending(i), take: y });
        },
        a,
        b,
      );
      for (let i = 0; i < 20 + 13 * round; i++) await select({ a, b, out: a.sending(-1) });
      busy.cancel(undefined, { graceMs: 0 });
      await busy.exception().catch(() => {});
      await until(() => a.statistics().senders === 0 && a.statistics().receivers === 0);
      while (b.tryReceive() !== undefined);
      const receiving = select({ a, b });
      await a.send(round);
      assert.deepEqual(await receiving, { name: "a", value: round, closed: false });
    }
  });
});
