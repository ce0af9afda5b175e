/** Queues between real threads. */
import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, test } from "node:test";
import { Worker } from "node:worker_threads";
import { ThreadPoolExecutor } from "../../futures/index.ts";
import { publish, thisThread } from "../../sync/index.ts";
import { GOT, kinds, PUT, type QueueRole } from "../fixtures/queue-roles.ts";
import { Queue } from "../index.ts";

const { heap } = thisThread();

class Storm {
  readonly queue: Queue<unknown>;
  readonly #kind: QueueRole["kind"];
  readonly #count: number;
  readonly #marks: number;
  readonly #items: number;

  constructor(kind: QueueRole["kind"], putters: number, count: number, maxSize: number) {
    this.queue = new kinds[kind]<unknown>({ maxSize });
    this.#kind = kind;
    this.#count = count;
    this.#items = putters * count;
    this.#marks = heap.allocate(4 * this.#items);
    heap.bytesTo(this.#marks + 4 * this.#items).fill(0, this.#marks, this.#marks + 4 * this.#items);
  }

  start(role: QueueRole["role"], index = 0): { worker: Worker; ended: Promise<void> } {
    const queue = publish(this.queue);
    const workerData: QueueRole = {
      role,
      kind: this.#kind,
      queue,
      index,
      count: this.#count,
      marks: this.#marks,
    };
    const worker = new Worker(new URL("../fixtures/queue-roles.ts", import.meta.url), { workerData });
    const ended = new Promise<void>((resolve, reject) => {
      worker.once("error", reject);
      worker.once("exit", () => resolve());
    });
    return { worker, ended };
  }

  startAll(role: QueueRole["role"], count: number) {
    return Array.from({ length: count }, (_, index) => this.start(role, index));
  }

  /** How many items were put, and how many got, each at most once. */
  outcome(): { put: number; got: number } {
    let [put, got] = [0, 0];
    for (let item = 0; item < this.#items; item++) {
      const mark = heap.load(this.#marks + 4 * item);
      assert.ok(mark < 2 * GOT, `item ${item} was got ${mark >>> 2} times`);
      if ((mark & PUT) !== 0) put++;
      if (mark >= GOT) got++;
    }
    return { put, got };
  }

  /** How many items were got. */
  get progress(): number {
    return this.outcome().got;
  }

  free(): void {
    heap.free(this.#marks);
  }
}

for (const kind of ["Queue", "LifoQueue", "PriorityQueue"] as const) {
  describe(`${kind} between threads`, () => {
    test("hands over each item once, and joins when all are done", { timeout: 60_000 }, async () => {
      const count = kind === "Queue" ? 20_000 : 5000;
      const storm = new Storm(kind, 2, count, 50);
      const getters = storm.startAll("get", 2);
      const putters = storm.startAll("put", 2);
      await Promise.all(putters.map(({ ended }) => ended));
      await storm.queue.join();
      assert.deepEqual(storm.outcome(), { put: 2 * count, got: 2 * count });
      storm.queue.shutdown();
      await Promise.all(getters.map(({ ended }) => ended));
      storm.free();
    });

    test(
      "lets every thread end when it is shut down in the midst of it all",
      { timeout: 60_000 },
      async () => {
        for (const immediate of [false, true]) {
          const count = 10_000;
          const storm = new Storm(kind, 2, count, 20);
          const threads = [
            ...storm.startAll("get", 2),
            ...storm.startAll("put", 2),
            storm.start("join"),
            storm.start("joinSync"),
          ];
          while (storm.progress < count / 4) await nextTurn();
          storm.queue.shutdown({ immediate });
          await Promise.all(threads.map(({ ended }) => ended));
          const { put, got } = storm.outcome();
          if (immediate) assert.ok(got <= put);
          else assert.equal(got, put);
          assert.equal(storm.queue.size, 0);
          storm.free();
        }
      },
    );

    test(
      "goes on when threads are terminated, and loses an item for each at most",
      { timeout: 60_000 },
      async () => {
        const count = 4000;
        const storm = new Storm(kind, 1, count, 30);
        let putter = storm.start("put");
        let getters = storm.startAll("get", 2);
        let kills = 0;
        for (let round = 1; round <= 6; round++) {
          while (storm.progress < (count * round) / 9) await nextTurn();
          if (round % 2 === 0) {
            await putter.worker.terminate();
            putter = storm.start("put");
          } else {
            await getters[0]!.worker.terminate();
            getters = [getters[1]!, storm.start("get")];
          }
          kills++;
        }
        await putter.ended;
        storm.queue.shutdown();
        await Promise.all(getters.map(({ ended }) => ended));
        const { put, got } = storm.outcome();
        assert.ok(got >= count - kills && put >= count - kills, `${put} put, ${got} got, ${kills} killed`);
        assert.equal(storm.queue.size, 0);
        storm.free();
      },
    );
  });
}

test(
  "a thread that is terminated while it waits for an item leaves the item to others",
  { timeout: 60_000 },
  async () => {
    const storm = new Storm("Queue", 1, 1, 0);
    const waiting = storm.start("get");
    while (storm.queue.statistics().getters === 0) await nextTurn();
    await waiting.worker.terminate();
    while (storm.queue.statistics().getters > 0) await nextTurn();
    storm.queue.putSync("for me");
    assert.equal(storm.queue.tryGet()?.value, "for me");
    storm.free();
  },
);

test(
  "a queue that only a thread had that ended is freed, with all that is in it",
  { timeout: 60_000 },
  async () => {
    for (const kind of ["Queue", "LifoQueue", "PriorityQueue"] as const) {
      const storm = new Storm(kind, 1, 4000, 0);
      const tops: number[] = [];
      for (let round = 0; round < 6; round++) {
        await storm.start("leave").ended;
        await nextTurn();
        const probe = heap.allocate(2 ** 20);
        heap.free(probe);
        tops.push(probe);
      }
      assert.equal(Math.max(...tops), Math.max(...tops.slice(0, 3)), tops.join());
      storm.free();
    }
  },
);

test("a queue is the same queue in a task, as an argument, captured, or out of another queue", async () => {
  await using executor = new ThreadPoolExecutor({ maxWorkers: 1 });
  const queue = new Queue<unknown>({ name: "between" });
  const inner = new Queue<string>();
  const name = await executor.submit((given: Queue<unknown>) => {
    given.putSync(inner);
    inner.putSync("from the worker");
    return given.name;
  }, queue);
  assert.equal(name, "between");
  assert.equal(await queue.get(), inner);
  assert.equal(inner.getSync(), "from the worker");
});

test("a function that a worker puts can be called by who gets it", async () => {
  await using executor = new ThreadPoolExecutor({ maxWorkers: 1 });
  const queue = new Queue<(n: number) => number>();
  await executor.submit((given: typeof queue) => {
    const factor = 7;
    given.putSync((n) => n * factor);
  }, queue);
  const times = await queue.get();
  assert.equal(times(6), 42);
});

describe("shared memory in an item", () => {
  /** A thread that runs `body`, with the queues `one` and `other` in reach, that has not heard of any buffer before. */
  function thread(body: string, one: Queue<unknown>, other: Queue<unknown>): Worker {
    const from = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
    const program = `
      import { existing } from ${from("../../sync/index.ts")};
      import { Queue } from ${from("../index.ts")};
      const [one, other] = [existing(Queue, ${publish(one)}), existing(Queue, ${publish(other)})];
      ${body}`;
    return new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
  }
  const take = "const words = new Int32Array(one.getSync().buffer); words[0]++; other.putSync(words[0]);";

  test("is there for a thread that blocks, and was started after it was put", async () => {
    const [one, other] = [new Queue<unknown>(), new Queue<unknown>()];
    const words = new Int32Array(new SharedArrayBuffer(8));
    words[0] = 6;
    one.putSync({ buffer: words.buffer });
    const worker = thread(take, one, other);
    assert.equal(await other.get(), 7);
    assert.equal(words[0], 7);
    await worker.terminate();
  });

  test("is there for it also if the thread that has it is blocked", async () => {
    const [one, other] = [new Queue<unknown>(), new Queue<unknown>()];
    const words = new Int32Array(new SharedArrayBuffer(8));
    one.putSync({ buffer: words.buffer });
    const worker = thread(take, one, other);
    assert.equal(other.getSync({ timeoutMs: 30_000 }), 1);
    assert.equal(words[0], 1);
    await worker.terminate();
  });
});
