import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ContextVar, throwIfCancelled } from "../../scopes/index.ts";
import { currentTask, taskGroup } from "../../tasks/index.ts";
import { ThreadPoolExecutor } from "../thread-pool-executor.ts";
import { until } from "../../heap/fixtures/until.ts";

class Stop extends Error {
  readonly code = "E_STOP";
}

/** Gives the reason that it is told. */
const tell = async (): Promise<unknown> => {
  const { signal } = currentTask();
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  return signal.reason;
};

/** The same, of a body that computes. */
const tellBusy = (): unknown => {
  for (;;) {
    try {
      throwIfCancelled();
    } catch (reason) {
      return reason;
    }
  }
};

for (const [how, body] of [
  ["waits", tell],
  ["computes", tellBusy],
] as const) {
  describe(`A task in a worker that ${how} when it is cancelled`, () => {
    test("is told the caller's reason, whole", async () => {
      await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
      const told = async (...reason: unknown[]): Promise<unknown> => {
        const future = pool.submit(body);
        await until(() => future.running);
        future.cancel(...reason);
        return await future;
      };
      assert.equal(await told("enough"), "enough");
      assert.deepEqual(await told({ code: 7 }), { code: 7 });
      const stop = await told(new Stop("no more", { cause: "rain" }));
      assert(stop instanceof Stop);
      assert.deepEqual([stop.message, stop.code, stop.cause], ["no more", "E_STOP", "rain"]);
      assert.equal(((await told()) as Error).message, "This task was cancelled");
    });

    test("is told an AbortError where the reason cannot travel", async () => {
      await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
      const future = pool.submit(body);
      await until(() => future.running);
      future.cancel(new WeakMap());
      assert.equal(((await future) as Error).name, "AbortError");
    });

    test("is told it where it brought values of variables along, too", async () => {
      await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
      const future = new ContextVar("colour", "none").run("red", () => pool.submit(body));
      await until(() => future.running);
      future.cancel("enough");
      assert.equal(await future, "enough");
    });
  });
}

describe("A task in a worker", () => {
  test("is told the reason of the signal, or of the task group, that it was submitted under", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const words = new Int32Array(new SharedArrayBuffer(8));
    const note = async (words: Int32Array, reason: string, place: number): Promise<void> => {
      const { signal } = currentTask();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      words[place] = signal.reason === reason ? 1 : 2;
    };
    const controller = new AbortController();
    const limited = pool.with({ signal: controller.signal }).submit(note, words, "signal", 0);
    await until(() => limited.running);
    controller.abort("signal");
    await assert.rejects(limited.result(), (reason) => reason === "signal");
    const grouped = taskGroup(async (group) => {
      const future = pool.submit(note, words, "group", 1);
      await until(() => future.running);
      group.cancel("group");
      await future.result().catch(() => {});
    });
    await grouped.catch(() => {});
    assert.deepEqual([...words], [1, 1]);
  });
});
