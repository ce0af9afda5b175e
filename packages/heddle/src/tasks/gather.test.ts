import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { InlineExecutor } from "../futures/index.ts";
import { checkpoint, gather, race, shield, sleep, taskGroup, tasks } from "./index.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const isStop = (error: unknown): boolean => error === "stop";

describe("gather()", () => {
  test("gives all results in order, of functions, futures and promises, and nothing for nothing", async () => {
    const executor = new InlineExecutor();
    const future = executor.submit(() => "future");
    const results = await gather(
      async () => {
        await turn();
        return 1;
      },
      () => "two",
      future,
      Promise.resolve(4),
      future,
    );
    const [one, two]: [number, string, ...unknown[]] = results;
    assert.deepEqual([one, two, ...results.slice(2)], [1, "two", "future", 4, "future"]);
    assert.deepEqual(await gather(), []);
  });

  test("throws the failure itself, after the functions that it cancelled have ended; futures go on", async () => {
    const executor = new InlineExecutor();
    const { promise: gate, resolve: open } = Promise.withResolvers<number>();
    const future = executor.submit(() => gate);
    const ended: string[] = [];
    const failure = new Error("no");
    await assert.rejects(
      gather(
        () => sleep(Infinity).finally(() => ended.push("sleeper")),
        () => Promise.reject(failure),
        future,
      ),
      (error) => error === failure,
    );
    assert.deepEqual(ended, ["sleeper"]);
    open(7);
    assert.equal(await future, 7);
  });

  test("cancelled from outside cancels its futures as well", async () => {
    const executor = new InlineExecutor({ concurrencyPerWorker: 1 });
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const running = executor.submit(() => gate);
    const queued = executor.submit(() => assert.fail("it ran"));
    await turn();
    await taskGroup(async (group) => {
      group.spawn(() => gather(queued));
      await turn();
      group.cancel("stop");
    });
    await assert.rejects(queued.result(), isStop);
    open();
    await running;
  });

  test("takes one array as well", async () => {
    const [one, two] = await gather([async () => 1, Promise.resolve("two")]);
    assert.deepEqual([one satisfies number, two satisfies string], [1, "two"]);
    assert.deepEqual(await gather([]), []);
    assert.equal(await race([new Promise<never>(() => {}), async () => "first"]), "first");
    await assert.rejects(race([]), TypeError);
  });

  test("refuses what can be neither run nor awaited", async () => {
    await assert.rejects(gather(1 as never), TypeError);
    await assert.rejects(
      gather([async () => 1] as never, [async () => 2] as never),
      /^TypeError: Cannot gather: .* spread it, as in gather\(\.\.\.jobs\)/,
    );
  });
});

describe("race()", () => {
  test("gives the first result or error, and cancels and waits for the others", async () => {
    const ended: string[] = [];
    const slow = (): Promise<never> =>
      sleep(Infinity)
        .finally(() => ended.push("slow"))
        .then(() => assert.fail());
    assert.equal(await race(slow, () => "first"), "first");
    await assert.rejects(
      race(slow, () => Promise.reject(new RangeError("no"))),
      RangeError,
    );
    assert.deepEqual(ended, ["slow", "slow"]);
  });

  test("does not wait for a promise that is never settled", async () => {
    assert.equal(await race(new Promise<never>(() => {}), Promise.resolve("first")), "first");
  });

  test("refuses to begin without anything to run", async () => {
    await assert.rejects(race(), TypeError);
  });
});

/** A body that takes some turns, is stopped or fails, and runs others as it is told to. */
type Body = (all: (bodies: readonly Body[]) => Promise<unknown>) => Promise<unknown>;

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await checkpoint();
};

async function inTurn(first: () => Promise<void>, last: () => Promise<void>): Promise<void> {
  try {
    await first();
  } finally {
    await last();
  }
}

const anyBody: fc.Arbitrary<Body> = fc.letrec<{ body: Body }>((tie) => {
  const bodies = fc.array(tie("body"), { maxLength: 3 });
  const some = fc.nat(4);
  return {
    body: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      some.map(
        (n): Body =>
          () =>
            turns(n).then(() => n),
      ),
      some.map(
        (n): Body =>
          () =>
            turns(n).then(() => Promise.reject(new Error(`failed ${n}`))),
      ),
      some.map(
        (n): Body =>
          () =>
            turns(3 * n).catch(() => Promise.reject(new Error(`clean-up ${n}`))),
      ),
      some.map(
        (n): Body =>
          () =>
            inTurn(
              () => turns(n),
              () => shield(() => turns(2)),
            ),
      ),
      some.map(
        (n): Body =>
          () =>
            taskGroup(async (group) => {
              const stopped = group.spawn(() => sleep(60_000));
              group.spawn(() => turns(n).then(() => stopped.cancel("called off")));
              return await stopped;
            }),
      ),
      bodies.map(
        (inner): Body =>
          (all) =>
            all(inner),
      ),
      bodies.map(
        (inner): Body =>
          (all) =>
            all(inner).catch(told),
      ),
      bodies.map(
        (inner): Body =>
          (all) =>
            shield(() => all(inner)),
      ),
    ),
  };
}).body;

/** What an error says, apart from the numbers of tasks, and from which of several comes first. */
function told(error: unknown): string {
  const list = error instanceof AggregateError ? error.errors.map(told) : [];
  return [String(error).replaceAll(/Aggregate.*/gs, "several"), ...list.toSorted()].join("; ");
}

/** What comes of it, when it is told to stop after so many turns. */
async function outcomeOf(body: Body, after: number, all: Parameters<Body>[0]): Promise<unknown> {
  const controller = new AbortController();
  const outcome = taskGroup(() => body(all), { signal: controller.signal }).catch(told);
  await turns(after);
  controller.abort("stop");
  return await outcome;
}

test("gather() gives and throws what a group does whose body awaits a future of each, whenever it is told to stop", async () => {
  const byGather = (bodies: readonly Body[]): Promise<unknown> =>
    gather(...bodies.map((body) => () => body(byGather)));
  const byGroup = (bodies: readonly Body[]): Promise<unknown> =>
    taskGroup((group) => Promise.all(bodies.map((body) => group.spawn(() => body(byGroup)))));
  await fc.assert(
    fc.asyncProperty(anyBody, fc.nat(14), async (body, after) => {
      assert.deepEqual(await outcomeOf(body, after, byGather), await outcomeOf(body, after, byGroup));
      assert.deepEqual(tasks(), []);
    }),
    { numRuns: 200 },
  );
});
