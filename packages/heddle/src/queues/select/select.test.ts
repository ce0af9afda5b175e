import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { InlineExecutor } from "../../futures/index.ts";
import { after, Channel, select, type Selected, selectSync, trySelect } from "../index.ts";

const closedError = { name: "ChannelClosedError" };
const empty = { size: 0, capacity: 0, senders: 0, receivers: 0, closed: false };

/** So far from a half are that many picks of two with a chance of one in a million only. */
const sixNines = (picks: number): number => 4.891676 / (2 * Math.sqrt(picks));

describe("select", () => {
  test("takes the case that is ready, and says which", async () => {
    const [full, idle] = [new Channel<string>(1), new Channel<number>()];
    await full.send("here");
    assert.deepEqual(await select({ idle, full }), { name: "full", value: "here", closed: false });
    assert.deepEqual(await select({ idle, sent: full.sending("there") }), {
      name: "sent",
      value: undefined,
      closed: false,
    });
    assert.equal(await full.receive(), "there");
    assert.deepEqual(idle.statistics(), empty);
  });

  test("waits for the first that comes, and leaves the other lines", async () => {
    const channels = Array.from({ length: 64 }, () => new Channel<number>());
    const cases = Object.fromEntries(channels.map((channel, i) => [`c${i}`, channel]));
    for (const [i, channel] of channels.entries()) {
      const choosing = select(cases);
      await channel.send(i);
      assert.deepEqual(await choosing, { name: `c${i}`, value: i, closed: false });
    }
    for (const channel of channels) assert.deepEqual(channel.statistics(), empty);
  });

  test("sends its value to one channel only", async () => {
    const channels = Array.from({ length: 4 }, () => new Channel<number>());
    const cases = (value: number) =>
      Object.fromEntries(channels.map((channel, i) => [`c${i}`, channel.sending(value)]));
    const received: number[] = [];
    const readers = channels.map(async (channel) => {
      for await (const value of channel) received.push(value);
    });
    for (let value = 0; value < 2000; value++) await select(cases(value));
    for (const channel of channels) channel.close();
    await Promise.all(readers);
    assert.deepEqual(
      received.toSorted((a, b) => a - b),
      Array.from({ length: 2000 }, (_, i) => i),
    );
  });

  test("meets another select, on one of the channels that they share", async () => {
    const [one, two] = [new Channel<string>(), new Channel<string>()];
    for (let round = 0; round < 200; round++) {
      const [first, second] = await Promise.all([
        select({ send: one.sending("a"), receive: two }),
        select({ send: two.sending("b"), receive: one }),
      ]);
      assert.notEqual(first.name, second.name);
      const received = first.name === "receive" ? first : second;
      assert.equal(!received.closed && received.value, first.name === "receive" ? "b" : "a");
    }
    assert.deepEqual([one.statistics(), two.statistics()], [empty, empty]);
  });

  test("does not receive what it sends itself, on the two sides of a channel", async () => {
    const channel = new Channel<string>();
    const both = { out: channel.sending("mine"), in: channel };
    assert.equal(trySelect(both), undefined);
    await assert.rejects(select(both, { timeoutMs: 1 }), { name: "TimeoutError" });
    const choosing = select(both);
    await channel.send("yours");
    assert.deepEqual(await choosing, { name: "in", value: "yours", closed: false });
    const [first, second] = await Promise.all([select(both), select(both)]);
    assert.notEqual(first.name, second.name);
    assert.deepEqual(channel.statistics(), empty);
  });

  test("may have a channel twice", async () => {
    const channel = new Channel<number>();
    const choosing = select({ a: channel, b: channel });
    await channel.send(1);
    assert.ok(["a", "b"].includes((await choosing).name));
    assert.deepEqual(channel.statistics(), empty);
  });

  test("gives a closed channel as closed, with what it was closed with", async () => {
    const [channel, broken] = [new Channel<number>(1), new Channel<number>()];
    await channel.send(1);
    channel.close();
    assert.deepEqual(await select({ channel }), { name: "channel", value: 1, closed: false });
    assert.deepEqual(await select({ channel }), { name: "channel", closed: true });
    const choosing = select({ broken });
    const error = new Error("lost");
    broken.close(error);
    assert.deepEqual(await choosing, { name: "broken", closed: true, error });
  });

  test("throws when it would send to a closed channel", async () => {
    const channel = new Channel<number>();
    const choosing = select({ out: channel.sending(1) });
    channel.close();
    await assert.rejects(choosing, closedError);
    await assert.rejects(select({ out: channel.sending(1) }), closedError);
    assert.throws(() => trySelect({ out: channel.sending(1) }), closedError);
    assert.throws(() => selectSync({ out: channel.sending(1) }), closedError);
  });

  test("copies what is to be sent once, in the order of the cases, before anything is tried", async () => {
    const log: string[] = [];
    const logging = (name: string) => ({
      get value() {
        log.push(name);
        return name;
      },
    });
    const channels = Array.from({ length: 5 }, () => new Channel<unknown>(1));
    const cases = Object.fromEntries(
      channels.map((channel, i) => [`c${i}`, channel.sending(logging(`v${i}`))]),
    );
    const { name } = await select(cases);
    assert.deepEqual(log, ["v0", "v1", "v2", "v3", "v4"]);
    const index = Number(name.slice(1));
    assert.deepEqual(channels[index]!.tryReceive(), { value: { value: `v${index}` } });
  });

  test("names the case whose value cannot travel, and does nothing", async () => {
    const [channel, other] = [new Channel<unknown>(1), new Channel<unknown>(1, { name: "wire" })];
    const cases = { good: channel.sending({ a: 1 }), bad: other.sending(new WeakMap()) };
    await assert.rejects(
      select(cases),
      /^WireError: Cannot send case "bad" to channel "wire": it is a WeakMap/,
    );
    assert.equal(channel.size, 0);
  });

  test("ends when its time has run out, or its signal aborts, and leaves no trace", async () => {
    const channel = new Channel<number>();
    await assert.rejects(select({ channel }, { timeoutMs: 1 }), { name: "TimeoutError" });
    assert.throws(() => selectSync({ channel }, { timeoutMs: 1 }), { name: "TimeoutError" });
    const abort = new AbortController();
    const choosing = select({ channel }, { signal: abort.signal });
    abort.abort(new Error("stop"));
    await assert.rejects(choosing, /stop/);
    assert.deepEqual(channel.statistics(), empty);
  });

  test("refuses what would never end, and what is no case", async () => {
    await assert.rejects(
      select({}),
      /^TypeError: Cannot begin select\(\): it has no cases, and would wait for ever/,
    );
    await assert.rejects(select({ none: undefined }), TypeError);
    assert.throws(() => selectSync({}), TypeError);
    assert.equal(trySelect({}), undefined);
    await assert.rejects(select({}, { timeoutMs: 1 }), { name: "TimeoutError" });
    assert.throws(() => selectSync({}, { timeoutMs: 1 }), { name: "TimeoutError" });
    await assert.rejects(
      select({ x: 5 as never }),
      /^TypeError: Cannot begin select\(\): case "x" must be a channel, .*, and is 5$/,
    );
    await assert.rejects(select(null as never), TypeError);
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [i, new Channel()]));
    await assert.rejects(
      select(many),
      /^RangeError: Cannot begin select\(\): it has 65 cases of channels, and can have 64 at most$/,
    );
  });

  test("leaves out a case that is undefined", async () => {
    const channel = new Channel<number>(1);
    await channel.send(1);
    assert.equal((await select({ off: undefined, channel })).name, "channel");
  });
});

describe("of the cases that are ready", () => {
  const picks = 10_000;

  test("one of two channels is taken at random", async () => {
    const [a, b] = [new Channel<number>(picks), new Channel<number>(picks)];
    for (let i = 0; i < picks; i++) {
      a.sendSync(i);
      b.sendSync(i);
    }
    let count = 0;
    for (let i = 0; i < picks; i++) if (trySelect({ a, b })!.name === "a") count++;
    assert.ok(Math.abs(count / picks - 0.5) <= sixNines(picks), `${count} of ${picks}`);
  });

  test("a side of a channel, a time and a future are as likely as any other", async () => {
    const channel = new Channel<number>(picks);
    for (let i = 0; i < picks; i++) channel.sendSync(i);
    const out = new Channel<number>(Infinity);
    const done = Promise.resolve(1);
    const cases = { channel, out: out.sending(1), time: after(0), done };
    trySelect(cases);
    await done;
    const counts: Record<string, number> = {};
    for (let i = 0; i < picks; i++) {
      const { name } = trySelect(cases)!;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    assert.equal(Object.keys(counts).length, 4);
    for (const [one, other] of [
      ["channel", "out"],
      ["time", "done"],
      ["out", "time"],
    ] as const) {
      const both = counts[one]! + counts[other]!;
      assert.ok(Math.abs(counts[one]! / both - 0.5) <= sixNines(both), JSON.stringify(counts));
    }
  });
});

describe("times and futures", () => {
  test("a time comes, and counts from where it was made", async () => {
    const idle = new Channel<number>();
    const deadline = after(20);
    let ticks = 0;
    while ((await select({ idle, tick: after(1), deadline })).name !== "deadline") ticks++;
    assert.ok(ticks > 0);
    assert.equal((await select({ idle, deadline })).name, "deadline");
    assert.deepEqual(selectSync({ idle, deadline }), { name: "deadline", value: undefined, closed: false });
    assert.deepEqual(selectSync({ idle, soon: after(2), later: after(60_000) }).name, "soon");
    assert.deepEqual(idle.statistics(), empty);
    for (const bad of [-1, NaN]) assert.throws(() => after(bad), RangeError);
    assert.throws(() => after("1" as never), TypeError);
  });

  test("a time comes that is farther away than a timer takes", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const choosing = select({ idle: new Channel<number>(), late: after(2 ** 31 + 10) });
    context.mock.timers.tick(2 ** 31 - 1);
    context.mock.timers.tick(11);
    assert.equal((await choosing).name, "late");
  });

  test("a time that never comes does not end anything", async () => {
    const channel = new Channel<number>();
    const choosing = select({ channel, never: after(Infinity) });
    await channel.send(1);
    assert.equal((await choosing).name, "channel");
  });

  test("a future gives its value, or throws its error", async () => {
    const idle = new Channel<number>();
    await using executor = new InlineExecutor();
    const future = executor.submit((n: number) => n * 2, 21);
    assert.deepEqual(await select({ idle, future }), { name: "future", value: 42, closed: false });
    assert.deepEqual(selectSync({ idle, future }), { name: "future", value: 42, closed: false });
    assert.deepEqual(trySelect({ idle, future }), { name: "future", value: 42, closed: false });
    const failing = executor.submit(() => {
      throw new RangeError("no");
    });
    await assert.rejects(select({ idle, failing }), /no/);
    assert.deepEqual(idle.statistics(), empty);
  });

  test("a promise of any kind will do, and is not held by selects that are over", async () => {
    const channel = new Channel<number>(1);
    const { promise, resolve } = Promise.withResolvers<string>();
    for (let i = 0; i < 100; i++) {
      await channel.send(i);
      assert.equal((await select({ channel, promise })).name, "channel");
    }
    const choosing = select({ channel, promise });
    resolve("done");
    assert.deepEqual(await choosing, { name: "promise", value: "done", closed: false });
  });

  test("a future that is not done is refused by a select that blocks, and not ready for one that only tries", () => {
    const channel = new Channel<number>(1);
    const pending = new Promise<void>(() => {});
    assert.throws(
      () => selectSync({ channel, pending }),
      /^TypeError: Cannot begin selectSync\(\): case "pending" is a future that is not done, /,
    );
    assert.equal(trySelect({ channel, pending }), undefined);
  });
});

test("a select tells by its name what it gave", async () => {
  const cases = {
    job: new Channel<{ id: number }>(1),
    out: new Channel<string>().sending("x"),
    late: after(5),
    done: Promise.resolve(1n),
  };
  await cases.job.send({ id: 1 });
  const got: Selected<typeof cases> = await select(cases);
  if (got.name === "job") {
    if (got.closed) got.error satisfies Error | undefined;
    else got.value.id satisfies number;
    // @ts-expect-error -- a channel may be closed, and gives no value then
    got.value satisfies { id: number };
  } else if (got.name === "done") got.value satisfies bigint;
  else {
    got.value satisfies undefined;
    got.name satisfies "out" | "late";
  }
  // @ts-expect-error -- there is no such case
  assert.ok(got.name !== "other");
});
