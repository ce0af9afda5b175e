import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, test } from "node:test";
import fc from "fast-check";
import { threadHeap } from "#heap";
import { storedValues } from "../../sync/index.ts";
import { transfer } from "../../wire/index.ts";
import { LifoQueue, PriorityQueue, Queue, QueueShutDownError } from "../index.ts";

const shutDown = { name: "QueueShutDownError", code: "ERR_HEDDLE_QUEUE_SHUT_DOWN" };
const timedOut = { code: "ERR_HEDDLE_TIMEOUT" };

const kinds = { Queue, LifoQueue, PriorityQueue };
/** In which order each kind gives what was put as 111, 333, 222, with themselves for priorities. */
const orders = { Queue: [111, 333, 222], LifoQueue: [222, 333, 111], PriorityQueue: [111, 222, 333] };

/** Puts numbers, each with itself for a priority, if the queue knows priorities. */
function putAll(queue: Queue<number>, items: readonly number[]): void {
  for (const item of items) {
    if (queue instanceof PriorityQueue) queue.putSync(item, { priority: item });
    else queue.putSync(item);
  }
}

for (const [name, Kind] of Object.entries(kinds)) {
  describe(name, () => {
    test("gives the items in its order", async () => {
      const queue = new Kind<number>();
      putAll(queue, [111, 333, 222]);
      const order = orders[name as keyof typeof orders];
      assert.deepEqual([await queue.get(), queue.getSync(), queue.tryGet()!.value], order);
      assert.equal(queue.tryGet(), undefined);
    });

    test("knows its size, and whether it is empty or full", () => {
      const queue = new Kind<string>({ maxSize: 2, name: "two" });
      assert.deepEqual(
        [queue.size, queue.empty, queue.full, queue.maxSize, queue.name],
        [0, true, false, 2, "two"],
      );
      assert.equal(queue.tryPut("a"), true);
      assert.deepEqual([queue.size, queue.empty, queue.full], [1, false, false]);
      assert.equal(queue.tryPut("b"), true);
      assert.deepEqual([queue.size, queue.full, queue.tryPut("c")], [2, true, false]);
      assert.equal(new Kind().maxSize, 0);
      assert.equal(new Kind({ maxSize: Infinity }).full, false);
    });

    test("throws TimeoutError, and is as it was, when a wait runs out", async () => {
      const queue = new Kind<number>({ maxSize: 1 });
      assert.throws(() => queue.getSync({ timeoutMs: 1 }), timedOut);
      await assert.rejects(queue.get({ timeoutMs: 1 }), timedOut);
      queue.putSync(1);
      assert.throws(() => queue.putSync(2, { timeoutMs: 0 }), timedOut);
      await assert.rejects(queue.put(2, { timeoutMs: 1 }), timedOut);
      assert.deepEqual(queue.statistics(), { size: 1, unfinished: 1, getters: 0, putters: 0, joiners: 0 });
      assert.equal(queue.getSync(), 1);
    });

    test("ends a wait when its signal aborts, with the signal's reason", async () => {
      const queue = new Kind<number>({ maxSize: 1 });
      const controller = new AbortController();
      const options = { signal: controller.signal };
      const get = queue.get(options);
      const reason = new Error("enough");
      controller.abort(reason);
      await assert.rejects(get, reason);
      await assert.rejects(queue.put(1, options), reason);
      assert.throws(() => queue.getSync(options), reason);
      assert.equal(queue.size, 0);
      queue.putSync(5);
      assert.equal(await queue.get(), 5);
    });

    test("gives those who wait their items in the order in which they asked", async () => {
      const queue = new Kind<string>();
      const got: string[] = [];
      const waits = ["first", "second", "third"].map((who) =>
        queue.get().then((item) => got.push(`${who} ${item}`)),
      );
      assert.equal(queue.statistics().getters, 3);
      for (const item of ["a", "b", "c"]) await queue.put(item);
      await Promise.all(waits);
      assert.deepEqual(got, ["first a", "second b", "third c"]);
    });

    test("lets those in who wait for room, in the order in which they came", async () => {
      const queue = new Kind<number>({ maxSize: 1 });
      queue.putSync(0);
      const puts = [1, 2, 3].map((item) => queue.put(item));
      assert.equal(queue.statistics().putters, 3);
      assert.equal(queue.tryPut(9), false);
      assert.deepEqual([queue.getSync(), queue.getSync(), queue.getSync(), queue.getSync()], [0, 1, 2, 3]);
      await Promise.all(puts);
    });

    test("loses no item, and no room, to a wait that was given up", async () => {
      const queue = new Kind<number>({ maxSize: 1 });
      const controller = new AbortController();
      const dropped = queue.get({ signal: controller.signal });
      const kept = queue.get();
      controller.abort();
      await assert.rejects(dropped, { name: "AbortError" });
      await queue.put(7);
      assert.equal(await kept, 7);
      queue.putSync(1);
      const late = new AbortController();
      const droppedPut = queue.put(2, { signal: late.signal });
      const keptPut = queue.put(3);
      late.abort();
      await assert.rejects(droppedPut, { name: "AbortError" });
      assert.deepEqual([queue.getSync(), queue.getSync()], [1, 3]);
      await keptPut;
    });

    test("joins when as many tasks are done as were put, and can do so again", async () => {
      const queue = new Kind<number>();
      await queue.join();
      queue.joinSync();
      for (let round = 0; round < 2; round++) {
        putAll(queue, [1, 2]);
        let isJoined = false;
        const joined = queue.join().then(() => (isJoined = true));
        queue.getSync();
        queue.taskDone();
        await nextTurn();
        assert.equal(isJoined, false);
        assert.deepEqual(queue.statistics(), { size: 1, unfinished: 1, getters: 0, putters: 0, joiners: 1 });
        queue.getSync();
        queue.taskDone();
        await joined;
      }
    });

    test("throws RangeError when more tasks are done than were put", () => {
      const queue = new Kind<number>({ name: "tasks" });
      const tooMany = { name: "RangeError", message: /Cannot mark a task of queue "tasks" as done/ };
      assert.throws(() => queue.taskDone(), tooMany);
      queue.putSync(1);
      queue.taskDone();
      assert.throws(() => queue.taskDone(), tooMany);
    });

    test("once it is shut down takes nothing in, and gives what is left", async () => {
      const queue = new Kind<number>({ name: "ended" });
      putAll(queue, [1]);
      assert.equal(queue.isShutdown, false);
      queue.shutdown();
      assert.equal(queue.isShutdown, true);
      await assert.rejects(queue.put(2), {
        ...shutDown,
        message: 'Cannot put into queue "ended": it was shut down',
      });
      assert.throws(() => queue.putSync(2), shutDown);
      assert.throws(() => queue.tryPut(2), shutDown);
      assert.equal(queue.getSync(), 1);
      await assert.rejects(queue.get(), {
        ...shutDown,
        message: /^Cannot get from queue "ended": it was shut down, and is empty$/,
      });
      assert.throws(() => queue.getSync(), shutDown);
      assert.throws(() => queue.tryGet(), shutDown);
    });

    test("tells all who wait when it is shut down", async () => {
      const empty = new Kind<number>();
      const gets = [empty.get(), empty.get()];
      empty.shutdown();
      for (const get of gets) await assert.rejects(get, shutDown);
      const full = new Kind<object>({ maxSize: 1 });
      full.putSync({});
      const puts = [full.put({ a: 1 }), full.put({ b: 2 })];
      full.shutdown();
      for (const put of puts) await assert.rejects(put, shutDown);
      assert.deepEqual([full.getSync(), full.size], [{}, 0]);
    });

    test("shut down at once drops what is in it, and counts that as done", async () => {
      const queue = new Kind<unknown>();
      for (let i = 0; i < 600; i++) queue.putSync(i % 3 === 0 ? { i } : i);
      queue.getSync();
      const joined = queue.join();
      queue.shutdown({ immediate: true });
      assert.deepEqual(queue.statistics(), { size: 0, unfinished: 1, getters: 0, putters: 0, joiners: 1 });
      assert.throws(() => queue.getSync(), shutDown);
      queue.taskDone();
      await joined;
      assert.throws(() => queue.taskDone(), RangeError);
    });

    test("can be shut down again, and at once, but not the other way round", () => {
      const queue = new Kind<number>();
      putAll(queue, [1, 2]);
      queue.shutdown();
      queue.shutdown();
      assert.equal(queue.size, 2);
      queue.shutdown({ immediate: true });
      queue.shutdown({ immediate: false });
      assert.deepEqual([queue.size, queue.isShutdown], [0, true]);
    });

    test("is gone through until it is shut down and empty", async () => {
      const queue = new Kind<number>();
      putAll(queue, [1]);
      const seen: number[] = [];
      const reader = (async () => {
        for await (const item of queue) seen.push(item);
      })();
      await queue.put(2);
      await nextTurn();
      queue.shutdown();
      await reader;
      assert.deepEqual(seen, [1, 2]);
      const other = new Kind<number>();
      putAll(other, [1, 2, 3]);
      for (const item of other) if (item === 2 || name === "LifoQueue") break;
      assert.equal(other.size, name === "LifoQueue" ? 2 : 1);
      other.shutdown();
      assert.equal([...other].length, name === "LifoQueue" ? 2 : 1);
    });

    test("takes any value that can travel, and says at once what cannot", async () => {
      const queue = new Kind<unknown>();
      const values = [
        undefined,
        null,
        NaN,
        -0,
        12n,
        "text",
        "ein längerer Text ✓",
        new Map([[1, new Date(0)]]),
        [1, , 3],
      ];
      for (const value of values) {
        queue.putSync(value);
        assert.deepEqual(queue.getSync(), value);
      }
      const cyclic: Record<string, unknown> = {};
      cyclic["self"] = cyclic;
      queue.putSync(cyclic);
      const back = queue.getSync() as typeof cyclic;
      assert.equal(back["self"], back);
      const double = (n: number): number => 2 * n;
      queue.putSync(double);
      assert.equal((queue.getSync() as typeof double)(21), 42);
      assert.throws(() => queue.putSync({ deep: new WeakMap() }), {
        name: "WireError",
        message: new RegExp(`^Cannot send item\\.deep into queue "${queue.name}": it is a WeakMap, `),
      });
      await assert.rejects(queue.put(new WeakMap()), { name: "WireError" });
      assert.equal(queue.size, 0);
    });

    test("moves what is marked to be moved, unless there is no room for it", () => {
      const queue = new Kind<ArrayBuffer>({ maxSize: 1 });
      const buffer = new ArrayBuffer(8);
      assert.equal(queue.tryPut(transfer(buffer)), true);
      assert.equal(buffer.byteLength, 0);
      const other = new ArrayBuffer(8);
      assert.equal(queue.tryPut(transfer(other)), false);
      assert.equal(other.byteLength, 8);
      assert.equal(queue.getSync().byteLength, 8);
    });

    test("leaves what was marked to be moved, and the mark, to who puts in vain", async () => {
      const queue = new Kind<ArrayBuffer>({ maxSize: 1 });
      queue.putSync(new ArrayBuffer(1));
      const buffer = transfer(new ArrayBuffer(8));
      const abort = new AbortController();
      const aborted = queue.put(buffer, { signal: abort.signal });
      abort.abort(new Error("enough"));
      await assert.rejects(aborted, /enough/);
      await assert.rejects(queue.put(buffer, { timeoutMs: 1 }), timedOut);
      assert.throws(() => queue.putSync(buffer, { timeoutMs: 1 }), timedOut);
      assert.equal(queue.tryPut(buffer), false);
      assert.equal(buffer.byteLength, 8);
      const waiting = queue.put(buffer);
      queue.getSync();
      await waiting;
      assert.equal(buffer.byteLength, 0, "the mark was lost");
      assert.equal(queue.getSync().byteLength, 8);
      const last = transfer(new ArrayBuffer(4));
      queue.shutdown();
      await assert.rejects(queue.put(last), shutDown);
      assert.throws(() => queue.putSync(last), shutDown);
      assert.equal(last.byteLength, 4);
    });

    test("carries queues, itself among them, and they are the same", () => {
      const queue = new Kind<Queue<never>>();
      queue.putSync(queue as Queue<never>);
      assert.equal(queue.getSync(), queue);
    });

    test("goes on after an item that could not be put, as often as that happens", () => {
      const queue = new Kind<unknown>();
      const failing = {
        get item() {
          throw new Error("no");
        },
      };
      for (let round = 0; round < 2; round++) {
        queue.putSync(round);
        assert.throws(() => queue.putSync(failing), /no/);
        assert.equal(queue.size, 1);
        assert.equal(queue.getSync(), round);
      }
    });

    test("may be used by a getter of an item that is being put", () => {
      const queue = new Kind<unknown>();
      queue.putSync({
        get inner() {
          queue.putSync("inner");
          return 1;
        },
      });
      assert.equal(queue.size, 2);
      const items = [queue.getSync(), queue.getSync()];
      assert.ok(items.includes("inner"));
      assert.ok(items.some((item) => typeof item === "object"));
    });

    test("is as a plain array would be, whatever is done with it", () => {
      const steps = fc.array(
        fc.oneof(fc.record({ put: fc.integer({ min: 0, max: 9 }) }), fc.constant("get" as const)),
        {
          maxLength: 600,
          size: "max",
        },
      );
      fc.assert(
        fc.property(steps, fc.integer({ min: 0, max: 300 }), fc.boolean(), (list, maxSize, isKnown) => {
          const queue = new Kind<string>({ maxSize });
          if (isKnown) letOthersKnow(queue);
          const model: { priority: number; item: string }[] = [];
          list.forEach((step, index) => {
            if (step === "get") {
              const expected = takeFrom(model, name);
              assert.equal(queue.tryGet()?.value, expected);
            } else {
              const isPut = maxSize === 0 || model.length < maxSize;
              const priority = step.put;
              const item = `${index}`;
              const wasPut =
                queue instanceof PriorityQueue ? queue.tryPut(item, { priority }) : queue.tryPut(item);
              assert.equal(wasPut, isPut);
              if (isPut) model.push({ priority, item });
            }
            assert.equal(queue.size, model.length);
          });
          queue.shutdown({ immediate: true });
        }),
        { numRuns: 30 },
      );
    });
  });
}

/** From now on, another thread may have it. */
function letOthersKnow(queue: object): void {
  storedValues().drop(storedValues().store(queue, "queue"));
}

/** What a queue of a kind would give next. */
function takeFrom(model: { priority: number; item: string }[], kind: string): string | undefined {
  let index = kind === "LifoQueue" ? model.length - 1 : 0;
  if (kind === "PriorityQueue") {
    const lowest = Math.min(...model.map(({ priority }) => priority));
    index = model.findIndex(({ priority }) => priority === lowest);
  }
  return model.splice(index, 1)[0]?.item;
}

describe("the bound of a queue", () => {
  test("may be a fraction: half an item is one", () => {
    const queue = new Queue<number>({ maxSize: 1.3 });
    assert.deepEqual([queue.tryPut(1), queue.tryPut(2), queue.tryPut(3)], [true, true, false]);
  });

  test("is a number; with 0 and below there is none", () => {
    for (const maxSize of [0, -1, -Infinity, Infinity]) {
      const queue = new Queue({ maxSize });
      assert.equal(queue.maxSize, 0);
      assert.equal(queue.full, false);
    }
    assert.throws(() => new Queue({ maxSize: NaN }), {
      name: "RangeError",
      message: /maxSize must be the number of items, or 0 for no bound/,
    });
    assert.throws(() => new Queue({ maxSize: "3" as never }), {
      name: "TypeError",
      message: /maxSize must be a number, and is '3'/,
    });
  });
});

describe("the options of a queue's operations", () => {
  test("are looked at before anything is done", async () => {
    const queue = new PriorityQueue<number>();
    await assert.rejects(queue.get({ timeoutMs: -1 }), RangeError);
    assert.throws(() => queue.putSync(1, { timeoutMs: "1" as never }), TypeError);
    assert.throws(() => queue.shutdown({ immediate: 1 as never }), TypeError);
    assert.throws(() => queue.shutdown(true as never), TypeError);
    assert.throws(
      () => queue.shutdown({ imediate: true } as never),
      /^TypeError: Cannot begin PriorityQueue\.shutdown\(\): it has no option imediate; write immediate; it knows immediate$/,
    );
    for (const typo of [{ prio: 1 }, { timeoutMs: 1 }]) {
      assert.throws(
        () => queue.tryPut(1, typo as never),
        /has no option \w+; (?:write priority; )?it knows priority$/,
      );
    }
    assert.throws(
      () => queue.putSync(1, { timeout: 1 } as never),
      /PriorityQueue\.putSync\(\): it has no option timeout; write timeoutMs; it knows priority, timeoutMs, signal$/,
    );
    assert.throws(() => queue.tryPut(1, { priority: NaN }), {
      name: "RangeError",
      message: /priority is NaN/,
    });
    await assert.rejects(queue.put(1, { priority: "low" as never }), TypeError);
    assert.throws(() => queue.putSync(1, { priority: null as never }), TypeError);
    assert.throws(() => queue.tryPut(1, 5 as never), {
      name: "TypeError",
      message:
        "Cannot begin PriorityQueue.tryPut(): its options must be an object such as { priority: 1 }, and are 5",
    });
    assert.deepEqual([queue.size, queue.isShutdown], [0, false]);
  });
});

test("a priority queue gives equal items in the order in which they were put, and takes any number", () => {
  const queue = new PriorityQueue<string>();
  const put = (item: string, priority?: number): void =>
    queue.putSync(item, priority === undefined ? {} : { priority });
  put("b1", 1);
  put("none");
  put("last", Infinity);
  put("b2", 1);
  put("first", -Infinity);
  put("a", -0.5);
  put("b3", 1);
  queue.shutdown();
  assert.deepEqual([...queue], ["first", "a", "none", "b1", "b2", "b3", "last"]);
});

test("a class that extends a queue is one", () => {
  class Inbox<T> extends LifoQueue<T> {
    putTwice(item: T): void {
      this.putSync(item);
      this.putSync(item);
    }
  }
  const inbox = new Inbox<number>();
  inbox.putTwice(3);
  assert.deepEqual([inbox.getSync(), inbox.size], [3, 1]);
});

test("a queue that grew gives its memory back when it is emptied, however often that happens", () => {
  const heap = threadHeap();
  for (const Kind of Object.values(kinds)) {
    const queue = new Kind<unknown>();
    const tops = Array.from({ length: 16 }, () => {
      for (let i = 0; i < 20_000; i++) queue.putSync(i % 4 === 0 ? { text: "x".repeat(100) } : i);
      for (let i = 0; i < 20_000; i++) queue.getSync();
      const probe = heap.allocate(2 ** 21);
      heap.free(probe);
      return probe;
    });
    // At first it may grow: what other tests have dropped lies about, and goes when garbage is collected.
    assert.equal(Math.max(...tops), Math.max(...tops.slice(0, 8)));
  }
});

test("the error of a queue that was shut down says so to instanceof", async () => {
  const queue = new Queue();
  queue.shutdown();
  await assert.rejects(queue.get(), QueueShutDownError);
});
