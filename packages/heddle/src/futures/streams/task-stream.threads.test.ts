/** Generators as tasks: on threads, and on the event loop. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { MessageChannel, receiveMessageOnPort, threadId } from "node:worker_threads";
import { ContextVar, currentContext, Scope, throwIfCancelled } from "../../scopes/index.ts";
import { transfer, WireError } from "../../wire/index.ts";
import { BrokenExecutorError, ExecutorShutdownError } from "../errors.ts";
import type { Executor } from "../executor.ts";
import type { Future } from "../future.ts";
import { InlineExecutor } from "../inline/inline-executor.ts";
import type { TaskStream } from "./task-stream.ts";
import { ThreadPoolExecutor } from "../thread-pool-executor.ts";
import { until } from "../../heap/fixtures/until.ts";

/** Words that a task writes and a test reads. */
const sharedWords = (): Int32Array => new Int32Array(new SharedArrayBuffer(16));

async function readAll<T>(stream: TaskStream<T, unknown>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of stream) values.push(value);
  return values;
}

/** Counts in word 0 what it yields, and in word 1 how often it has ended. */
async function* counting(words: Int32Array): AsyncGenerator<number> {
  try {
    for (let i = 0; ; i++) {
      words[0] = i + 1;
      yield i;
    }
  } finally {
    await new Promise(setImmediate);
    words[1]!++;
  }
}

function* upTo(end: number): Generator<number, string> {
  for (let i = 0; i < end; i++) yield i;
  return "done";
}

const executors: [string, () => Executor][] = [
  ["a thread", () => new ThreadPoolExecutor({ maxWorkers: 1 })],
  ["the event loop", () => new InlineExecutor({ concurrencyPerWorker: 1 })],
];

for (const [place, make] of executors) {
  describe(`a generator as a task, on ${place}`, () => {
    test("streams its values in order, and gives what it returns at the end", async () => {
      await using executor = make();
      const stream = await executor.submit(async function* (from: number) {
        for (let i = from; i < 1000; i++) yield { i };
        return "done";
      }, 1);
      for (let i = 1; i < 1000; i++) assert.deepEqual(await stream.next(), { done: false, value: { i } });
      assert.deepEqual(await stream.next(), { done: true, value: "done" });
      assert.deepEqual(await stream.next(), { done: true, value: undefined });
    });

    test("may be a plain one, whose promises are awaited", async () => {
      await using executor = make();
      const stream = await executor.submit(upTo, 500);
      assert.deepEqual(
        await readAll(stream),
        Array.from({ length: 500 }, (_, i) => i),
      );
      const promises = await executor.submit(function* () {
        yield Promise.resolve(1);
        yield Promise.reject(new RangeError("no"));
      });
      assert.equal((await promises.next()).value, 1);
      await assert.rejects(promises.next(), { name: "RangeError", message: "no" });
    });

    test("may be given by another function, now or later, and be any iterator", async () => {
      await using executor = make();
      assert.deepEqual(await readAll(await executor.submit(() => upTo(2))), [0, 1]);
      assert.deepEqual(await readAll(await executor.submit(async () => upTo(2))), [0, 1]);
      assert.deepEqual(await readAll(await executor.submit(() => new Map([[1, "one"]]).entries())), [
        [1, "one"],
      ]);
      assert.deepEqual(await readAll(await executor.submit(() => upTo(9).filter((n) => n > 6))), [7, 8]);
    });

    test("is lent to several readers in turn, each of whom gets another value", async () => {
      await using executor = make();
      const stream = await executor.submit(upTo, 3);
      const results = await Promise.all([
        stream.next(),
        stream.next(),
        stream.next(),
        stream.next(),
        stream.next(),
      ]);
      assert.deepEqual(
        results.map(({ value }) => value),
        [0, 1, 2, "done", undefined],
      );
    });

    test("goes no further than its buffer of unread values", async () => {
      await using executor = make();
      for (const buffer of [1, 2, 5]) {
        const words = sharedWords();
        await using stream = await executor.with({ buffer }).submit(counting, words);
        await until(() => words[0] === buffer);
        let read = 0;
        for await (const value of stream) {
          assert.equal(value, read++);
          assert.ok(words[0]! <= read + buffer, `${words[0]} were yielded when ${read} had been read`);
          if (read === 50) break;
        }
      }
    });

    test("has ended, its finally included, when a loop over it was left", async () => {
      await using executor = make();
      const words = sharedWords();
      for await (const value of await executor.submit(counting, words)) if (value === 7) break;
      assert.equal(words[1], 1);
      await until(() => executor.statistics().running === 0);
      assert.equal(await executor.submit(() => "free"), "free");
    });

    test("has ended when it was left before anything was read, or twice", async () => {
      await using executor = make();
      const words = sharedWords();
      {
        await using stream = await executor.with({ buffer: 1 }).submit(counting, words);
        await until(() => words[0] === 1);
        await stream.return();
        assert.deepEqual(await stream.next(), { done: true, value: undefined });
      }
      assert.equal(words[1], 1);
    });

    test("tells a reader who waits that it was left", async () => {
      await using executor = make();
      const stream = await executor.submit(async function* () {
        const { signal } = currentContext().scope!;
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        yield 1;
      });
      const waiting = stream.next();
      await stream.return();
      assert.deepEqual(await waiting, { done: true, value: undefined });
    });

    test("throws from return() what it throws as it ends", async () => {
      await using executor = make();
      const stream = await executor.submit(async function* () {
        using _end = {
          [Symbol.dispose](): void {
            throw new RangeError("as it ends");
          },
        };
        yield 1;
        yield 2;
      });
      assert.equal((await stream.next()).value, 1);
      await assert.rejects(stream.return(), { name: "RangeError", message: "as it ends" });
    });

    test("throws an error at its place, once", async () => {
      await using executor = make();
      const stream = await executor.submit(async function* () {
        yield* [0, 1, 2];
        throw new RangeError("three");
      });
      for (let i = 0; i < 3; i++) assert.equal((await stream.next()).value, i);
      await assert.rejects(stream.next(), { name: "RangeError", message: "three" });
      assert.deepEqual(await stream.next(), { done: true, value: undefined });
      assert.equal(executor.statistics().rejected, 1);
    });

    test("that fails before it yields has a stream all the same", async () => {
      await using executor = make();
      const stream = await executor.submit(function* (fails: boolean) {
        if (fails) throw new RangeError("at once");
        yield 1;
      }, true);
      await assert.rejects(stream.next(), { name: "RangeError" });
    });

    test("counts as running until it has ended, and holds its place", async () => {
      await using executor = make();
      const words = sharedWords();
      const future = executor.submit(counting, words);
      const queued = executor.submit((words: Int32Array) => words[1]!, words);
      const stream = await future;
      assert.equal(future.state, "fulfilled");
      const { running, queued: waiting } = executor.statistics();
      assert.deepEqual({ running, waiting }, { running: 1, waiting: 1 });
      await until(() => words[0]! > 0);
      await stream.return();
      assert.equal(await queued, 1);
    });

    test("never runs when its future is cancelled before it has begun", async () => {
      await using executor = make();
      const words = sharedWords();
      await using stream = await executor.submit(counting, words);
      const second = sharedWords();
      const future = executor.submit(counting, second);
      assert.equal(future.cancel("not needed"), true);
      await stream.return();
      await assert.rejects(future.result(), (error) => error === "not needed");
      assert.deepEqual([...second], [0, 0, 0, 0]);
    });

    test("ends with the reason of its signal, for its reader at once; its finally runs, and its worker lives", async () => {
      await using executor = make();
      const thread = await executor.submit(() => threadId);
      const words = sharedWords();
      const controller = new AbortController();
      const stream = await executor.with({ signal: controller.signal }).submit(counting, words);
      await stream.next();
      controller.abort("enough");
      await assert.rejects(stream.next(), (error) => error === "enough");
      assert.deepEqual(await stream.next(), { done: true, value: undefined });
      await until(() => words[1] === 1);
      assert.equal(await executor.submit(() => threadId), thread);
      assert.equal(executor.statistics().cancelled, 1);
    });

    test("ends with the scope that it was submitted in, which waits for that", async () => {
      await using executor = make();
      const words = sharedWords();
      const scope = new Scope();
      const stream = await scope.run(() => executor.submit(counting, words));
      await stream.next();
      scope.cancel("enough");
      await assert.rejects(stream.next(), (error) => error === "enough");
      await scope.drained();
      assert.equal(words[1], 1);
    });

    test("is not ended by the end of a wait for its next value", async () => {
      await using executor = make();
      const words = sharedWords();
      await using stream = await executor.submit(async function* (words: Int32Array) {
        while (words[0] === 0) await new Promise(setImmediate);
        yield 1;
      }, words);
      const scope = new Scope();
      const waiting = scope.run(() => stream.next());
      scope.cancel("no time");
      await assert.rejects(waiting, (error) => error === "no time");
      await assert.rejects(
        scope.run(() => stream.next()),
        (error) => error === "no time",
      );
      words[0] = 1;
      assert.deepEqual(await stream.next(), { done: false, value: 1 });
    });

    test("is told to stop by its signal when its reader leaves while it waits", async () => {
      await using executor = make();
      const words = sharedWords();
      const stream = await executor.submit(async function* (words: Int32Array) {
        yield 1;
        const { signal } = currentContext().scope!;
        words[0] = 1;
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        throwIfCancelled();
        words[0] = 2;
        yield 2;
      }, words);
      await stream.next();
      await until(() => words[0] === 1);
      await stream.return();
      assert.equal(words[0], 1);
    });

    test("sees the context variables of its caller in every step", async () => {
      await using executor = make();
      const user = new ContextVar("test.stream-user", "nobody");
      const look = async function* (): AsyncGenerator<string> {
        const user = new ContextVar("test.stream-user", "nobody");
        yield user.get();
        await new Promise((resolve) => setTimeout(resolve, 1));
        yield user.get();
        try {
          yield await new Promise((resolve) => setImmediate(() => resolve(user.get())));
        } finally {
          yield user.get();
        }
      };
      const stream = await user.run("ann", () => executor.submit(look));
      assert.deepEqual(await readAll(stream), ["ann", "ann", "ann", "ann"]);
    });

    test("whose stream is read is waited for by a shutdown", async () => {
      const executor = make();
      const stream = await executor.with({ buffer: 1 }).submit(upTo, 100);
      const gone = executor.shutdown();
      assert.equal((await readAll(stream)).length, 100);
      await gone;
    });

    test("whose stream nobody reads is ended by a shutdown", async () => {
      const words = sharedWords();
      const executor = make();
      const stream = await executor.with({ buffer: 3 }).submit(counting, words);
      await executor.shutdown();
      assert.equal(words[1], 1);
      const values: number[] = [];
      const reading = (async () => {
        for await (const value of stream) values.push(value);
      })();
      await assert.rejects(reading, (error) => {
        assert.ok(error instanceof ExecutorShutdownError);
        assert.match(error.message, /the stream of task counting: nobody reads it/);
        return true;
      });
      assert.deepEqual(values, [0, 1, 2].slice(0, values.length));
    });

    test("that nobody reads is ended by a shutdown, though it has begun after that", async () => {
      const words = sharedWords();
      const executor = make();
      const stream = executor.submit(counting, words);
      await executor.shutdown();
      assert.equal(words[1], 1);
      await assert.rejects(readAll((await stream) as TaskStream<number>), ExecutorShutdownError);
    });

    test("on every worker gives a stream for each", async () => {
      await using executor = make();
      const streams = (await executor.broadcast(upTo, 3)) as unknown as TaskStream<number>[];
      for (const stream of streams) assert.deepEqual(await readAll(stream), [0, 1, 2]);
    });

    test("refuses a buffer that is no number of values", () => {
      const executor = make();
      assert.throws(() => executor.with({ buffer: 0 }), RangeError);
      assert.throws(() => executor.with({ buffer: "8" as never }), TypeError);
    });
  });
}

describe("a generator as a task, in a worker", () => {
  test("that ends gives what it yielded, and then BrokenExecutorError; the pool goes on", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const words = sharedWords();
    const stream = await pool.with({ name: "doomed" }).submit(async function* (words: Int32Array) {
      yield* [0, 1, 2];
      while (words[0] === 0) await new Promise(setImmediate);
      process.exit(3);
    }, words);
    for (let i = 0; i < 3; i++) assert.equal((await stream.next()).value, i);
    words[0] = 1;
    await assert.rejects(stream.next(), (error) => {
      assert.ok(error instanceof BrokenExecutorError);
      assert.deepEqual([error.task, error.exitCode], ["doomed", 3]);
      return true;
    });
    assert.equal(await pool.submit(() => "alive"), "alive");
  });

  test("that ends as its reader leaves says so", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const stream = await pool.submit(function* () {
      try {
        for (;;) yield 1;
      } finally {
        process.exit(4);
      }
    });
    await stream.next();
    await assert.rejects(stream.return(), BrokenExecutorError);
  });

  test("is cut off at its limit, its worker included", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const future = pool.with({ timeoutMs: 50 }).submit(async function* () {
      yield 1;
      await new Promise(() => {});
    });
    // Whether the stream or its value comes before that is a matter of the machine.
    await assert.rejects(async () => readAll(await future), { name: "TimeoutError" });
    assert.equal(await pool.submit(() => "alive"), "alive");
  });

  test("that goes on after its signal aborted is ended with its worker", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const controller = new AbortController();
    const stream = await pool.with({ signal: controller.signal }).submit(function* () {
      yield 1;
      for (;;);
    });
    assert.equal((await stream.next()).value, 1);
    controller.abort("enough");
    await assert.rejects(stream.next(), (error) => error === "enough");
    assert.equal(await pool.submit(() => "alive"), "alive");
  });

  test("that yields what cannot travel fails there, naming it, and is ended", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const words = sharedWords();
    const stream = await pool.submit(function* (words: Int32Array) {
      try {
        yield { n: 1 };
        yield { n: 2 };
        yield { inner: new WeakMap() };
        yield { n: 3 };
      } finally {
        words[0] = 1;
      }
    }, words);
    assert.deepEqual((await stream.next()).value, { n: 1 });
    assert.deepEqual((await stream.next()).value, { n: 2 });
    await assert.rejects(stream.next(), (error) => {
      assert.ok(error instanceof WireError);
      assert.equal(error.path, "value.inner");
      return true;
    });
    assert.equal(words[0], 1);
  });

  test("that returns what cannot travel fails at the end", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const stream = await pool.submit(function* () {
      yield 1;
      return new WeakMap();
    });
    assert.equal((await stream.next()).value, 1);
    await assert.rejects(stream.next(), WireError);
  });

  test("moves, shares and copies what it yields, as a result does", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const words = sharedWords();
    const stream = await pool.submit(async function* (words: Int32Array) {
      for (let i = 1; i <= 20; i++) {
        const buffer = new Uint8Array(200_000).fill(i);
        yield buffer;
        yield transfer(buffer);
        if (buffer.length === 0) words[0]!++;
        yield (x: number) => x * i;
        yield words;
      }
    }, words);
    for (let i = 1; i <= 20; i++) {
      for (const _ of ["copied", "moved"]) {
        const { value } = (await stream.next()) as { value: Uint8Array };
        assert.deepEqual([value.length, value[0], value.at(-1)], [200_000, i, i]);
      }
      const { value: times } = (await stream.next()) as { value: (x: number) => number };
      assert.equal(times(3), 3 * i);
      const { value: same } = (await stream.next()) as { value: Int32Array };
      assert.equal(same.buffer.byteLength, words.buffer.byteLength);
    }
    assert.equal((await stream.next()).done, true);
    assert.equal(words[0], 20);
  });

  test("sends each value as it is when it is yielded", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const stream = await pool.submit(function* () {
      const counter = { n: 0, bytes: new Uint8Array(4) };
      for (; counter.n < 1000; counter.n++, counter.bytes[0]!++) yield counter;
    });
    let n = 0;
    for await (const counter of stream) {
      assert.deepEqual(counter, { n, bytes: Uint8Array.of(n % 256, 0, 0, 0) });
      n++;
    }
    assert.equal(n, 1000);
  });

  test("may yield what only a port can carry, as often as it likes", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const stream = await pool.submit(function* () {
      for (let i = 0; i < 100; i++) {
        const { port1, port2 } = new MessageChannel();
        port1.postMessage(i);
        yield port2;
      }
    });
    let i = 0;
    for await (const port of stream) {
      assert.deepEqual(receiveMessageOnPort(port), { message: i++ });
      port.close();
    }
    assert.equal(i, 100);
  });

  test("takes turns with others where several calls may be under way in one worker", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1, concurrencyPerWorker: 3 });
    const streams = await Promise.all([300, 301, 302].map((n) => pool.with({ buffer: 4 }).submit(upTo, n)));
    const counts = await Promise.all(streams.map(async (stream) => (await readAll(stream)).length));
    assert.deepEqual(counts, [300, 301, 302]);
  });

  test("lets timers have their turn, however fast it is read", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const stream = await pool.submit(function* () {
      const state = { ticked: false };
      setTimeout(() => (state.ticked = true), 1);
      while (!state.ticked) yield 0;
      yield 1;
    });
    let last: number | undefined;
    for await (const value of stream) last = value;
    assert.equal(last, 1);
  });

  test("is not begun again by retries once it streams", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const words = sharedWords();
    const stream = await pool.with({ retries: 3 }).submit(function* (words: Int32Array) {
      words[0]!++;
      yield 1;
      throw new RangeError("no");
    }, words);
    await stream.next();
    await assert.rejects(stream.next(), RangeError);
    assert.equal(words[0], 1);
  });

  test("gives streams by the thousand, and nothing of them stays", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 2 });
    let sum = 0;
    for (let round = 0; round < 50; round++) {
      const futures = Array.from({ length: 20 }, (_, i) => pool.submit(upTo, i));
      const streams = await Promise.all(futures);
      for (const [i, stream] of streams.entries()) {
        if (i % 3 === 0) await stream.return();
        else sum += (await readAll(stream)).length;
      }
    }
    assert.equal(sum, 50 * (190 - (0 + 3 + 6 + 9 + 12 + 15 + 18)));
    const { running, queued, fulfilled } = pool.statistics();
    assert.deepEqual({ running, queued, fulfilled }, { running: 0, queued: 0, fulfilled: 1000 });
  });

  test("is what a future of the type says", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const typed: Future<TaskStream<number, string>> = pool.submit(upTo, 1);
    const never: Future<never> = pool.submit((): never => {
      throw new RangeError("no");
    });
    const endless: Future<TaskStream<number, never>> = pool.submit(function* () {
      for (;;) yield 1;
    });
    const pause: Future<unknown> = pool.submit(() => new Promise((resolve) => setTimeout(resolve, 1)));
    const later: Future<string> = pool.submit(
      async (n: number) => new Promise<string>((resolve) => resolve(String(n))),
      1,
    );
    const plain: Future<number[]> = pool.submit(() => [1]);
    const anything: Future<string> = pool.submit(() => JSON.parse('"a"'));
    await (await typed).return();
    await (await endless).return();
    await assert.rejects(never.result(), RangeError);
    assert.equal(await later, "1");
    await pause;
    assert.deepEqual(await plain, [1]);
    assert.equal(await anything, "a");
  });
});

describe("a stream as an argument", () => {
  test("is moved, if it is a web stream, and read in the worker as it fills", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    async function* words(): AsyncGenerator<string> {
      yield "warp";
      await new Promise(setImmediate);
      yield "weft";
    }
    const join = async (stream: ReadableStream<string>): Promise<string> => {
      let all = "";
      for await (const word of stream) all += word;
      return all;
    };
    assert.equal(await pool.submit(join, transfer(ReadableStream.from(words()))), "warpweft");
  });

  test("is refused, if it is a generator, with what to do instead", async () => {
    await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
    const error = await pool.submit((numbers: Iterable<number>) => [...numbers], upTo(3)).exception();
    assert.ok(error instanceof WireError);
    assert.match(error.message, /args\[0\].*in the middle of its function.*send its values/);
    assert.match(error.message, /transfer\(ReadableStream\.from\(iterator\)\)/);
  });
});

/** What a program prints that is run by itself, and how it ends. */
function run(program: string): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["--conditions=@heddle/source", "--expose-gc", "--input-type=module", "--eval", program],
    { encoding: "utf8", cwd: import.meta.dirname, timeout: 60_000 },
  );
  return { status, stdout, stderr };
}

describe("a program with a stream", () => {
  test("ends when nobody waits for the next value", () => {
    const { status, stdout, stderr } = run(`
      import { toThread } from "heddle";
      const stream = await toThread(function* () { for (;;) yield 1; });
      await stream.next();
      console.log("done");
    `);
    assert.deepEqual({ status, stdout }, { status: 0, stdout: "done\n" }, stderr);
  });

  test("lives as long as somebody waits for the next value", () => {
    const { status, stdout, stderr } = run(`
      import { toThread } from "heddle";
      const stream = await toThread(async function* () {
        await new Promise((resolve) => setTimeout(resolve, 200));
        yield 1;
      });
      console.log((await stream.next()).value);
    `);
    assert.deepEqual({ status, stdout }, { status: 0, stdout: "1\n" }, stderr);
  });

  test("has its function ended when nobody has the stream any more", () => {
    const { status, stdout, stderr } = run(`
      import { ThreadPoolExecutor } from "heddle";
      await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
      await (async () => {
        const stream = await pool.submit(function* () { for (;;) yield 1; });
        await stream.next();
      })();
      while (pool.statistics().running > 0) {
        globalThis.gc();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      console.log(await pool.submit(() => "free"));
    `);
    assert.deepEqual({ status, stdout }, { status: 0, stdout: "free\n" }, stderr);
  });

  test("hears of an error that nobody has read", () => {
    const { status, stderr } = run(`
      import { ThreadPoolExecutor } from "heddle";
      await using pool = new ThreadPoolExecutor({ maxWorkers: 1 });
      const stream = await pool.submit(function* () { yield 1; throw new RangeError("unread"); });
      await stream.next();
      while (pool.statistics().rejected === 0) {
        // What the worker has sent is looked at when somebody waits for something.
        await pool.submit(() => {});
      }
    `);
    assert.equal(status, 1);
    assert.match(stderr, /RangeError: unread/);
  });
});
