import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { TimeoutError } from "#heap";
import { Context, runIn, Scope } from "../scopes/index.ts";
import { ExecutorShutdownError } from "./errors.ts";
import type { Executor } from "./executor.ts";
import type { Future } from "./future.ts";
import { InlineExecutor } from "./inline/inline-executor.ts";
import { until } from "../heap/fixtures/until.ts";

const earlierErrors = (error: unknown): Error[] => (error as { earlierErrors: Error[] }).earlierErrors;

/** Fails so many times, each time with another error, and counts how often it ran. */
function failing(times: number): { body: () => string; runs: () => number } {
  let runs = 0;
  const body = (): string => {
    if (++runs <= times) throw new RangeError(`no ${runs}`);
    return `run ${runs}`;
  };
  return { body, runs: () => runs };
}

/** A try of this executor has failed, and the next one waits. */
const failures = (executor: Executor, count: number): Promise<void> =>
  until(() => executor.statistics().rejected === count && executor.statistics().running === 0);

async function afterWaits(future: Future<unknown>): Promise<void> {
  await until(() => {
    mock.timers.tick(100);
    return future.done;
  });
}

describe("with({ retries })", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }));
  afterEach(() => mock.timers.reset());

  test("tries a task again until it gives a value", async () => {
    await using executor = new InlineExecutor();
    const { body, runs } = failing(2);
    const future = executor.with({ retries: 5 }).submit(body);
    await afterWaits(future);
    assert.equal(await future, "run 3");
    assert.equal(runs(), 3);
  });

  test("gives up after so many, with the last error and the earlier ones in its earlierErrors", async () => {
    await using executor = new InlineExecutor();
    const { body, runs } = failing(9);
    const future = executor.with({ retries: 2, name: "fetching" }).submit(body);
    await afterWaits(future);
    await assert.rejects(future.result(), (error) => {
      assert(error instanceof RangeError);
      assert.deepEqual(error, new RangeError("no 3"));
      assert.deepEqual(
        earlierErrors(error).map((earlier) => earlier.message),
        ["no 1", "no 2"],
      );
      return true;
    });
    assert.equal(runs(), 3);
  });

  test("keeps the cause of the last error, and leaves a frozen one and a text alone", async () => {
    await using executor = new InlineExecutor();
    const tries = (thrown: () => unknown): Future<never> =>
      executor.with({ retries: 1 }).submit(() => {
        throw thrown();
      });
    let runs = 0;
    const deeper = tries(() => new Error("outer", { cause: `inner ${++runs}` }));
    const frozen = tries(() => Object.freeze(new Error("frozen")));
    const text = tries(() => "text");
    await afterWaits(deeper);
    const error = (await deeper.exception()) as Error;
    assert.equal(error.cause, "inner 2");
    assert.equal(earlierErrors(error)[0]!.cause, "inner 1");
    await afterWaits(frozen);
    assert.equal(earlierErrors(await frozen.exception()), undefined);
    await afterWaits(text);
    assert.equal(await text.exception(), "text");
  });

  test("waits longer each time: 50 to 100 ms, then twice that", async () => {
    await using executor = new InlineExecutor();
    const { body, runs } = failing(2);
    const future = executor.with({ retries: 2 }).submit(body);
    await failures(executor, 1);
    mock.timers.tick(49);
    assert.equal(executor.statistics().queued, 0);
    mock.timers.tick(51);
    assert.equal(executor.statistics().queued, 1);
    await failures(executor, 2);
    mock.timers.tick(99);
    assert.equal(executor.statistics().queued, 0);
    mock.timers.tick(101);
    assert.equal(await future, "run 3");
    assert.equal(runs(), 3);
  });

  test("runs nothing twice where retries are not asked for, or are none", async () => {
    await using executor = new InlineExecutor();
    for (const view of [executor, executor.with({ retries: 0 })]) {
      const { body, runs } = failing(1);
      await assert.rejects(view.submit(body).result(), RangeError);
      assert.equal(runs(), 1);
    }
  });

  test("does not try again what was cancelled while it ran, or waited for its next try", async () => {
    const executor = new InlineExecutor();
    const retried = executor.with({ retries: 5 });
    const { promise: fails, reject: fail } = Promise.withResolvers<void>();
    const left = retried.submit(() => fails);
    await until(() => left.running);
    assert.equal(left.cancel(), false);
    fail(new RangeError("late"));
    await assert.rejects(left.result(), /late/);

    const { body, runs } = failing(9);
    const waiting = retried.submit(body);
    await until(() => runs() === 1 && !waiting.running);
    assert.equal(waiting.state, "pending");
    assert.equal(waiting.cancel("why"), true);
    await assert.rejects(waiting.result(), (reason) => reason === "why");
    await executor.shutdown();
    assert.equal(runs(), 1);
  });

  test("is ended by a signal and by the scope around while it waits", async () => {
    const executor = new InlineExecutor();
    const controller = new AbortController();
    const first = failing(9);
    const aborted = executor.with({ retries: 5, signal: controller.signal }).submit(first.body);
    const scope = new Scope();
    const second = failing(9);
    const scoped = runIn(new Context(scope, undefined, undefined), () =>
      executor.with({ retries: 5 }).submit(second.body),
    );
    await failures(executor, 2);
    controller.abort("signal");
    scope.cancel("scope");
    await assert.rejects(aborted.result(), (reason) => reason === "signal");
    await assert.rejects(scoped.result(), (reason) => reason === "scope");
    await executor.shutdown();
    assert.deepEqual([first.runs(), second.runs()], [1, 1]);
  });

  test("does not try again what ran too long, but does where the body's own wait timed out", async () => {
    await using executor = new InlineExecutor();
    let runs = 0;
    const { promise: slowly, resolve: end } = Promise.withResolvers<void>();
    const slow = executor.with({ retries: 5, timeoutMs: 10 }).submit(() => (runs++, slowly));
    await afterWaits(slow);
    await assert.rejects(slow.result(), TimeoutError);
    assert.equal(runs, 1);
    end();
    let tries = 0;
    const own = executor.with({ retries: 5 }).submit(() => {
      if (++tries === 1) throw new TimeoutError("queue.get()", 5);
      return tries;
    });
    await afterWaits(own);
    assert.equal(await own, 2);
  });

  test("is finished by shutdown(), and ended by shutdown({ cancelPending })", async () => {
    const patient = new InlineExecutor();
    const { body } = failing(1);
    const finished = patient.with({ retries: 1 }).submit(body);
    await failures(patient, 1);
    const gone = patient.shutdown();
    assert.throws(() => patient.with({ retries: 1 }).submit(body), ExecutorShutdownError);
    mock.timers.tick(100);
    assert.equal(await finished, "run 2");
    await gone;

    const hasty = new InlineExecutor();
    const other = failing(9);
    const ended = hasty.with({ retries: 5 }).submit(other.body);
    await failures(hasty, 1);
    await hasty.shutdown({ cancelPending: true });
    await assert.rejects(ended.result(), { name: "AbortError" });
    assert.equal(other.runs(), 1);
  });

  test("tries again the items of a map that failed, and only those", async () => {
    await using executor = new InlineExecutor();
    const runs = [0, 0, 0, 0];
    const results = executor.with({ retries: 2 }).map((place: number) => {
      if (++runs[place]! < place) throw new RangeError(`no ${place}`);
      return place * 10;
    }, runs.keys());
    let all: number[] | undefined;
    void results.toArray().then((values) => (all = values));
    await until(() => {
      mock.timers.tick(100);
      return all !== undefined;
    });
    assert.deepEqual(all, [0, 10, 20, 30]);
    assert.deepEqual(runs, [1, 1, 2, 3]);
  });

  test("names in the error of an item what earlier tries failed with", async () => {
    await using executor = new InlineExecutor();
    const { body } = failing(9);
    const results = executor.with({ retries: 1 }).map(body, [0]).toArray();
    let error: Error | undefined;
    results.catch((reason: Error) => (error = reason));
    await until(() => {
      mock.timers.tick(100);
      return error !== undefined;
    });
    assert.equal(error!.message, "no 2");
    assert.equal(earlierErrors(error)[0]!.message, "no 1");
  });

  test("refuses what is no count, and chunks of a map that would repeat what was done", () => {
    const executor = new InlineExecutor();
    assert.throws(() => executor.with({ retries: -1 }), /retries/);
    assert.throws(() => executor.with({ retries: "2" as never }), /retries/);
    const double = (n: number): number => n * 2;
    assert.throws(() => executor.with({ retries: 1 }).map(double, [1], { chunkSize: 2 }), /chunkSize/);
  });
});
