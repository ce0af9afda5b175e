import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { threadHeap } from "#heap";
import { storedValues } from "../../sync/index.ts";
import { transfer } from "../../wire/index.ts";
import { Channel, type ChannelClosedError, select, selectSync, trySelect } from "../index.ts";

const closedError = { name: "ChannelClosedError", code: "ERR_HEDDLE_CHANNEL_CLOSED" };
const timeoutError = { name: "TimeoutError" };

/** Sends 1, 2, … and gives the promises. */
const sendMany = (channel: Channel<number>, count: number): Promise<void>[] =>
  Array.from({ length: count }, (_, i) => channel.send(i + 1));

describe("a channel without capacity", () => {
  test("passes a value when both have come, whoever was first", async () => {
    const channel = new Channel<string>();
    const receiving = channel.receive();
    assert.equal(channel.statistics().receivers, 1);
    await channel.send("receiver first");
    assert.equal(await receiving, "receiver first");

    const sending = channel.send("sender first");
    assert.equal(channel.statistics().senders, 1);
    assert.equal(await channel.receive(), "sender first");
    await sending;
  });

  test("keeps a sender until a receiver has taken the value", async () => {
    const channel = new Channel<number>();
    let isSent = false;
    const sending = channel.send(1).then(() => (isSent = true));
    await new Promise(setImmediate);
    assert.equal(isSent, false);
    assert.equal(channel.size, 0);
    await channel.receive();
    await sending;
    assert.equal(isSent, true);
  });

  test("serves senders and receivers in the order in which they came", async () => {
    const channel = new Channel<number>();
    const sends = sendMany(channel, 10);
    const received: number[] = [];
    for (let i = 0; i < 10; i++) received.push(await channel.receive());
    assert.deepEqual(received, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await Promise.all(sends);

    const receives = Array.from({ length: 10 }, () => channel.receive());
    await Promise.all(sendMany(channel, 10));
    assert.deepEqual(await Promise.all(receives), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test("is tried in vain unless somebody waits on the other side", async () => {
    const channel = new Channel<number>();
    assert.equal(channel.trySend(1), false);
    assert.equal(channel.tryReceive(), undefined);

    const receiving = channel.receive();
    assert.equal(channel.trySend(2), true);
    assert.equal(await receiving, 2);

    const sending = channel.send(3);
    assert.deepEqual(channel.tryReceive(), { value: 3 });
    await sending;
  });
});

describe("a channel with a capacity", () => {
  test("blocks only when it is full, or empty, for each capacity to 100", async () => {
    for (let capacity = 1; capacity <= 100; capacity++) {
      const channel = new Channel<number>(capacity);
      assert.equal(channel.tryReceive(), undefined);
      for (let i = 0; i < capacity; i++) assert.equal(channel.trySend(i), true);
      assert.equal(channel.size, capacity);
      assert.equal(channel.trySend(-1), false);
      const late = channel.send(capacity);
      for (let i = 0; i <= capacity; i++) assert.deepEqual(channel.tryReceive(), { value: i });
      await late;
      assert.equal(channel.tryReceive(), undefined);
    }
  });

  test("lets a sender that waits in as soon as there is room, and nobody before it", async () => {
    const channel = new Channel<number>(1);
    await channel.send(1);
    const second = channel.send(2);
    const third = channel.send(3);
    assert.equal(await channel.receive(), 1);
    assert.equal(channel.trySend(4), false);
    await second;
    assert.deepEqual([await channel.receive(), await channel.receive()], [2, 3]);
    await third;
  });

  test("without a bound takes whatever comes, and gives the memory back", async () => {
    const channel = new Channel<number>(Infinity);
    assert.equal(channel.capacity, Infinity);
    const count = 100_000;
    for (let i = 0; i < count; i++) assert.ok(channel.trySend(i));
    assert.equal(channel.size, count);
    for (let i = 0; i < count; i++) assert.equal(channel.tryReceive()!.value, i);
    assert.equal(channel.size, 0);
  });

  test("says what it is", () => {
    const channel = new Channel(3, { name: "jobs" });
    assert.equal(channel.name, "jobs");
    assert.deepEqual(channel.statistics(), { size: 0, capacity: 3, senders: 0, receivers: 0, closed: false });
  });

  test("must be a whole number, or Infinity", () => {
    for (const bad of ["2", null, {}, 0.5])
      assert.throws(() => new Channel(bad as number), /^TypeError: Cannot make a Channel: its capacity /);
    for (const bad of [-1, NaN, -Infinity])
      assert.throws(() => new Channel(bad), /^RangeError: Cannot make a Channel: its capacity /);
  });
});

describe("values in a channel", () => {
  test("arrive as what they were", async () => {
    const channel = new Channel<unknown>(1);
    const shared = new Channel(1);
    class Point {
      readonly x: number;
      constructor(x: number) {
        this.x = x;
      }
    }
    const values = [
      undefined,
      null,
      true,
      false,
      0,
      -0,
      1.5,
      NaN,
      -Infinity,
      2 ** 31,
      7n,
      -(2n ** 80n),
      "",
      "short",
      "ÿ",
      "€",
      "x".repeat(100),
      { a: [1, { b: 2 }] },
      new Map([[1, new Set([2])]]),
      new Uint8Array([1, 2, 3]),
      new Date(5),
      new RangeError("no"),
      new Point(3),
      shared,
    ];
    for (const value of values) {
      await channel.send(value);
      assert.deepEqual(await channel.receive(), value);
    }
    await channel.send(shared);
    assert.equal(await channel.receive(), shared);
  });

  test("can be functions", async () => {
    const channel = new Channel<(n: number) => number>(1);
    const factor = 6;
    await channel.send((n) => n * factor);
    assert.equal((await channel.receive())(7), 42);
  });

  test("that cannot travel fail the send, which says where to, and nothing is sent", async () => {
    const channel = new Channel<unknown>(1, { name: "wire" });
    const message = /^Cannot send value(\.a)? to channel "wire": it is a WeakMap, /;
    await assert.rejects(channel.send(new WeakMap()), { message });
    assert.throws(() => channel.sendSync(new WeakMap()), { message });
    assert.throws(() => channel.trySend({ a: new WeakMap() }), { message });
    assert.deepEqual(channel.statistics(), { size: 0, capacity: 1, senders: 0, receivers: 0, closed: false });
  });

  test("that were marked to be moved stay, with the mark, if they were not sent", async () => {
    const channel = new Channel<ArrayBuffer>();
    const buffer = transfer(new ArrayBuffer(8));
    const abort = new AbortController();
    const aborted = channel.send(buffer, { signal: abort.signal });
    abort.abort(new Error("enough"));
    await assert.rejects(aborted, /enough/);
    await assert.rejects(channel.send(buffer, { timeoutMs: 1 }), timeoutError);
    assert.throws(() => channel.sendSync(buffer, { timeoutMs: 1 }), timeoutError);
    assert.equal(channel.trySend(buffer), false);
    assert.equal(trySelect({ out: channel.sending(buffer) }), undefined);
    assert.throws(() => selectSync({ out: channel.sending(buffer) }, { timeoutMs: 1 }), timeoutError);
    assert.equal(buffer.byteLength, 8);

    const receiving = channel.receive();
    assert.equal(channel.trySend(buffer), true);
    assert.equal(buffer.byteLength, 0, "the mark was lost");
    assert.equal((await receiving).byteLength, 8);
    const [one, other] = [transfer(new ArrayBuffer(1)), transfer(new ArrayBuffer(2))];
    const sending = channel.send(one);
    const selecting = select({ out: channel.sending(other) });
    assert.deepEqual([channel.receiveSync().byteLength, channel.receiveSync().byteLength], [1, 2]);
    await Promise.all([sending, selecting]);
    assert.deepEqual([one.byteLength, other.byteLength], [0, 0]);

    const last = transfer(new ArrayBuffer(4));
    const refused = channel.send(last);
    channel.close();
    await assert.rejects(refused, closedError);
    assert.throws(() => channel.sendSync(last), closedError);
    assert.equal(last.byteLength, 4);
  });

  test("leave no memory behind, sent or not", async () => {
    const value = { text: "x".repeat(5000) };
    const open = new Channel<unknown>();
    const round = async (): Promise<void> => {
      const signal = AbortSignal.abort();
      await assert.rejects(open.send(value, { signal }), { name: "AbortError" });
      await assert.rejects(open.send(value, { timeoutMs: 0 }), timeoutError);
      assert.equal(open.trySend(value), false);
      assert.throws(() => open.sendSync(value, { timeoutMs: 0 }), timeoutError);
      const receiving = open.receive();
      await open.send(value);
      await receiving;

      const closed = new Channel<unknown>();
      const sending = closed.send(value);
      closed.close();
      await assert.rejects(sending, closedError);
      await assert.rejects(closed.send(value), closedError);
    };
    for (let i = 0; i < 50; i++) await round();
    const before = threadHeap().bytes.length;
    for (let i = 0; i < 200; i++) await round();
    const perRound = (threadHeap().bytes.length - before) / 200;
    assert.ok(perRound < 1000, `each round took ${perRound} bytes`);
  });
});

describe("a wait that ends early", () => {
  test("has sent nothing, and leaves the line", async () => {
    const channel = new Channel<number>();
    const abort = new AbortController();
    const late = channel.send(1, { timeoutMs: 1 });
    const aborted = channel.send(2, { signal: abort.signal });
    const stays = channel.send(3);
    await assert.rejects(late, timeoutError);
    abort.abort(new Error("enough"));
    await assert.rejects(aborted, /enough/);
    assert.equal(channel.statistics().senders, 1);
    assert.equal(await channel.receive(), 3);
    await stays;
  });

  test("has taken nothing, and leaves the line", async () => {
    const channel = new Channel<number>();
    const abort = new AbortController();
    const late = channel.receive({ timeoutMs: 1 });
    const aborted = channel.receive({ signal: abort.signal });
    const stays = channel.receive();
    await assert.rejects(late, timeoutError);
    abort.abort();
    await assert.rejects(aborted, { name: "AbortError" });
    await channel.send(1);
    assert.equal(await stays, 1);
    assert.deepEqual(channel.statistics(), { size: 0, capacity: 0, senders: 0, receivers: 0, closed: false });
  });

  test("does not begin when the signal is aborted already", async () => {
    const channel = new Channel<number>(1);
    const signal = AbortSignal.abort(new Error("before"));
    await assert.rejects(channel.send(1, { signal }), /before/);
    await assert.rejects(channel.receive({ signal }), /before/);
    assert.throws(() => channel.sendSync(1, { signal }), /before/);
    assert.equal(channel.size, 0);
  });

  test("blocks no longer than was said", () => {
    const channel = new Channel<number>();
    assert.throws(() => channel.sendSync(1, { timeoutMs: 2 }), timeoutError);
    assert.throws(() => channel.receiveSync({ timeoutMs: 2 }), timeoutError);
  });

  test("is refused at once when its options make no sense", async () => {
    const channel = new Channel<number>(1);
    await assert.rejects(channel.send(1, { timeoutMs: -1 }), RangeError);
    await assert.rejects(channel.receive({ signal: 5 as never }), TypeError);
    assert.throws(() => channel.receiveSync({ timeoutMs: NaN }), RangeError);
    assert.equal(channel.size, 0);
  });
});

describe("a closed channel", () => {
  test("gives what stands in it, in order, and then an error", async () => {
    const channel = new Channel<number>(3);
    await Promise.all(sendMany(channel, 3));
    channel.close();
    assert.equal(channel.closed, true);
    assert.deepEqual(
      [await channel.receive(), channel.receiveSync(), channel.tryReceive()],
      [1, 2, { value: 3 }],
    );
    await assert.rejects(channel.receive(), {
      ...closedError,
      message: `Cannot receive from channel "${channel.name}": it is closed`,
    });
    assert.throws(() => channel.receiveSync(), closedError);
    assert.throws(() => channel.tryReceive(), closedError);
  });

  test("takes nothing", async () => {
    const channel = new Channel<number>(1);
    channel.close();
    await assert.rejects(channel.send(1), {
      ...closedError,
      message: `Cannot send to channel "${channel.name}": it is closed`,
    });
    assert.throws(() => channel.sendSync(1), closedError);
    assert.throws(() => channel.trySend(1), closedError);
  });

  test("wakes all who wait, however many", async () => {
    const receivers = new Channel<number>();
    const receives = Array.from({ length: 100 }, () => receivers.receive());
    receivers.close();
    for (const { status } of await Promise.allSettled(receives)) assert.equal(status, "rejected");

    const senders = new Channel<number>(1);
    await senders.send(0);
    const sends = sendMany(senders, 100);
    senders.close();
    for (const { status } of await Promise.allSettled(sends)) assert.equal(status, "rejected");
    assert.equal(await senders.receive(), 0);
    assert.deepEqual(senders.statistics(), { size: 0, capacity: 1, senders: 0, receivers: 0, closed: true });
  });

  test("tells why, if it was told", async () => {
    const channel = new Channel<number>();
    const waiting = channel.receive();
    channel.close(new RangeError("the source dried up"));
    for (const receiving of [waiting, channel.receive()]) {
      const error: ChannelClosedError = await receiving.then(
        () => assert.fail("it was received"),
        (reason) => reason,
      );
      assert.equal(error.name, "ChannelClosedError");
      assert.ok(error.cause instanceof RangeError);
      assert.equal(error.cause.message, "the source dried up");
    }
  });

  test("can be closed again, which changes nothing", async () => {
    const channel = new Channel<number>();
    channel.close(new Error("first"));
    channel.close(new Error("second"));
    channel.close();
    await assert.rejects(channel.receive(), (error: Error) => (error.cause as Error).message === "first");
  });

  test("is closed with nothing but an error", () => {
    const channel = new Channel<number>();
    assert.throws(
      () => channel.close("why" as never),
      /^TypeError: Cannot close channel "Channel-\d+": what it is closed with must be an Error, and is 'why'$/,
    );
    assert.equal(channel.closed, false);
  });
});

describe("a loop over a channel", () => {
  test("ends when it is closed and empty", async () => {
    const channel = new Channel<number>(5);
    await Promise.all(sendMany(channel, 3));
    channel.close();
    assert.deepEqual(await Array.fromAsync(channel), [1, 2, 3]);
    assert.deepEqual([...channel], []);
  });

  test("takes the values as they come", async () => {
    const channel = new Channel<{ n: number }>();
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { n } of channel) seen.push(n);
    })();
    for (let n = 0; n < 5; n++) await channel.send({ n });
    channel.close();
    await reading;
    assert.deepEqual(seen, [0, 1, 2, 3, 4]);
  });

  test("blocks, if it is a plain one", () => {
    const channel = new Channel<number>(3);
    for (const n of [1, 2, 3]) channel.sendSync(n);
    channel.close();
    assert.deepEqual([...channel], [1, 2, 3]);
  });

  test("throws what says why the channel was closed", async () => {
    const channel = new Channel<number>(1);
    await channel.send(1);
    channel.close(new Error("broken"));
    const seen: number[] = [];
    await assert.rejects(async () => {
      for await (const n of channel) seen.push(n);
    }, closedError);
    assert.deepEqual(seen, [1]);
    assert.throws(() => [...channel], closedError);
  });

  test("leaves the channel open when it is left", async () => {
    const channel = new Channel<number>(2);
    await Promise.all(sendMany(channel, 2));
    for await (const n of channel) {
      assert.equal(n, 1);
      break;
    }
    assert.equal(channel.closed, false);
    assert.equal(await channel.receive(), 2);
  });
});

/** What a channel does, in plain arrays. */
type Step = "trySend" | "tryReceive" | "send" | "receive" | "close";

test("a channel does what its model does, whatever the steps", async () => {
  const steps = fc.array(fc.constantFrom<Step>("trySend", "tryReceive", "send", "receive", "close"), {
    maxLength: 60,
  });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 3 }), steps, fc.boolean(), async (capacity, list, isKnown) => {
      const channel = new Channel<number>(capacity);
      // Another thread may have it then.
      if (isKnown) storedValues().drop(storedValues().store(channel, "channel"));
      const sent: number[] = [];
      const received: number[] = [];
      const waiting: Promise<unknown>[] = [];
      let next = 0;
      for (const step of list) {
        const before = channel.statistics();
        const value = next++;
        if (step === "send")
          waiting.push(
            channel.send(value).then(
              () => sent.push(value),
              () => {},
            ),
          );
        else if (step === "receive")
          waiting.push(
            channel.receive().then(
              (it) => received.push(it),
              () => {},
            ),
          );
        else if (step === "close") channel.close();
        else if (step === "trySend") {
          const isPossible = before.receivers > 0 || before.size < capacity;
          if (before.closed) assert.throws(() => channel.trySend(value), closedError);
          else assert.equal(channel.trySend(value), isPossible);
          if (!before.closed && isPossible) sent.push(value);
        } else {
          const isPossible = before.senders > 0 || before.size > 0;
          if (before.closed && !isPossible) assert.throws(() => channel.tryReceive(), closedError);
          else {
            const got = channel.tryReceive();
            assert.equal(got !== undefined, isPossible);
            if (got !== undefined) received.push(got.value);
          }
        }
        const { size, senders, receivers } = channel.statistics();
        assert.ok(size <= capacity);
        assert.ok(senders === 0 || (receivers === 0 && size === capacity));
        assert.ok(receivers === 0 || size === 0);
      }
      channel.close();
      for (;;) {
        try {
          received.push(channel.tryReceive()!.value);
        } catch {
          break;
        }
      }
      await Promise.all(waiting);
      assert.deepEqual(
        received.toSorted((a, b) => a - b),
        sent.toSorted((a, b) => a - b),
      );
    }),
    { numRuns: 200 },
  );
});
