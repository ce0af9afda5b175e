import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runChunk, type ChunkOrder, type ChunkReport, type Target } from "./chunk.ts";
import { Feeder } from "./feeder.ts";
import type { Source } from "./inputs/source.ts";
import {
  Runner,
  type ChunkExecutor,
  type ChunkFuture,
  type FinishedChunk,
  type RunnerOptions,
} from "./runner.ts";

/** What the executors of `heddle` reject with when a worker ended under a call. */
class WorkerDeath extends Error {
  readonly code = "ERR_HEDDLE_BROKEN_EXECUTOR";
  readonly exitCode = 7;
}
/** A target throws this to have its "worker" die. */
const DIE = Symbol("die");

/** One chunk under way in the fake executor; it begins when the test or the event loop says so. */
class FakeFuture implements ChunkFuture {
  readonly #promise = Promise.withResolvers<ChunkReport>();
  readonly items: readonly unknown[];
  isCancelled = false;
  hasBegun = false;

  constructor(items: readonly unknown[]) {
    this.items = items;
  }

  begin(run: () => Promise<ChunkReport>): void {
    if (this.isCancelled) return;
    this.hasBegun = true;
    run().then(this.#promise.resolve, this.#promise.reject);
  }

  cancel(_reason?: unknown, options: { graceMs?: number } = {}): boolean {
    if (this.hasBegun && options.graceMs === undefined) return false;
    this.isCancelled = true;
    this.#promise.reject(new DOMException("cancelled", "AbortError"));
    return true;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- stands in for a future
  get then(): Promise<ChunkReport>["then"] {
    const { promise } = this.#promise;
    return promise.then.bind(promise);
  }
}

/** Runs chunks one event-loop turn later, in this thread; a dying target ends its chunk as a dying worker does. */
class FakeExecutor implements ChunkExecutor {
  readonly target: Target;
  readonly chunks: FakeFuture[] = [];
  readonly orders: ChunkOrder[] = [];
  /** What a chunk of these items is rejected with instead of being run. */
  refusal: (items: readonly unknown[]) => Error | undefined = () => undefined;
  mostUnderWay = 0;
  #underWay = 0;

  constructor(target: Target) {
    this.target = target;
  }

  submit(items: readonly unknown[], order: ChunkOrder): ChunkFuture {
    const future = new FakeFuture(items);
    this.chunks.push(future);
    this.orders.push(order);
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.#underWay);
    const left = (): void => void this.#underWay--;
    future.then(left, left);
    const refusal = this.refusal(items);
    setImmediate(() => future.begin(() => (refusal ? Promise.reject(refusal) : this.#run(items, order))));
    return future;
  }

  #run(items: readonly unknown[], order: ChunkOrder): Promise<ChunkReport> {
    return new Promise((resolve, reject) => {
      const target: Target = (item, index) => {
        try {
          return this.target(item, index);
        } catch (thrown) {
          if (thrown !== DIE) throw thrown;
          reject(new WorkerDeath("gone"));
          // Nothing that a dead worker does is ever seen.
          return new Promise(() => {});
        }
      };
      runChunk(target, items, order).then(resolve, reject);
    });
  }
}

interface Run {
  readonly lines: {
    index: number;
    input: unknown;
    result?: unknown;
    error?: { name: string; message: string; code?: string; attempts?: number };
  }[];
  readonly executor: FakeExecutor;
  readonly runner: Runner;
  readonly feeder: Feeder;
  readonly done: Promise<void>;
  outletIsFull: boolean;
}

function start(target: Target, items: readonly unknown[], options: Partial<RunnerOptions> = {}): Run {
  async function* batches(): AsyncGenerator<{ items: readonly unknown[]; bytes: number }> {
    if (items.length > 0) yield { items, bytes: 0 };
  }
  const source: Source = { name: "t", format: "lines", identity: "t", batches: batches(), close: () => {} };
  const executor = new FakeExecutor(target);
  const run = { lines: [] as Run["lines"], executor, outletIsFull: false };
  const feeder = new Feeder(source, undefined, () => runner.pump());
  const outlet = {
    add: (chunk: FinishedChunk): void => {
      for (const line of chunk.lines.split("\n").slice(0, -1))
        run.lines.push(JSON.parse(line) as Run["lines"][number]);
    },
    get isFull(): boolean {
      return run.outletIsFull;
    },
  };
  const runner: Runner = new Runner({
    feeder,
    executor,
    outlet,
    jobs: 2,
    inAdvance: true,
    chunk: "auto",
    oneByOne: false,
    retries: 0,
    halt: "never",
    ...options,
  });
  runner.pump();
  return Object.assign(run, { runner, feeder, done: runner.over });
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const indexes = (run: Run): number[] => run.lines.map(({ index }) => index).toSorted((a, b) => a - b);

describe("Runner", () => {
  test("runs every item once, and ends", async () => {
    const run = start((item) => (item as number) * 2, upTo(5000));
    await run.done;
    assert.deepEqual(indexes(run), upTo(5000));
    assert.ok(run.lines.every(({ input, result }) => result === (input as number) * 2));
    assert.equal(run.feeder.ended, true);
    assert.equal(run.runner.failure, undefined);
  });

  test("ends at once when there is nothing to do", async () => {
    const run = start(() => 1, []);
    await run.done;
    assert.deepEqual(run.lines, []);
  });

  test("hands tiny items over in ever larger chunks, and shares the last ones out", async () => {
    const run = start((item) => item, upTo(5000));
    await run.done;
    assert.equal(run.executor.chunks[0]!.items.length, 1);
    assert.ok(run.executor.chunks.length < 500, `${run.executor.chunks.length} chunks`);
    assert.ok(run.executor.chunks.at(-1)!.items.length < 10);
  });

  test("gives chunks the size that was asked for", async () => {
    const run = start((item) => item, upTo(25), { chunk: 10 });
    await run.done;
    assert.deepEqual(
      run.executor.chunks.map(({ items }) => items.length),
      [10, 10, 5],
    );
  });

  test("keeps chunks waiting for workers that are quick, and none where chunks must not wait", async () => {
    const run = start((item) => item, upTo(1000), { chunk: 1, jobs: 3 });
    await run.done;
    assert.ok(run.executor.mostUnderWay > 3 && run.executor.mostUnderWay <= 3 * 64);
    const inline = start((item) => item, upTo(1000), { chunk: 1, jobs: 3, inAdvance: false });
    await inline.done;
    assert.equal(inline.executor.mostUnderWay, 3);
  });

  test("starts nothing while the outlet is full, and goes on when it is not", async () => {
    const run = start((item) => item, upTo(100), { chunk: 1 });
    run.outletIsFull = true;
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    assert.equal(run.executor.chunks.length, 0);
    run.outletIsFull = false;
    run.runner.pump();
    await run.done;
    assert.deepEqual(indexes(run), upTo(100));
  });

  test("fails only the item whose worker died, and keeps what its neighbours had done", async () => {
    const calls: unknown[] = [];
    const dying: Target = (item) => {
      calls.push(item);
      if (item === 5) throw DIE;
      return item;
    };
    const run = start(dying, upTo(12), { chunk: 10 });
    await run.done;
    assert.deepEqual(indexes(run), upTo(12));
    assert.deepEqual(
      run.lines.filter(({ error }) => error !== undefined).map(({ index, error }) => [index, error!.code]),
      [[5, "ERR_HEDDLE_WORKER_DIED"]],
    );
    assert.match(
      run.lines.find(({ index }) => index === 5)!.error!.message,
      /its worker ended with exit code 7$/,
    );
    assert.equal(new Set(calls).size, calls.length, "no item ran twice");
    assert.equal(calls.length, 12);
  });

  test("runs an item whose worker died again as often as asked, and no other", async () => {
    const calls = new Map<unknown, number>();
    const dying: Target = (item) => {
      const count = (calls.get(item) ?? 0) + 1;
      calls.set(item, count);
      if (item === 5 && count <= 2) throw DIE;
      if (item === 6) throw DIE;
      return item;
    };
    const run = start(dying, upTo(10), { chunk: 10, retries: 2 });
    await run.done;
    assert.equal(run.lines.find(({ index }) => index === 5)!.result, 5);
    assert.equal(run.lines.find(({ index }) => index === 6)!.error!.attempts, 3);
    assert.deepEqual(
      [...calls].filter(([, count]) => count > 1),
      [
        [5, 3],
        [6, 3],
      ],
    );
  });

  test("fails an item that runs out of time, alone", async () => {
    const run = start((item) => item, upTo(6), { oneByOne: true });
    run.executor.refusal = ([item]) =>
      item === 3 ? Object.assign(new Error("late"), { name: "TimeoutError" }) : undefined;
    await run.done;
    assert.deepEqual(indexes(run), upTo(6));
    assert.deepEqual(
      run.lines.filter(({ error }) => error !== undefined).map(({ index, error }) => [index, error!.name]),
      [[3, "TimeoutError"]],
    );
    assert.ok(run.executor.chunks.every(({ items }) => items.length === 1));
  });

  test("fails every item of a chunk that cannot be sent", async () => {
    const run = start((item) => item, upTo(4), { chunk: 2 });
    run.executor.refusal = () => new TypeError("cannot travel");
    await run.done;
    assert.deepEqual(indexes(run), upTo(4));
    assert.ok(run.lines.every(({ error }) => error?.message === "cannot travel"));
  });

  test("never: goes on after failures", async () => {
    const run = start(() => Promise.reject(new Error("no")), upTo(50));
    await run.done;
    assert.equal(run.lines.length, 50);
    assert.equal(run.feeder.ended, true);
  });

  test("soon: starts nothing more after the first failure, and finishes what runs", async () => {
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const target: Target = (item) => {
      if (item === 0) return gate.then(() => "finished");
      return Promise.reject(new Error("no")).finally(() => setImmediate(release));
    };
    const run = start(target, upTo(100), { halt: "soon", chunk: 1, inAdvance: false });
    await run.done;
    assert.deepEqual(
      run.lines.map(({ index, result }) => [index, result]),
      [
        [1, undefined],
        [0, "finished"],
      ],
    );
    assert.equal(run.feeder.ended, false);
  });

  test("soon: does not begin the rest of the chunk that failed", async () => {
    const failing: Target = (item) => {
      if (item === 2) throw new Error("no");
      return item;
    };
    const run = start(failing, upTo(10), { halt: "soon", chunk: 10, jobs: 1 });
    await run.done;
    assert.deepEqual(indexes(run), [0, 1, 2]);
  });

  test("now: cancels what runs, and ends without it", async () => {
    const target: Target = (item) => {
      if (item === 0) return new Promise(() => {});
      throw new Error("no");
    };
    const run = start(target, upTo(100), { halt: "now", chunk: 1, inAdvance: false });
    await run.done;
    assert.deepEqual(indexes(run), [1]);
    assert.equal(run.executor.chunks[0]!.isCancelled, true);
    assert.equal(run.feeder.ended, false);
  });

  test("stop(): finishes what runs, drops what does not, and ends", async () => {
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const run = start(() => gate, upTo(100), { chunk: 1 });
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    const begun = run.executor.chunks.filter(({ hasBegun }) => hasBegun).length;
    run.runner.stop();
    release();
    await run.done;
    assert.equal(run.lines.length, begun);
    assert.equal(run.feeder.ended, false);
  });

  test("fail(): ends the run and says why", async () => {
    const run = start((item) => item, upTo(1000), { chunk: 1 });
    run.runner.fail(new Error("disk"));
    await run.done;
    assert.equal((run.runner.failure as Error).message, "disk");
  });

  test("ends with the executor's error when it takes no more chunks", async () => {
    const run = start((item) => item, upTo(10));
    run.executor.submit = () => {
      throw new Error("broken");
    };
    await run.done;
    assert.equal((run.runner.failure as Error).message, "broken");
  });
});
