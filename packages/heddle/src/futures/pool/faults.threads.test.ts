import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { threadId } from "node:worker_threads";
import { TimeoutError } from "#heap";
import { fromModule } from "../../portable/index.ts";
import { WireError } from "../../wire/index.ts";
import { BrokenExecutorError } from "../errors.ts";
import type { Executor } from "../executor.ts";
import type { Future } from "../future.ts";
import type { TaskOptions } from "../task-options.ts";
import { ThreadPoolExecutor } from "../thread-pool-executor.ts";

/** What a faulty body is given. */
interface Job {
  /** Each thread counts here how many bodies it has begun, in a word of its own. */
  runs: Int32Array;
  /** What the fault needs besides. */
  extra: unknown;
}
type Body = (job: Job) => unknown;

/** Something that goes wrong with a task. */
interface Fault {
  what: string;
  body: Body;
  /** Whether the body begins: always by default; "perhaps" where a worker may be ended before that. */
  begins?: "never" | "perhaps";
  /** The worker ends with the body. */
  isFatal?: true;
  extra?: unknown;
  options?: TaskOptions;
  /** Called when all bodies have begun. */
  intervene?: () => void;
  /** Called when nothing is under way any more, with how many bodies have run. */
  later?: (pool: ThreadPoolExecutor, bodies: number) => Promise<void>;
  /** Looks at the error, or the result where there is none. */
  check: (outcome: unknown) => void;
}

const sharedWords = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * length));
const begin = (runs: Int32Array): void => void runs[threadId % runs.length]!++;
const turn = (): Promise<void> => new Promise(setImmediate);

/** Checks an error that the body threw: what it is, and that its stack tells of both sides. */
const thrown =
  (cls: Function, message: RegExp, frame: RegExp) =>
  (error: unknown): void => {
    assert(error instanceof Error);
    assert.equal(error.constructor, cls);
    assert.match(error.message, message);
    assert.match(error.stack!, frame, "the stack of the worker");
    assertCallersStack(error);
  };

/** Checks that the error says which task and which worker, and how that ended. */
const brokenBy =
  (task: string, how: RegExp, checkCause?: (cause: unknown) => void) =>
  (error: unknown): void => {
    assert(error instanceof BrokenExecutorError);
    assert.equal(error.task, task);
    assert.match(error.worker, /^loom-\d+$/);
    assert(error.message.includes(`Cannot finish task ${task}: worker ${error.worker} `), error.message);
    assert.match(error.message, how);
    checkCause?.(error.cause);
    assertCallersStack(error);
  };

function assertCallersStack(error: Error): void {
  assert.match(error.stack!, /first submitted[^]*faults\.threads\.test/, "the stack of the caller");
}

function abortable(what: string, reason: unknown, body: Body): Fault {
  const controller = new AbortController();
  return {
    what,
    body,
    isFatal: true,
    options: { signal: controller.signal },
    intervene: () => controller.abort(reason),
    check: (error) => assert.equal(error, reason),
  };
}

const FAULTS: readonly (() => Fault)[] = [
  () => ({
    what: "an argument that cannot be encoded",
    body: ({ runs }) => begin(runs),
    begins: "never",
    extra: { deep: new WeakMap() },
    check: (error) => {
      assert(error instanceof WireError);
      assert.match(error.path, /^(args|items)\[\d\]\.extra\.deep$/);
      assert.match(error.stack!, /faults\.threads\.test/, "the stack of the caller");
    },
  }),
  () => ({
    what: "a module that is missing",
    body: fromModule<{ work: Body }>(new URL("./missing.ts", import.meta.url)).work,
    begins: "never",
    check: (error) => {
      assert(error instanceof Error);
      assert.equal((error as NodeJS.ErrnoException).code, "ERR_MODULE_NOT_FOUND");
      assert.match(error.message, /missing\.ts/);
      assertCallersStack(error);
    },
  }),
  () => ({
    what: "a module that throws when it is imported",
    body: fromModule<{ work: Body }>("data:text/javascript,throw new RangeError('no licence')").work,
    begins: "never",
    check: thrown(RangeError, /^no licence$/, /data:text\/javascript/),
  }),
  () => ({
    what: "a body that throws",
    body: function failing({ runs }) {
      begin(runs);
      throw new RangeError("bad job");
    },
    check: thrown(RangeError, /^bad job$/, /at failing/),
  }),
  () => ({
    what: "a body that rejects",
    body: async function failingLater({ runs }) {
      begin(runs);
      await Promise.resolve();
      throw new TypeError("bad job, later");
    },
    check: thrown(TypeError, /^bad job, later$/, /at (async )?failingLater/),
  }),
  () => ({
    what: "a body that throws something other than an error",
    body: ({ runs }) => {
      begin(runs);
      throw { reason: 7 };
    },
    check: (error) => assert.deepEqual(error, { reason: 7 }),
  }),
  () => ({
    what: "a result that cannot travel",
    body: ({ runs }) => {
      begin(runs);
      return { deep: [new WeakMap()] };
    },
    check: (error) => {
      assert(error instanceof WireError);
      assert.match(error.message, /WeakMap/);
      assert.match(error.path, /deep\[0\]$/);
      assertCallersStack(error);
    },
  }),
  () => ({
    what: "a body that never returns, under a time limit",
    body: function endless({ runs }) {
      begin(runs);
      for (;;);
    },
    begins: "perhaps",
    isFatal: true,
    options: { timeoutMs: 250, graceMs: 10 },
    check: (error) => {
      assert(error instanceof TimeoutError);
      assert.match(error.message, /task endless .*worker loom-\d+/);
      assertCallersStack(error);
    },
  }),
  () => ({
    what: "a body that calls process.exit",
    body: function leave({ runs }) {
      begin(runs);
      process.exit(3);
    },
    isFatal: true,
    check: brokenBy("leave", /ended with exit code 3$/),
  }),
  () => ({
    what: "a body that runs out of memory",
    body: function hoard({ runs }) {
      begin(runs);
      const kept: unknown[] = [];
      for (;;) kept.push(Array.from({ length: 100 }, () => kept.length));
    },
    isFatal: true,
    check: brokenBy("hoard", /memory limit/, (cause) =>
      assert.equal((cause as NodeJS.ErrnoException).code, "ERR_WORKER_OUT_OF_MEMORY"),
    ),
  }),
  () => ({
    what: "a body that overflows the stack",
    body: ({ runs }) => {
      begin(runs);
      const descend = (depth: number): number => 1 + descend(depth + 1);
      return descend(0);
    },
    check: thrown(RangeError, /call stack/, /at descend/),
  }),
  () =>
    abortable("a body that is terminated", new Error("no longer wanted"), ({ runs }) => {
      begin(runs);
      for (;;);
    }),
  () => {
    const now = sharedWords(1);
    return {
      what: "a worker that crashes while it is idle",
      body: ({ runs, extra }) => {
        begin(runs);
        setInterval(() => (extra as Int32Array)[0] === 1 && process.exit(5), 1);
        return "done";
      },
      isFatal: true,
      extra: now,
      check: (result) => assert.equal(result, "done"),
      later: async (pool, bodies) => {
        now[0] = 1;
        while (pool.statistics().workers > pool.maxWorkers - bodies) await turn();
      },
    };
  },
  () => ({
    what: "an unhandled rejection while the body waits",
    body: function forgetful({ runs }) {
      begin(runs);
      void Promise.reject(new RangeError("nobody looked"));
      return new Promise(() => {});
    },
    isFatal: true,
    check: brokenBy("forgetful", /RangeError: nobody looked$/, thrownUncaught("nobody looked")),
  }),
  () => ({
    what: "an exception in a timer while the body waits",
    body: function impatient({ runs }) {
      begin(runs);
      setTimeout(() => {
        throw new RangeError("in a timer");
      }, 1);
      return new Promise(() => {});
    },
    isFatal: true,
    check: brokenBy("impatient", /RangeError: in a timer$/, thrownUncaught("in a timer")),
  }),
];

function thrownUncaught(message: string) {
  return (cause: unknown): void => {
    assert(cause instanceof RangeError);
    assert.equal(cause.message, message);
    assert.match(cause.stack!, /RangeError: .*\n +at /, "the stack of the worker");
  };
}

/** A way to run a faulty task: gives what became of it, each time that it was to run. */
interface Form {
  name: string;
  run: (pool: Executor, { body, isFatal }: Fault, job: Job) => Promise<unknown[]>;
  /** How many bodies are to run. */
  bodies: (workers: number, fault: Fault) => number;
}

const FORMS: readonly Form[] = [
  {
    name: "submit",
    run: async (pool, { body }, job) => [await pool.submit(body, job).then(undefined, caught)],
    bodies: () => 1,
  },
  {
    name: "map",
    run: async (pool, { body, isFatal }, job) => {
      // A new worker takes its time to start: one is enough.
      const items = isFatal ? [job] : [job, job];
      const error = await pool.map(body, items, { chunkSize: 1, onError: "collect" }).toArray().catch(caught);
      return error instanceof AggregateError ? error.errors : (error as unknown[]);
    },
    bodies: (_, { isFatal }) => (isFatal ? 1 : 2),
  },
  {
    name: "broadcast",
    run: async (pool, { body }, job) => await pool.broadcast(body, job).catch((error: unknown) => [error]),
    bodies: (workers) => workers,
  },
];

const caught = (error: unknown): unknown => error;

const CREWS = [
  { crew: "1 worker", maxWorkers: 1, queued: 2 },
  { crew: "2 workers", maxWorkers: 2, queued: 2 },
  { crew: "2 workers with much queued", maxWorkers: 2, queued: 200 },
];

/** An ordinary task: counts its run, and gives its number. */
const plain = (runs: Int32Array, i: number): number => {
  runs[i]!++;
  return i;
};

/** Ends when as many of them run at once as there are words. */
const meet = async (words: Int32Array, place: number): Promise<void> => {
  words[place] = 1;
  while (words.includes(0)) await new Promise(setImmediate);
};

async function assertFullStrength(pool: ThreadPoolExecutor): Promise<void> {
  const words = sharedWords(pool.maxWorkers);
  await Promise.all(Array.from(words, (_, place) => pool.submit(meet, words, place)));
  const ids = await pool.broadcast(() => threadId);
  assert.equal(new Set(ids).size, pool.maxWorkers);
  const { workers, queued, running } = pool.statistics();
  assert.deepEqual({ workers, queued, running }, { workers: pool.maxWorkers, queued: 0, running: 0 });
}

/** Runs a faulty task among ordinary ones. */
async function endure(pool: ThreadPoolExecutor, fault: Fault, form: Form, queued: number): Promise<void> {
  const counts = sharedWords(2 * queued);
  const plainFrom = (first: number): Future<number>[] =>
    Array.from({ length: queued }, (_, i) => pool.submit(plain, counts, first + i));
  const job: Job = { runs: sharedWords(1024), extra: fault.extra };
  const begun = (): number => job.runs.reduce((sum, n) => sum + n, 0);
  const bodies = fault.begins === "never" ? 0 : form.bodies(pool.maxWorkers, fault);

  const before = plainFrom(0);
  const faulty = form.run(pool.with(fault.options ?? {}), fault, job);
  const after = plainFrom(queued);
  if (fault.intervene !== undefined) {
    while (begun() < bodies) await turn();
    fault.intervene();
  }

  const outcomes = await faulty;
  assert(outcomes.length > 0);
  for (const outcome of outcomes) fault.check(outcome);
  assert.deepEqual(await Promise.all([...before, ...after]), [...counts.keys()]);
  assert(counts.every((count) => count === 1));
  await fault.later?.(pool, bodies);
  await assertFullStrength(pool);
  if (fault.begins === "perhaps") assert(begun() <= bodies);
  else assert.equal(begun(), bodies);
}

describe("Every future settles, and a fault stays with its task,", { concurrency: true }, () => {
  for (const { crew, maxWorkers, queued } of CREWS) {
    describe(`on ${crew}:`, { concurrency: false }, () => {
      const pool = new ThreadPoolExecutor({
        name: "loom",
        maxWorkers,
        resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 },
      });
      after(() => pool.shutdown());
      for (const makeFault of FAULTS) {
        for (const form of FORMS) {
          const fault = makeFault();
          test(`${form.name} of ${fault.what}`, () => endure(pool, fault, form, queued));
        }
      }
    });
  }
});
